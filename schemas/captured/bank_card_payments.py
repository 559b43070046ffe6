"""Payments towards credit cards."""

from schemas.columns import BANK_CODE, CAPTURED_DATE
from schemas.table import BankTable, Column, Describes, Table

BANK_CARD_PAYMENTS = Table(
    __name__,
    grain="one payment towards a card",
    describes=Describes.KNOWLEDGE,
    key=(
        "bank_code",
        "payment_id",
    ),
    source=BankTable("card_payments", changed="paid_at"),
    may_be_empty=True,
    columns=(
        BANK_CODE,
        Column("payment_id", "string", "the bank's id of the payment"),
        Column("account_id", "string", "the card account"),
        Column("paid_at", "timestamp", "when it was paid"),
        Column("amount_cents", "bigint", "amount paid, positive"),
        CAPTURED_DATE,
    ),
)
