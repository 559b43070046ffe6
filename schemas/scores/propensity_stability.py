"""Whether tonight's customers are, to each propensity, still those of its training and of 30 days before."""

from schemas.models.card_propensity import CARD_PROPENSITY
from schemas.models.churn import CHURN_MODEL
from schemas.models.observations import MOST_FROZEN
from schemas.models.response import RESPONSE_MODEL
from schemas.scores.propensities import MODEL_OF, PROPENSITIES
from schemas.scores.score_stability import SCORE_STABILITY
from schemas.stability_bounds import CHANGING, FEWEST_CUSTOMERS
from schemas.table import Column, Describes, Table

PROPENSITY_STABILITY = Table(
    __name__,
    grain="one measure of a propensity, beside the training or 30 days before",
    built_from=(PROPENSITIES, CARD_PROPENSITY, CHURN_MODEL, RESPONSE_MODEL),
    describes=Describes.DAY,
    key=("subject", "measure", "compared_with"),
    may_be_empty=True,
    columns=(
        Column("model_version", "string", "the model that tells: business date of its training and content hash"),
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
            f"those who would have been scored on the newest date of the training, which is as far back as its labels "
            f"take to mature: of more than {MOST_FROZEN:,} customers a sample; or the customers with points on both "
            "days, 30 days before and by the same model",
            allowed=("training", "30_days_before"),
        ),
        SCORE_STABILITY.column("value"),
        Column(
            "value_before",
            "double",
            "the same of what it is compared with",
            missing="an index has no value before, or nobody to measure it on",
        ),
        SCORE_STABILITY.column("customers"),
        Column("customers_before", "bigint", "customers it is compared with"),
        Column(
            "alert",
            "string",
            f"warning: the index beside the training is above {CHANGING}, on {FEWEST_CUSTOMERS} customers and more; "
            "whoever plans campaigns should look whether the season or a source explains it, and train again before "
            "campaigns are compared across the change",
            missing="within bounds, or not judged",
            allowed=("warning",),
        ),
    ),
)
"""A model of messages is compared through the channel that was best for each customer, then and tonight."""
