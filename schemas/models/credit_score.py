"""The scorecard for default risk, and the report on which it is signed off."""

from schemas.features.default_influence import DEFAULT_INFLUENCE
from schemas.features.identifier_risk import IDENTIFIER_RISK
from schemas.features.money_flows import MONEY_FLOWS
from schemas.features.neighbourhood import NEIGHBOURHOOD
from schemas.features.network_position import NETWORK_POSITION
from schemas.features.repayment import REPAYMENT
from schemas.models.credit_training_set import CREDIT_TRAINING_SET
from schemas.table import Describes, Document

PROTECTED_ATTRIBUTES = (
    "age",
    "birth_date",
    "birthplace",
    "city_code",
    "city_tier",
    "disability",
    "education",
    "ethnicity",
    "gender",
    "marital_status",
    "nationality",
    "occupation",
    "religion",
    "sex",
)
"""Words that no model feature's name may hold: what a person is, and where, must not decide what they may borrow.

City, education and occupation are lawful in some places, and stand-ins for the rest in most.
"""

POPULATION_MARKER = "plan_count"
POPULATION = "customers with an instalment plan: others have not shown how they repay"
POPULATION_FAMILIES = (REPAYMENT,)
"""What the model is learnt on: customers whose marker is at least 1. The columns of these families exist for them only.

Nobody else has an outcome to learn from. A customer without a plan (a thin file) is scored by what else is known, and
is told apart by a flag.
"""

NETWORK_FAMILIES = (DEFAULT_INFLUENCE, IDENTIFIER_RISK, MONEY_FLOWS, NEIGHBOURHOOD, NETWORK_POSITION)
"""Who somebody knows, rather than what they did. The report says what the score would be worth without it."""

CREDIT_SCORE = Document(
    __name__,
    grain="one model version",
    built_from=(CREDIT_TRAINING_SET,),
    describes=Describes.KNOWLEDGE,
    files=(
        (
            "scorecard.json",
            "everything needed to score: bins, weights, points, offset, scale, special and missing values",
        ),
        (
            "challenger.json",
            "how trees that challenge the scorecard read their features and are calibrated; nothing is decided by them",
        ),
        ("challenger.txt", "the trees, in the text format of LightGBM"),
        ("scorecard.sql", "the scorecard as one plain SQL query"),
        ("scorecard.pmml", "the scorecard as PMML 4.4, for engines that score from a file"),
        ("points.csv", "every stretch of values with its points"),
        ("points.html", "the same on one page, to score by hand"),
        ("data_sheet.json", "what it was learnt from: vintages, every column, and how far its bins have moved since"),
        ("report.json", "out-of-time AUC, Gini, KS and calibration, per feature information value, data span"),
        ("report.html", "the same for reading and printing, with plots"),
    ),
)


def is_protected(column_name: str) -> bool:
    """Whether the name holds a protected attribute as whole words: `age` is in `age_years`, not in `average`."""
    return any(f"_{attribute}_" in f"_{column_name}_" for attribute in PROTECTED_ATTRIBUTES)
