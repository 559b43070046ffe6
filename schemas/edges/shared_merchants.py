"""Who buys at the same small merchant: a weak tie, for people who look at a customer, and in no measure of the network.

Only merchants of two to ten customers in the last 90 days tie anybody, so that a supermarket is no acquaintance; a
merchant of n customers weighs 1/(n - 1).
"""

from schemas.cleaned.transactions import TRANSACTIONS
from schemas.columns import KNOWN_DATE
from schemas.customers.identities import IDENTITIES
from schemas.table import Column, Describes, Table

SHARED_MERCHANTS = Table(
    __name__,
    grain="one pair of customers",
    built_from=(
        TRANSACTIONS,
        IDENTITIES,
    ),
    describes=Describes.DAY,
    key=(
        "first_customer_id",
        "second_customer_id",
    ),
    may_be_empty=True,
    columns=(
        Column("first_customer_id", "string", "the customer with the smaller id"),
        Column("second_customer_id", "string", "the customer with the larger id"),
        Column("merchant_count", "bigint", "small merchants that both paid in the last 90 days"),
        Column("tie_weight", "double", "sum of 1/(n - 1) over these, for a merchant of n customers in that time"),
        Column("first_seen_at", "timestamp", "since when in that time both have paid one of them"),
        Column("last_seen_at", "timestamp", "when one of the two last paid one of them"),
        KNOWN_DATE,
    ),
)
