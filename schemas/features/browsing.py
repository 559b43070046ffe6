"""What a customer looks at, how often and when."""

from schemas.cleaned.browsing_events import BROWSING_EVENTS
from schemas.columns import CUSTOMER_ID
from schemas.customers.identities import IDENTITIES
from schemas.table import Column, Describes, Table

BROWSING = Table(
    __name__,
    grain="one row per customer with an event in the last 90 days",
    built_from=(
        BROWSING_EVENTS,
        IDENTITIES,
    ),
    describes=Describes.DAY,
    key=("customer_id",),
    columns=(
        CUSTOMER_ID,
        Column("days_since_last_event", "int", "whole local days from the last event to as_of"),
        Column("session_count_30d", "bigint", "sessions in the last 30 days"),
        Column("session_count_90d", "bigint", "sessions in the last 90 days"),
        Column("active_day_count_90d", "bigint", "local days with an event in the last 90 days"),
        Column("view_count_30d", "bigint", "views in the last 30 days"),
        Column("add_to_cart_count_30d", "bigint", "articles put into the cart in the last 30 days"),
        Column("search_count_90d", "bigint", "searches in the last 90 days"),
        Column(
            "cart_share_90d", "double", "sessions with an article put into the cart over sessions in the last 90 days"
        ),
        Column("night_share_90d", "double", "events from 00:00 to 05:59 local time over events in the last 90 days"),
    ),
)
