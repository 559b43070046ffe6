"""Groups of customers in which money goes round: found every night, with what speaks for it.

A payment is regular when the payer has paid the payee at least four times, on average no more than 60 days apart. Who
stands on a circle of 3 to 8 regular payments, none of which is returned directly, belongs to a ring; circles that touch
or pay each other are one. Cycles as in Altman et al. 2023, on customers.
"""

from schemas.columns import CUSTOMER_ID
from schemas.edges.shared_identifiers import SHARED_IDENTIFIERS
from schemas.edges.transfers import TRANSFERS
from schemas.table import Column, Describes, Table

SUSPECTED_RINGS = Table(
    __name__,
    grain="one customer of a ring",
    built_from=(
        TRANSFERS,
        SHARED_IDENTIFIERS,
    ),
    describes=Describes.DAY,
    needs=("edges_in_memory",),
    key=("customer_id",),
    may_be_empty=True,
    columns=(
        CUSTOMER_ID,
        Column("ring_id", "string", "the smallest customer id of the ring"),
        Column("cycle_length", "int", "regular payments on the shortest circle through the customer, 3 to 8"),
        Column("received_in_ring_cents_sum", "bigint", "what the others of the ring have paid the customer, ever"),
        Column("ring_customer_count", "bigint", "customers of the ring"),
        Column("ring_transfer_count", "bigint", "transfers between customers of the ring, ever"),
        Column("ring_amount_cents_sum", "bigint", "their amount, ever"),
        Column("ring_amount_cents_sum_180d", "bigint", "their amount in the last 180 days"),
        Column("ring_first_transferred_at", "timestamp", "oldest transfer between customers of the ring"),
        Column("ring_last_transferred_at", "timestamp", "newest transfer between customers of the ring"),
        Column(
            "ring_sharing_pair_count",
            "bigint",
            "pairs of customers of the ring who share an identifier",
        ),
    ),
)
