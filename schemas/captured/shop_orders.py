"""Orders of the shop, each version as it was delivered."""

from schemas.columns import CAPTURED_DATE, IP_ADDRESS_TOKEN, PAYMENT_METHODS, SALES_CHANNELS, UPDATED_AT
from schemas.table import Column, Describes, FileDrop, Table

SHOP_ORDERS = Table(
    __name__,
    grain="one version of an order",
    describes=Describes.KNOWLEDGE,
    key=(
        "order_id",
        "updated_at",
    ),
    source=FileDrop("orders", file_format="parquet"),
    columns=(
        Column("order_id", "string", "the shop's id of the order"),
        Column("shop_user_id", "string", "who ordered"),
        Column("ordered_at", "timestamp", "when the order was placed"),
        Column("paid_at", "timestamp", "when the order was paid", missing="not paid"),
        Column(
            "order_status",
            "string",
            "how far the order has come",
            allowed=("created", "paid", "delivered", "cancelled", "refused"),
        ),
        Column(
            "sales_channel",
            "string",
            "where the order was placed",
            allowed=SALES_CHANNELS,
        ),
        Column(
            "payment_method",
            "string",
            "how the order is paid",
            allowed=PAYMENT_METHODS,
        ),
        Column("gross_cents", "bigint", "value of the order before discount"),
        Column("discount_cents", "bigint", "discount given"),
        Column("net_cents", "bigint", "value to pay: gross less discount"),
        Column(
            "shipping_address_token",
            "string",
            "keyed token of the shipping address",
            missing="not given",
            personal="address",
            source_name="shipping_address",
        ),
        Column(
            "recipient_phone_token",
            "string",
            "keyed token of the recipient's phone number in E.164",
            missing="not given, or not a phone number",
            personal="phone",
            source_name="recipient_phone",
        ),
        Column("device_id", "string", "the device the order was placed on", missing="not known"),
        IP_ADDRESS_TOKEN,
        UPDATED_AT,
        CAPTURED_DATE,
    ),
)
