"""Lines of the shop's orders."""

from schemas.columns import CAPTURED_DATE
from schemas.table import Column, Describes, FileDrop, Table

SHOP_ORDER_ITEMS = Table(
    __name__,
    grain="one line of an order",
    describes=Describes.KNOWLEDGE,
    key=(
        "order_id",
        "line_number",
    ),
    source=FileDrop("order_items", file_format="parquet"),
    columns=(
        Column("order_id", "string", "the order the line belongs to"),
        Column("line_number", "int", "position within the order, from 1"),
        Column("sku_id", "string", "what was bought"),
        Column("category_code", "string", "the shop's category of what was bought"),
        Column("brand", "string", "brand", missing="no brand"),
        Column("quantity", "int", "pieces"),
        Column("unit_price_cents", "bigint", "price of one piece before discount"),
        CAPTURED_DATE,
    ),
)
