"""Who was seen with which phone, address or device, and how many others were.

The table that all ties by identifiers come from: people and identifiers apart, so that one device of a million
people is a million rows and never their pairs.
"""

from schemas.cleaned.bank_customers import BANK_CUSTOMERS
from schemas.cleaned.browsing_events import BROWSING_EVENTS
from schemas.cleaned.purchases import PURCHASES
from schemas.cleaned.shop_users import SHOP_USERS
from schemas.columns import CUSTOMER_ID
from schemas.customers.identities import IDENTITIES
from schemas.table import Column, Describes, Table

IDENTIFIER_HOLDERS = Table(
    __name__,
    grain="one customer and identifier the customer was seen with",
    built_from=(
        PURCHASES,
        SHOP_USERS,
        BANK_CUSTOMERS,
        BROWSING_EVENTS,
        IDENTITIES,
    ),
    describes=Describes.DAY,
    key=(
        "identifier_type",
        "identifier",
        "customer_id",
    ),
    may_be_empty=True,
    columns=(
        Column("identifier_type", "string", "what it is", allowed=("phone", "address", "device")),
        Column("identifier", "string", "its keyed token; a device's id as the shop gives it"),
        CUSTOMER_ID,
        Column(
            "first_seen_at",
            "timestamp",
            "oldest sighting of the customer with it; of a phone on a partner's record, when the record began",
        ),
        Column("last_seen_at", "timestamp", "newest sighting of the customer with it"),
        Column("holder_count", "bigint", "customers seen with it by the day, the customer included"),
    ),
)
