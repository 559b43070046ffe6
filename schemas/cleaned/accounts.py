"""Bank accounts as they were on the day."""

from schemas.captured.bank_accounts import BANK_ACCOUNTS
from schemas.columns import BANK_CODE, SOURCE_RECORD_ID, UPDATED_AT
from schemas.table import Column, Describes, Table

ACCOUNTS = Table(
    __name__,
    grain="one account, in the version in force on the day",
    built_from=(BANK_ACCOUNTS,),
    describes=Describes.DAY,
    key=(
        "bank_code",
        "account_id",
    ),
    columns=(
        BANK_CODE,
        Column("account_id", "string", "the bank's id of the account"),
        SOURCE_RECORD_ID,
        Column("account_type", "string", "kind of account", allowed=("current", "savings", "credit_card", "loan")),
        Column("opened_at", "timestamp", "when it was opened"),
        Column("closed_at", "timestamp", "when it was closed", missing="open on the day"),
        Column("credit_limit_cents", "bigint", "credit limit", missing="no credit"),
        Column("account_status", "string", "status as the bank codes it"),
        UPDATED_AT,
    ),
)
