"""Credit-card statements."""

from schemas.columns import BANK_CODE, CAPTURED_DATE
from schemas.table import BankTable, Column, Describes, Table

BANK_CARD_STATEMENTS = Table(
    __name__,
    grain="one credit-card statement",
    describes=Describes.KNOWLEDGE,
    key=(
        "bank_code",
        "statement_id",
    ),
    source=BankTable("card_statements", changed="published_at"),
    may_be_empty=True,
    columns=(
        BANK_CODE,
        Column("statement_id", "string", "the bank's id of the statement"),
        Column("account_id", "string", "the card account"),
        Column("statement_date", "date", "day the statement closes"),
        Column("due_date", "date", "day by which it is to be paid"),
        Column("balance_cents", "bigint", "amount owed"),
        Column("minimum_due_cents", "bigint", "least amount to pay by the due date"),
        Column("published_at", "timestamp", "when it was published"),
        CAPTURED_DATE,
    ),
)
