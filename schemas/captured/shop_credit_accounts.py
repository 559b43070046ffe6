"""Lines of instalment credit, each version as it was delivered."""

from schemas.columns import CAPTURED_DATE, UPDATED_AT
from schemas.table import Column, Describes, FileDrop, Table

SHOP_CREDIT_ACCOUNTS = Table(
    __name__,
    grain="one version of a line of instalment credit",
    describes=Describes.KNOWLEDGE,
    key=(
        "credit_account_id",
        "updated_at",
    ),
    source=FileDrop("credit_accounts", file_format="csv.gz"),
    may_be_empty=True,
    columns=(
        Column("credit_account_id", "string", "the shop's id of the line of credit"),
        Column("shop_user_id", "string", "whose line it is"),
        Column("opened_at", "timestamp", "when it was opened"),
        Column("limit_cents", "bigint", "credit limit"),
        Column("account_status", "string", "status as the shop codes it"),
        UPDATED_AT,
        CAPTURED_DATE,
    ),
)
