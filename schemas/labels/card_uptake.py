"""The three steps to the card: who applies, who of them is approved, and who of those uses it."""

from schemas.cleaned.applications import APPLICATIONS
from schemas.cleaned.bank_customers import BANK_CUSTOMERS
from schemas.cleaned.shop_users import SHOP_USERS
from schemas.columns import CUSTOMER_ID, OBSERVATION_DATE
from schemas.customers.identities import IDENTITIES
from schemas.label_specification import LabelSpecification
from schemas.labels.credit_default import DEFAULT_60_DAYS
from schemas.table import Column, Describes, Table

APPLY_DAYS = 60  # two campaigns
DECIDE_DAYS = 30  # a bank that has not answered in a month has lost the papers; a guess
USE_DAYS = 60  # who has not used the card by the second statement has put it into a drawer; a guess

APPLIES = LabelSpecification(
    name="card_applies",
    population="customers known on the observation date who had not applied before",
    good=f"does not apply for the card within {APPLY_DAYS} days",
    bad=f"applies within {APPLY_DAYS} days (the event that is predicted; bad in no other sense)",
    window_days=APPLY_DAYS,
    observed_with=DEFAULT_60_DAYS,
)
IS_APPROVED = LabelSpecification(
    name="card_is_approved_given_applied",
    population="those who applied; rejected ones are kept and marked, since nothing is known of what they would do",
    good="is declined",
    bad="is approved (the event that is predicted)",
    indeterminate="no decision by then",
    window_days=APPLY_DAYS + DECIDE_DAYS,
    observed_with=DEFAULT_60_DAYS,
)
ACTIVATES = LabelSpecification(
    name="card_activates_given_approved",
    population="those who were approved",
    good="has not used the card by then",
    bad="uses the card (the event that is predicted)",
    window_days=APPLY_DAYS + DECIDE_DAYS + USE_DAYS,
    observed_with=DEFAULT_60_DAYS,
)

CARD_UPTAKE = Table(
    __name__,
    grain="one customer who had never applied and one matured observation date",
    built_from=(
        APPLICATIONS,
        SHOP_USERS,
        BANK_CUSTOMERS,
        IDENTITIES,
    ),
    describes=Describes.KNOWLEDGE,
    specifications=(APPLIES, IS_APPROVED, ACTIVATES),
    key=(
        "observation_date",
        "customer_id",
    ),
    may_be_empty=True,
    columns=(
        OBSERVATION_DATE,
        CUSTOMER_ID,
        Column("applies", "boolean", f"whether the customer applied within {APPLY_DAYS} days"),
        Column(
            "is_approved",
            "boolean",
            f"whether the first of those applications was approved within {APPLY_DAYS + DECIDE_DAYS} days of the "
            "observation",
            missing="did not apply, or was not decided by then",
        ),
        Column(
            "is_reject",
            "boolean",
            "whether the customer applied and was declined: how the customer would have used and repaid the card is "
            "not known, which is what reject inference is about",
        ),
        Column(
            "activates",
            "boolean",
            f"whether the card was used within {APPLY_DAYS + DECIDE_DAYS + USE_DAYS} days of the observation",
            missing="was not approved",
        ),
        Column("window_end_date", "date", "last day of the longest of the three windows"),
    ),
)
