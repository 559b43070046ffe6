"""What the numbers of the night ask somebody to look at: who, because of what, and what to do."""

from schemas.scores.calibration_by_vintage import CALIBRATION_BY_VINTAGE
from schemas.scores.customer_scores import CUSTOMER_SCORES
from schemas.scores.score_stability import SCORE_STABILITY
from schemas.table import Column, Describes, Table

OWNERS = ("credit_risk", "data_engineering", "compliance")

SCORE_ALERTS = Table(
    __name__,
    grain="one measure that is out of its bounds",
    built_from=(SCORE_STABILITY, CALIBRATION_BY_VINTAGE),
    describes=Describes.DAY,
    key=("alert", "subject"),
    may_be_empty=True,
    columns=(
        Column(
            "alert",
            "string",
            "what is wrong",
            allowed=(
                "population_shift",
                "feature_shift",
                "approval_shift",
                "adverse_impact",
                "lost_discrimination",
                "falling_discrimination",
                "lost_calibration",
            ),
        ),
        Column("subject", "string", "of what: score, a feature, a group of people, an observation date"),
        CUSTOMER_SCORES.column("model_version"),
        Column("severity", "string", "critical: act today; warning: look at it", allowed=("critical", "warning")),
        Column("value", "double", "what was measured"),
        Column("threshold", "double", "the bound that it has crossed"),
        Column("owner", "string", "who has to look", allowed=OWNERS),
        Column("what_to_do", "string", "the first step, in words"),
    ),
)
