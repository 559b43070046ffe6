"""The shop's lines of instalment credit as they were on the day."""

from schemas.captured.shop_credit_accounts import SHOP_CREDIT_ACCOUNTS
from schemas.columns import SOURCE_RECORD_ID, UPDATED_AT
from schemas.table import Column, Describes, Table

CREDIT_ACCOUNTS = Table(
    __name__,
    grain="one line of instalment credit, in the version in force on the day",
    built_from=(SHOP_CREDIT_ACCOUNTS,),
    describes=Describes.DAY,
    key=("credit_account_id",),
    may_be_empty=True,
    columns=(
        Column("credit_account_id", "string", "the shop's id of the line of credit"),
        SOURCE_RECORD_ID,
        Column("opened_at", "timestamp", "when it was opened"),
        Column("limit_cents", "bigint", "credit limit, 0 where the line is blocked"),
        Column("account_status", "string", "status as the shop codes it"),
        UPDATED_AT,
    ),
)
