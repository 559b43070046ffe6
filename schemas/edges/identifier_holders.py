"""Who was seen with which phone, address, device, recipient or card, who lives where, and how many others do.

The table that all ties by identifiers come from: people and identifiers apart, so that one device of a million
people is a million rows and never their pairs.
"""

from schemas.captured.bank_accounts import BANK_ACCOUNTS
from schemas.captured.bank_customers import BANK_CUSTOMERS
from schemas.captured.shop_users import SHOP_USERS
from schemas.cleaned.browsing_events import BROWSING_EVENTS
from schemas.cleaned.purchases import PURCHASES
from schemas.columns import CUSTOMER_ID, KNOWN_DATE
from schemas.customers.identities import IDENTITIES
from schemas.table import Column, Describes, Table

IDENTIFIER_TYPES = ("phone", "address", "device", "recipient", "household", "card")
IDENTIFIER_TYPE = Column(
    "identifier_type",
    "string",
    "phone: on a partner's record. address, device: of purchases and visits. recipient: the phone of whom a purchase "
    "goes to. household: the address most parcels of the last 365 days went to. card: a credit card's account",
    allowed=IDENTIFIER_TYPES,
)
IDENTIFIER = Column("identifier", "string", "its keyed token; of a device or a card, the id its partner gives it")

IDENTIFIER_HOLDERS = Table(
    __name__,
    grain="one customer and identifier the customer was seen with",
    built_from=(
        PURCHASES,
        SHOP_USERS,
        BANK_CUSTOMERS,
        BANK_ACCOUNTS,
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
        IDENTIFIER_TYPE,
        IDENTIFIER,
        CUSTOMER_ID,
        Column(
            "first_seen_at",
            "timestamp",
            "oldest sighting of the customer with it; of a phone or card, since when the record has had it",
        ),
        Column("last_seen_at", "timestamp", "newest sighting of the customer with it"),
        KNOWN_DATE,
        Column("holder_count", "bigint", "customers seen with it by the day, the customer included"),
    ),
)
