"""Money sent between accounts that we know, seen once, from the payer's side."""

from schemas.captured.bank_accounts import BANK_ACCOUNTS
from schemas.cleaned.transactions import TRANSACTIONS
from schemas.columns import KNOWN_DATE
from schemas.table import Column, Describes, Table

TRANSFERS = Table(
    __name__,
    grain="one transfer",
    built_from=(
        TRANSACTIONS,
        BANK_ACCOUNTS,
    ),
    describes=Describes.KNOWLEDGE,
    key=(
        "bank_code",
        "transaction_id",
    ),
    may_be_empty=True,
    columns=(
        Column("bank_code", "string", "the payer's bank"),
        Column("transaction_id", "string", "the payer's bank's id of the movement"),
        Column("payer_source_record_id", "string", "who paid: <bank_code>:<bank_customer_id>"),
        Column("payee_source_record_id", "string", "who received: <bank_code>:<bank_customer_id>"),
        Column("transferred_at", "timestamp", "when it was booked at the payer's bank"),
        Column("amount_cents", "bigint", "amount sent, positive"),
        KNOWN_DATE,
    ),
)
