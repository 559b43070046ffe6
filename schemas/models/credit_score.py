"""The scorecard for default risk, and the report on which it is signed off."""

import re
from itertools import pairwise

from schemas.cleaned.bank_customers import BANK_CUSTOMERS
from schemas.cleaned.shop_users import SHOP_USERS
from schemas.customers.identities import IDENTITIES
from schemas.features.default_influence import DEFAULT_INFLUENCE
from schemas.features.identifier_risk import IDENTIFIER_RISK
from schemas.features.money_flows import MONEY_FLOWS
from schemas.features.neighbourhood import NEIGHBOURHOOD
from schemas.features.network_position import NETWORK_POSITION
from schemas.features.promises import PROMISES
from schemas.features.repayment import REPAYMENT
from schemas.models.credit_training_set import CREDIT_TRAINING_SET
from schemas.models.leak_audit import LEAK_AUDIT
from schemas.table import Describes, Document

PROTECTED_ATTRIBUTES = (
    "age",
    "birth",
    "birthdate",
    "birthday",
    "birthplace",
    "birthyear",
    "caste",
    "child",
    "children",
    "citizenship",
    "city",
    "disability",
    "disabled",
    "dob",
    "education",
    "ethnic",
    "ethnicity",
    "female",
    "gender",
    "male",
    "marital",
    "marriage",
    "married",
    "nationality",
    "occupation",
    "postal",
    "postcode",
    "pregnancy",
    "pregnant",
    "province",
    "race",
    "racial",
    "religion",
    "religious",
    "sex",
    "sexual",
    "zip",
    "zipcode",
)
"""Words that no model feature's name may hold: what a person is, and where, must not decide what they may borrow.

City, education and occupation are lawful in some places, and stand-ins for the rest in most. Names are all there is to
go by: who calls a column of ages `x7` is not found out.
"""

A_NEW_WORD = re.compile(r"[^A-Za-z]+|(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
"""Between two words of a name, however they are joined: `age_years`, `ageYears`, `AGEYears`, `age-2`."""

POPULATION_MARKER = "plan_count"
POPULATION = "customers with an instalment plan: others have not shown how they repay"
POPULATION_FAMILIES = (PROMISES, REPAYMENT)
"""What the model is learnt on: customers whose marker is at least 1. The columns of these families weigh for them only.

Nobody else has an outcome to learn from. A customer without a plan (a thin file) is scored by what else is known, and
is told apart by a flag. Some promises beside a plan are known of others, too: what a line of credit means of somebody
who never drew on it has not been tried.
"""

NETWORK_FAMILIES = (DEFAULT_INFLUENCE, IDENTIFIER_RISK, MONEY_FLOWS, NEIGHBOURHOOD, NETWORK_POSITION)
"""Who somebody knows, rather than what they did. The report says what the score would be worth without it."""

CREDIT_SCORE = Document(
    __name__,
    grain="one model version",
    built_from=(CREDIT_TRAINING_SET, IDENTITIES, SHOP_USERS, BANK_CUSTOMERS, LEAK_AUDIT),
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
    """Whether the name holds a protected attribute as a word, in any case: `age` is in `ageYears`, not in `average`."""
    words = A_NEW_WORD.sub(" ", column_name).lower().split()
    words += ["".join(pair) for pair in pairwise(words)]  # post_code
    return any(word in PROTECTED_ATTRIBUTES or word.removesuffix("s") in PROTECTED_ATTRIBUTES for word in words)
