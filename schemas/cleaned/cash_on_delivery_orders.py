"""Orders to be paid at the door, and whether the door stayed shut."""

from schemas.captured.shop_orders import SHOP_ORDERS
from schemas.columns import SOURCE_RECORD_ID
from schemas.table import Column, Describes, Table

CASH_ON_DELIVERY_ORDERS = Table(
    __name__,
    grain="one order to be paid on delivery that was delivered or refused",
    built_from=(SHOP_ORDERS,),
    describes=Describes.KNOWLEDGE,
    key=("order_id",),
    may_be_empty=True,
    columns=(
        Column("order_id", "string", "the shop's id of the order"),
        SOURCE_RECORD_ID,
        Column("ended_at", "timestamp", "when it was delivered or refused"),
        Column("is_refused", "boolean", "whether it was refused at the door, unpaid"),
        Column("net_cents", "bigint", "what was to be paid"),
    ),
)
