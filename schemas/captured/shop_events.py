"""What people did on the shop's site and apps."""

from schemas.columns import CAPTURED_DATE, IP_ADDRESS_TOKEN
from schemas.table import Column, Describes, FileDrop, Table

SHOP_EVENTS = Table(
    __name__,
    grain="one event",
    describes=Describes.KNOWLEDGE,
    key=("event_id",),
    source=FileDrop("events", file_format="jsonl.gz"),
    columns=(
        Column("event_id", "string", "the shop's id of the event"),
        Column("shop_user_id", "string", "who did it", missing="not logged in"),
        Column("device_id", "string", "on which device"),
        Column("session_id", "string", "in which visit, as the shop cut it"),
        Column("occurred_at", "timestamp", "when it happened"),
        Column(
            "event_type",
            "string",
            "what was done",
            allowed=("view", "search", "add_to_cart", "checkout", "purchase", "login"),
        ),
        Column("category_code", "string", "the shop's category looked at", missing="not about a category"),
        Column("sku_id", "string", "the article looked at", missing="not about an article"),
        IP_ADDRESS_TOKEN,
        Column("user_agent", "string", "browser or app as it names itself", missing="not given"),
        CAPTURED_DATE,
    ),
)
