"""What exactly people bought: the lines of the orders that are purchases."""

from schemas.captured.shop_order_items import SHOP_ORDER_ITEMS
from schemas.cleaned.purchases import PURCHASES
from schemas.columns import SOURCE_RECORD_ID
from schemas.table import Column, Describes, Table

PURCHASE_LINES = Table(
    __name__,
    grain="one line of a paid order",
    built_from=(
        PURCHASES,
        SHOP_ORDER_ITEMS,
    ),
    describes=Describes.DAY,
    key=(
        "order_id",
        "line_number",
    ),
    arranged_by="paid_at",
    may_be_empty=True,
    columns=(
        Column("order_id", "string", "the shop's id of the order"),
        Column("line_number", "int", "position within the order, from 1"),
        SOURCE_RECORD_ID,
        Column("paid_at", "timestamp", "when the order was paid"),
        Column("sku_id", "string", "what was bought"),
        Column("category_code", "string", "the shop's category of what was bought"),
        Column("brand", "string", "brand", missing="no brand"),
        Column("quantity", "int", "pieces"),
        Column("unit_price_cents", "bigint", "price of one piece before discount"),
    ),
)
