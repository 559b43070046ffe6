"""Money paid towards instalments, and reversals of it."""

from schemas.columns import CAPTURED_DATE
from schemas.table import Column, Describes, FileDrop, Table

SHOP_CREDIT_REPAYMENTS = Table(
    __name__,
    grain="one payment, or one reversal",
    describes=Describes.KNOWLEDGE,
    key=("repayment_id",),
    source=FileDrop("credit_repayments", file_format="csv.gz"),
    may_be_empty=True,
    columns=(
        Column("repayment_id", "string", "the shop's id of the payment"),
        Column("plan_id", "string", "the plan paid towards"),
        Column("instalment_number", "int", "the instalment paid towards"),
        Column("paid_at", "timestamp", "when it was paid, or taken back"),
        Column("amount_cents", "bigint", "amount, positive in a payment and in a reversal alike"),
        Column(
            "reverses_repayment_id", "string", "the payment that this row takes back", missing="the row is a payment"
        ),
        CAPTURED_DATE,
    ),
)
