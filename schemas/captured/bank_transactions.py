"""Movements booked by the partner banks."""

from schemas.columns import BANK_CODE, CAPTURED_DATE
from schemas.table import BankTable, Column, Describes, Table

BANK_TRANSACTIONS = Table(
    __name__,
    grain="one booked movement",
    describes=Describes.KNOWLEDGE,
    key=(
        "bank_code",
        "transaction_id",
    ),
    source=BankTable("transactions", changed="booked_at"),
    columns=(
        BANK_CODE,
        Column("transaction_id", "string", "the bank's id of the movement"),
        Column("account_id", "string", "the account moved"),
        Column("booked_at", "timestamp", "when it was booked"),
        Column("amount_cents", "bigint", "amount, credit positive"),
        Column("balance_after_cents", "bigint", "balance after the movement", missing="not known"),
        Column(
            "transaction_type",
            "string",
            "kind of movement",
            allowed=("pos", "online", "transfer_in", "transfer_out", "salary", "cash", "fee", "interest", "repayment"),
        ),
        Column("counterparty_account_id", "string", "the other account", missing="not a transfer, or unknown"),
        Column("merchant_id", "string", "the merchant paid", missing="no merchant"),
        Column("mcc", "string", "merchant category code (ISO 18245)", missing="no merchant"),
        Column("pos_terminal_id", "string", "the terminal used", missing="no terminal"),
        Column("is_offline", "boolean", "whether the card was present"),
        CAPTURED_DATE,
    ),
)
