"""Who shares a phone, an address or a device with whom."""

from schemas.cleaned.bank_customers import BANK_CUSTOMERS
from schemas.cleaned.browsing_events import BROWSING_EVENTS
from schemas.cleaned.purchases import PURCHASES
from schemas.cleaned.shop_users import SHOP_USERS
from schemas.customers.identities import IDENTITIES
from schemas.table import Column, Describes, Table

SHARED_IDENTIFIERS = Table(
    __name__,
    grain="one pair of customers and kind of identifier",
    built_from=(
        PURCHASES,
        SHOP_USERS,
        BANK_CUSTOMERS,
        BROWSING_EVENTS,
        IDENTITIES,
    ),
    describes=Describes.DAY,
    key=(
        "first_customer_id",
        "second_customer_id",
        "identifier_type",
    ),
    may_be_empty=True,
    columns=(
        Column("first_customer_id", "string", "the customer with the smaller id"),
        Column("second_customer_id", "string", "the customer with the larger id"),
        Column("identifier_type", "string", "what they share", allowed=("phone", "address", "device")),
        Column("identifier_count", "bigint", "how many of that kind they share"),
        Column("first_seen_at", "timestamp", "since when both have used one of them"),
        Column("last_seen_at", "timestamp", "until when at least one of the two was seen with one of them"),
    ),
)
