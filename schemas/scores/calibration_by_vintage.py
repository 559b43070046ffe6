"""How the deciding scorecard has done on each vintage whose outcome is settled."""

from schemas.columns import OBSERVATION_DATE
from schemas.models.credit_score import CREDIT_SCORE
from schemas.models.credit_training_set import CREDIT_TRAINING_SET
from schemas.scores.customer_scores import CUSTOMER_SCORES
from schemas.table import Column, Describes, Table

ONE_OUTCOME = "all defaulted, or nobody did"
LEAST_DATES_OF_A_TREND = 4
NO_TREND = f"learnt from, or fewer than {LEAST_DATES_OF_A_TREND} dates with both outcomes that nothing was learnt from"

CALIBRATION_BY_VINTAGE = Table(
    __name__,
    grain="one matured observation date of the newest training set",
    built_from=(CREDIT_TRAINING_SET, CREDIT_SCORE, CUSTOMER_SCORES),
    describes=Describes.DAY,
    key=("observation_date",),
    may_be_empty=True,
    columns=(
        OBSERVATION_DATE,
        CUSTOMER_SCORES.column("model_version"),
        Column(
            "was_learnt_from",
            "boolean",
            "whether the date is not later than the newest that the scorecard was learnt from: a memory, no proof",
        ),
        Column(
            "was_calibrated_on",
            "boolean",
            "whether the date is not later than the newest that taught the scorecard or its calibration: whether rates "
            "are right is a memory, too, while a straight line in log-odds leaves the order of people as it was",
        ),
        Column("customers", "bigint", "customers with an outcome"),
        Column("defaults", "bigint", "those who defaulted"),
        Column("observed_default_rate", "double", "defaults over customers"),
        Column("expected_default_rate", "double", "mean of the probabilities that the scorecard gives them"),
        Column(
            "expected_over_observed",
            "double",
            "1 is calibrated, above it the scorecard expects too much",
            missing="nobody defaulted",
        ),
        Column("auc", "double", "chance that who defaults has the lower score of a random pair", missing=ONE_OUTCOME),
        Column("gini", "double", "2 auc - 1", missing=ONE_OUTCOME),
        Column(
            "gini_trend_per_month",
            "double",
            "slope of the least-squares line through the Gini of this date and those before it that nothing was learnt "
            "from",
            missing=NO_TREND,
        ),
        Column("gini_trend_error", "double", "standard error of that slope", missing=NO_TREND),
        Column(
            "gini_trend_deviation",
            "double",
            "standard deviation of the Ginis about that line: how much one date differs from the next by chance",
            missing=NO_TREND,
        ),
        Column("ks", "double", "greatest distance of the cumulated shares of both", missing=ONE_OUTCOME),
        Column("gini_when_trained", "double", "that of the report the model was signed by", missing="too few to tell"),
    ),
)
"""Scored by what was visible on the observation date, in whole points, as the score is published."""
