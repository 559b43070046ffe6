"""Money the shop gave back, with whom it went to."""

from schemas.captured.shop_orders import SHOP_ORDERS
from schemas.captured.shop_refunds import SHOP_REFUNDS
from schemas.columns import CHANGED_DATE
from schemas.table import Column, Describes, Table

REFUNDS = Table(
    __name__,
    grain="one refund",
    built_from=(
        SHOP_REFUNDS,
        SHOP_ORDERS,
    ),
    describes=Describes.KNOWLEDGE,
    key=("refund_id",),
    may_be_empty=True,
    columns=(
        Column("refund_id", "string", "the shop's id of the refund"),
        Column("order_id", "string", "the order refunded"),
        Column(
            "source_record_id",
            "string",
            "a partner's record of a person: shop:<shop_user_id>",
            missing="the order has not been delivered yet",
        ),
        Column("refunded_at", "timestamp", "when the money was given back"),
        Column("amount_cents", "bigint", "amount given back, positive"),
        Column("reason_code", "string", "why, as the shop codes it"),
        CHANGED_DATE,
    ),
)
