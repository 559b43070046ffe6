"""What people bought: paid orders that were neither cancelled nor refused by the day."""

from schemas.captured.shop_order_items import SHOP_ORDER_ITEMS
from schemas.captured.shop_orders import SHOP_ORDERS
from schemas.columns import CHANGED_DATE, KNOWN_DATE, PAYMENT_METHODS, SALES_CHANNELS, SCENES, SOURCE_RECORD_ID
from schemas.table import Column, Describes, Table

PURCHASES = Table(
    __name__,
    grain="one paid order",
    built_from=(
        SHOP_ORDERS,
        SHOP_ORDER_ITEMS,
    ),
    describes=Describes.DAY,
    key=("order_id",),
    arranged_by="paid_at",
    columns=(
        Column("order_id", "string", "the shop's id of the order"),
        SOURCE_RECORD_ID,
        Column("ordered_at", "timestamp", "when the order was placed"),
        Column("paid_at", "timestamp", "when it was paid"),
        Column("order_status", "string", "how far the order had come on the day", allowed=("paid", "delivered")),
        Column("sales_channel", "string", "where it was placed", allowed=SALES_CHANNELS),
        Column(
            "payment_method",
            "string",
            "how it was paid",
            allowed=PAYMENT_METHODS,
        ),
        Column("gross_cents", "bigint", "value before discount"),
        Column("discount_cents", "bigint", "discount given"),
        Column("net_cents", "bigint", "value paid: gross less discount"),
        Column(
            "scene",
            "string",
            "consumption scene most of the value before discount belongs to; other while no line is delivered",
            allowed=SCENES,
        ),
        Column("is_offline", "boolean", "whether it was placed in a physical shop"),
        Column("item_count", "bigint", "lines of the order", missing="no lines delivered yet"),
        Column("piece_count", "bigint", "pieces on the lines of the order", missing="no lines delivered yet"),
        Column("device_id", "string", "the device it was placed on", missing="not known"),
        Column("shipping_address_token", "string", "keyed token of the shipping address", missing="not given"),
        Column("recipient_phone_token", "string", "keyed token of the recipient's phone", missing="not given"),
        Column("ip_address_token", "string", "keyed token of the IP address it was placed from", missing="not given"),
        KNOWN_DATE,
        CHANGED_DATE,
    ),
)
