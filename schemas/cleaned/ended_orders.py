"""Orders that came to an end: delivered, refused at the door, or cancelled."""

from schemas.captured.shop_orders import SHOP_ORDERS
from schemas.columns import PAYMENT_METHODS, SOURCE_RECORD_ID
from schemas.table import Column, Describes, Table

ENDINGS = ("delivered", "refused", "cancelled")

ENDED_ORDERS = Table(
    __name__,
    grain="one order that was delivered, refused or cancelled",
    built_from=(SHOP_ORDERS,),
    describes=Describes.DAY,
    key=("order_id",),
    may_be_empty=True,
    columns=(
        Column("order_id", "string", "the shop's id of the order"),
        SOURCE_RECORD_ID,
        Column("ended_at", "timestamp", "when it was delivered, refused or cancelled, as a version first said"),
        Column("ending", "string", "how it ended", allowed=ENDINGS),
        Column(
            "payment_method",
            "string",
            "how it was, or was to be, paid",
            allowed=PAYMENT_METHODS,
        ),
        Column("is_paid", "boolean", "whether it had been paid, given back or not"),
        Column("net_cents", "bigint", "what was, or was to be, paid"),
    ),
)
