"""Accounts at the partner banks, each version in its slice."""

from schemas.columns import BANK_CODE, CAPTURED_DATE, UPDATED_AT
from schemas.table import BankTable, Column, Describes, Table

BANK_ACCOUNTS = Table(
    __name__,
    grain="one version of an account",
    describes=Describes.KNOWLEDGE,
    key=(
        "bank_code",
        "account_id",
        "updated_at",
    ),
    source=BankTable("accounts", changed="updated_at"),
    may_be_empty=True,
    columns=(
        BANK_CODE,
        Column("account_id", "string", "the bank's id of the account"),
        Column("bank_customer_id", "string", "whose account it is"),
        Column("account_type", "string", "kind of account", allowed=("current", "savings", "credit_card", "loan")),
        Column("opened_at", "timestamp", "when it was opened"),
        Column("closed_at", "timestamp", "when it was closed", missing="open"),
        Column("credit_limit_cents", "bigint", "credit limit", missing="no credit"),
        Column("account_status", "string", "status as the bank codes it"),
        UPDATED_AT,
        CAPTURED_DATE,
    ),
)
