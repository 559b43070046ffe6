"""What should be done with each customer, and who is held out so that its effect can be measured."""

from schemas.cleaned.accounts import ACCOUNTS
from schemas.cleaned.applications import APPLICATIONS
from schemas.cleaned.bank_customers import BANK_CUSTOMERS
from schemas.cleaned.consents import CONSENTS
from schemas.cleaned.contacts import CONTACTS
from schemas.cleaned.shop_users import SHOP_USERS
from schemas.columns import CONTACT_CHANNELS, CUSTOMER_ID
from schemas.customers.identities import IDENTITIES
from schemas.profiles.customer_profiles import CUSTOMER_PROFILES
from schemas.scores.customer_scores import CUSTOMER_SCORES
from schemas.table import Column, Describes, Table

SEGMENTS = ("prime_card", "standard_card", "build_credit", "grow_value", "reactivate", "watch")
INELIGIBLE_REASONS = (
    "no_marketing_consent",
    "age_unknown",
    "under_age",
    "past_due",
    "high_risk",
    "holds_card",
    "applied_recently",
    "contacted_often",
)
"""In the order in which they are looked at: the first that holds is the reason."""

CUSTOMER_SEGMENTS = Table(
    __name__,
    grain="one customer known by the day",
    built_from=(
        CUSTOMER_PROFILES,
        CUSTOMER_SCORES,
        CONSENTS,
        CONTACTS,
        APPLICATIONS,
        ACCOUNTS,
        SHOP_USERS,
        BANK_CUSTOMERS,
        IDENTITIES,
    ),
    describes=Describes.DAY,
    key=("customer_id",),
    columns=(
        CUSTOMER_ID,
        Column("segment", "string", "what to do with the customer", allowed=SEGMENTS),
        Column("segment_reason", "string", "the rule that put the customer into the segment, in words"),
        Column("is_eligible", "boolean", "whether the customer may be contacted about the card"),
        Column("ineligible_reason", "string", "why not", missing="eligible", allowed=INELIGIBLE_REASONS),
        Column("is_hold_out", "boolean", "whether the customer is kept out of every campaign of the quarter"),
        Column(
            "contact_channel",
            "string",
            "the first channel the customer agreed to, in the order push, sms, email, phone",
            missing="no channel agreed to",
            allowed=CONTACT_CHANNELS,
        ),
    ),
)
