"""Whether tonight's customers are, to each propensity, still those of its training and of 30 days before."""

from schemas.models.card_propensity import CARD_PROPENSITY
from schemas.models.churn import CHURN_MODEL
from schemas.models.response import RESPONSE_MODEL
from schemas.scores.propensities import MODEL_OF, PROPENSITIES
from schemas.scores.score_stability import MODEL_VERSION
from schemas.table import Column, Describes, Table

PROPENSITY_STABILITY = Table(
    __name__,
    grain="one measure of a propensity, beside the training or 30 days before",
    built_from=(PROPENSITIES, CARD_PROPENSITY, CHURN_MODEL, RESPONSE_MODEL),
    describes=Describes.DAY,
    key=("subject", "measure", "compared_with"),
    may_be_empty=True,
    columns=(
        MODEL_VERSION,
        Column(
            "measure",
            "string",
            "population_stability: stability index of the points over the tenths of the training; expected_rate: mean "
            "probability of what is wished for, by the points",
            allowed=("population_stability", "expected_rate"),
        ),
        Column("subject", "string", "what is told; none where a declared rate answers", allowed=tuple(MODEL_OF)),
        Column(
            "compared_with",
            "string",
            "everybody who would have been scored on the newest date of the training, or the same customers 30 days "
            "before by the same model",
            allowed=("training", "30_days_before"),
        ),
        Column("value", "double", "the measure tonight", missing="nobody to measure it on"),
        Column(
            "value_before",
            "double",
            "the same of what it is compared with",
            missing="an index has no value before, or nobody to measure it on",
        ),
        Column("customers", "bigint", "customers it was measured on tonight"),
        Column("customers_before", "bigint", "customers it is compared with"),
    ),
)
"""A model of messages is compared through the channel that was best for each customer, then and tonight."""
