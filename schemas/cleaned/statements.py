"""Credit-card statements, and what had been paid towards them by the day."""

from schemas.captured.bank_accounts import BANK_ACCOUNTS
from schemas.captured.bank_card_payments import BANK_CARD_PAYMENTS
from schemas.captured.bank_card_statements import BANK_CARD_STATEMENTS
from schemas.columns import BANK_CODE
from schemas.table import Column, Describes, Table

STATEMENTS = Table(
    __name__,
    grain="one credit-card statement",
    built_from=(
        BANK_CARD_STATEMENTS,
        BANK_CARD_PAYMENTS,
        BANK_ACCOUNTS,
    ),
    describes=Describes.DAY,
    key=(
        "bank_code",
        "statement_id",
    ),
    may_be_empty=True,
    columns=(
        BANK_CODE,
        Column("statement_id", "string", "the bank's id of the statement"),
        Column("account_id", "string", "the card account"),
        Column(
            "source_record_id",
            "string",
            "a partner's record of a person: <bank_code>:<bank_customer_id>",
            missing="the account has not been delivered yet",
        ),
        Column("statement_date", "date", "day the statement closes"),
        Column("due_date", "date", "day by which it is to be paid"),
        Column("published_at", "timestamp", "when it was published"),
        Column("balance_cents", "bigint", "amount owed"),
        Column(
            "credit_limit_cents",
            "bigint",
            "credit limit of the account when the statement closed; where that is older than what is known, the oldest "
            "known one",
            missing="no credit, or the account has not been delivered yet",
        ),
        Column("minimum_due_cents", "bigint", "least amount to pay by the due date"),
        Column(
            "paid_cents", "bigint", "paid after the statement date, up to the due date or the day, whichever is earlier"
        ),
    ),
)
