"""Who shares an identifier with whom: a phone, an address, a device, a recipient, a home or a card."""

from schemas.columns import KNOWN_DATE
from schemas.edges.identifier_holders import IDENTIFIER_HOLDERS, IDENTIFIER_TYPE
from schemas.table import Column, Describes, Table

SHARED_IDENTIFIERS = Table(
    __name__,
    grain="one pair of customers and kind of identifier",
    built_from=(IDENTIFIER_HOLDERS,),
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
        IDENTIFIER_TYPE,
        Column("identifier_count", "bigint", "how many of that kind they share"),
        Column("tie_weight", "double", "sum of 1/(n - 1) over what they share, for an identifier of n customers"),
        Column("first_seen_at", "timestamp", "since when both have used one of them"),
        Column("last_seen_at", "timestamp", "until when at least one of the two was seen with one of them"),
        KNOWN_DATE,
    ),
)
