"""Who sent money to whom."""

from schemas.cleaned.transfers import TRANSFERS
from schemas.columns import KNOWN_DATE
from schemas.customers.identities import IDENTITIES
from schemas.table import Column, Describes, Table

TRANSFERS = Table(
    __name__,
    grain="one payer and payee",
    built_from=(
        TRANSFERS,
        IDENTITIES,
    ),
    describes=Describes.DAY,
    key=(
        "payer_customer_id",
        "payee_customer_id",
    ),
    may_be_empty=True,
    columns=(
        Column("payer_customer_id", "string", "the customer who paid"),
        Column("payee_customer_id", "string", "the customer who received, never the payer"),
        Column("transfer_count", "bigint", "transfers ever"),
        Column("transfer_count_180d", "bigint", "transfers in the last 180 days"),
        Column("amount_cents_sum", "bigint", "amount ever"),
        Column("amount_cents_sum_180d", "bigint", "amount in the last 180 days"),
        Column("first_transferred_at", "timestamp", "oldest transfer"),
        Column("last_transferred_at", "timestamp", "newest transfer"),
        KNOWN_DATE,
    ),
)
