"""What people did on the shop's site and apps, each event once."""

from schemas.captured.shop_events import SHOP_EVENTS
from schemas.columns import KNOWN_DATE, SCENES
from schemas.table import Column, Describes, Table

CLIENTS = ("app", "web")

BROWSING_EVENTS = Table(
    __name__,
    grain="one event",
    built_from=(SHOP_EVENTS,),
    describes=Describes.KNOWLEDGE,
    key=("event_id",),
    arranged_by="occurred_at",
    columns=(
        Column("event_id", "string", "the shop's id of the event"),
        Column(
            "source_record_id", "string", "a partner's record of a person: shop:<shop_user_id>", missing="not logged in"
        ),
        Column("session_id", "string", "in which visit, as the shop cut it"),
        Column("device_id", "string", "on which device"),
        Column("occurred_at", "timestamp", "when it happened"),
        Column(
            "event_type",
            "string",
            "what was done",
            allowed=("view", "search", "add_to_cart", "checkout", "purchase", "login"),
        ),
        Column("category_code", "string", "the shop's category looked at", missing="not about a category"),
        Column("scene", "string", "consumption scene", missing="not about a category", allowed=SCENES),
        Column("sku_id", "string", "the article looked at", missing="not about an article"),
        Column(
            "client",
            "string",
            "web where a browser was used, as they all call themselves Mozilla; any other name is taken for the app",
            allowed=CLIENTS,
            missing="not told",
        ),
        KNOWN_DATE,
    ),
)
