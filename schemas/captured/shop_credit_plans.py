"""Instalment plans."""

from schemas.columns import CAPTURED_DATE
from schemas.table import Column, Describes, FileDrop, Table

SHOP_CREDIT_PLANS = Table(
    __name__,
    grain="one instalment plan",
    describes=Describes.KNOWLEDGE,
    key=("plan_id",),
    source=FileDrop("credit_plans", file_format="csv.gz"),
    may_be_empty=True,
    columns=(
        Column("plan_id", "string", "the shop's id of the plan"),
        Column("credit_account_id", "string", "the line of credit it draws on"),
        Column("order_id", "string", "the order it pays for", missing="cash loan"),
        Column("opened_at", "timestamp", "when it was opened"),
        Column("principal_cents", "bigint", "amount lent"),
        Column("instalment_count", "int", "number of instalments agreed"),
        Column("annual_rate", "double", "yearly interest rate, 0.12 is twelve per cent"),
        CAPTURED_DATE,
    ),
)
