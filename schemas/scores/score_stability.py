"""Whether tonight's customers are still those the scorecard was learnt from, and what the score would decide."""

from schemas.cleaned.bank_customers import BANK_CUSTOMERS
from schemas.cleaned.shop_users import SHOP_USERS
from schemas.customers.identities import IDENTITIES
from schemas.models.credit_score import CREDIT_SCORE
from schemas.profiles.customer_profiles import CUSTOMER_PROFILES
from schemas.scores.customer_scores import CUSTOMER_SCORES, PROFILES_30D_AGO
from schemas.table import Column, Describes, Earlier, Table

MEASURES = (
    "population_stability",
    "characteristic_stability",
    "approval_rate",
    "approved_default_rate",
    "approval_ratio",
    "grade_migration",
)
COMPARED_WITH = ("training", "30_days_before", "365_days_before", "most_approved_group")

MODEL_VERSION = CUSTOMER_SCORES.column("model_version")

SCORE_STABILITY = Table(
    __name__,
    grain="one measure of the deciding scorecard, of what, and beside what",
    built_from=(CUSTOMER_PROFILES, CREDIT_SCORE, CUSTOMER_SCORES, IDENTITIES, SHOP_USERS, BANK_CUSTOMERS),
    describes=Describes.DAY,
    key=("model_version", "measure", "subject", "compared_with"),
    earlier=(
        PROFILES_30D_AGO,
        Earlier("profiles_365d_ago", 365, CUSTOMER_PROFILES),
    ),
    columns=(
        MODEL_VERSION,
        Column(
            "measure",
            "string",
            "population_stability and characteristic_stability: stability index of the score, and of one feature over "
            "the bins that are scored; approval_rate: share with at least the points of a grade, and "
            "approved_default_rate what the score expects of them; approval_ratio: approval rate of a group over that "
            "of the most approved group of its kind; grade_migration: share of those whom the same scorecard gives a "
            "grade by their profile of 30 days before, and a grade tonight",
            allowed=MEASURES,
        ),
        Column("subject", "string", "score, a feature, a grade, two grades, or a group of people"),
        Column(
            "compared_with",
            "string",
            "the rows learnt from, or a night before; the stability indices are over frozen groups",
            allowed=COMPARED_WITH,
        ),
        Column("value", "double", "the measure tonight", missing="nobody to measure it on"),
        Column(
            "value_before",
            "double",
            "the same of what it is compared with",
            missing="an index, a ratio or a share of movers has no value before, or nobody to measure it on",
        ),
        Column("customers", "bigint", "customers it was measured on tonight"),
        Column("customers_before", "bigint", "customers, or rows learnt from, it is compared with"),
    ),
)
"""Of customers as the training asks about them: with an instalment plan that is not paid in full, and less than 60 days
past due. A model does not drift because people who owe nothing were never among those it was learnt from. Only
grade_migration is of everybody who has a score. Gender comes from the records, is counted here and is in no profile,
so that no model can read it. Profiles of earlier nights are scored anew by tonight's scorecard."""
