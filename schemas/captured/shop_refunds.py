"""Money the shop gave back."""

from schemas.columns import CAPTURED_DATE
from schemas.table import Column, Describes, FileDrop, Table

SHOP_REFUNDS = Table(
    __name__,
    grain="one refund",
    describes=Describes.KNOWLEDGE,
    key=("refund_id",),
    source=FileDrop("refunds", file_format="parquet"),
    may_be_empty=True,
    columns=(
        Column("refund_id", "string", "the shop's id of the refund"),
        Column("order_id", "string", "the order refunded"),
        Column("refunded_at", "timestamp", "when the money was given back"),
        Column("amount_cents", "bigint", "amount given back, positive"),
        Column("reason_code", "string", "why, as the shop codes it"),
        CAPTURED_DATE,
    ),
)
