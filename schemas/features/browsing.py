"""What a customer looks at, how often and when.

A session ends with half an hour of silence, as web analytics has it since Catledge and Pitkow 1995, who found 25.5
minutes. Entropies after Shannon 1948.
"""

from schemas.cleaned.browsing_events import BROWSING_EVENTS
from schemas.columns import CUSTOMER_ID
from schemas.customers.identities import IDENTITIES
from schemas.measures import (
    NO_ROW_THEN,
    Feature,
    columns_of,
    count,
    count_of,
    days_of,
    days_since,
    deviation,
    entropy_of,
    favourites,
    formula,
    mean,
    most,
    share,
    share_of,
    sum_of,
    trend,
)
from schemas.table import Describes, Table
from schemas.windows import disjoint, last

SEASON_DAYS = 90
SILENCE_SECONDS = 30 * 60  # web analytics' rule since the nineties: after a longer silence a session is another
BOT_EVENTS = 500  # in one session: nobody looks at so many articles without half an hour's rest; a guess
LONGEST_SECONDS = 24 * 3600  # a page that reloads itself for days is not a person
DAYS_BEFORE = 2  # the longest that counts began on the day before its last; one day more tells longer ones
WINDOWS = last(7, 30, SEASON_DAYS)
MONTH, SEASON = last(30, SEASON_DAYS)
WITH_CART, WITH_PURCHASE = "add_to_cart_count > 0", "purchase_count > 0"
GAPS = ((0, 0), (1, 1), (2, 3), (4, 7), (8, 14), (15, 30), (31, SEASON_DAYS))
"""Days from one session to the next in bands that double, as habits do: the same day, the next, ... a month."""
LAST_CART = f"min(CASE WHEN {WITH_CART} THEN days_ago END)"
LAST_PURCHASE = f"min(CASE WHEN {WITH_PURCHASE} THEN days_ago END)"


def events(kind: str, meaning: str) -> tuple[Feature, ...]:
    """How many events of a kind, one column for each window."""
    return tuple(
        feature
        for window in WINDOWS
        for feature in formula(
            window.named(f"{kind}_count"),
            "bigint",
            window.told(meaning),
            sum_of(f"{kind}_count", window.condition),
            rows=f"{window.condition} AND event_type = '{kind}'",
        )
    )


VISIT_MEASURES = (
    *days_since("last_event", "whole local days from the last event to as_of"),
    *count("session", "sessions", *WINDOWS, *disjoint(7, 14, 30, 60, 90)),
    *(
        feature
        for window in WINDOWS
        for feature in formula(
            window.named("active_day_count"),
            "bigint",
            window.told("local days on which a session ended"),
            days_of("true", (window.oldest or 0) + 1),
            rows=window.condition,
        )
    ),
    *formula(
        "active_week_count_90d",
        "bigint",
        "of the 13 periods of seven days that end with as_of, those with a session",
        "CAST(bit_count(bit_or(shiftleft(1L, CAST(days_ago DIV 7 AS INT)))) AS BIGINT)",
        rows=SEASON.condition,
    ),
    *events("view", "views"),
    *events("search", "searches"),
    *events("add_to_cart", "articles put into the cart"),
    *events("checkout", "checkouts begun"),
    *events("login", "logins"),
    *(
        feature
        for window in (MONTH, SEASON)
        for feature in formula(
            window.named("purchase_event_count"),
            "bigint",
            window.told("purchases made in a session"),
            sum_of("purchase_count", window.condition),
            rows=f"{window.condition} AND event_type = 'purchase'",
        )
    ),
    *(
        feature
        for what, meaning, part in (
            ("cart_to_view", "articles put into the cart over views", "add_to_cart_count"),
            ("purchase_to_view", "purchases made in a session over views", "purchase_count"),
        )
        for feature in share(
            what, meaning, SEASON, part=part, whole="view_count", noun="ratio", missing="no view in that time"
        )
    ),
    *share(
        "category_event",
        "events about a category over events",
        SEASON,
        part="category_event_count",
        whole="event_count",
    ),
    *share(
        "article_event",
        "events about an article over events",
        SEASON,
        part="article_event_count",
        whole="event_count",
    ),
    *mean("session_event", "event_count", "events in a session", SEASON, missing=NO_ROW_THEN),
    *mean(
        "session_seconds",
        "seconds",
        "seconds from first to last event of a session",
        SEASON,
        missing=NO_ROW_THEN,
    ),
    *most(
        "session_seconds",
        "seconds",
        "seconds from first to last event of a session",
        SEASON,
        missing=NO_ROW_THEN,
    ),
    *share("bounce", "sessions of one event over sessions", SEASON, part="event_count = 1"),
    *share("cart", "sessions with an article put into the cart over sessions", SEASON, part=WITH_CART),
    *share(
        "checkout",
        "sessions with a checkout over those with an article put into the cart",
        SEASON,
        part="checkout_count > 0",
        where=WITH_CART,
        missing="nothing put into the cart",
    ),
    *share("purchase_session", "sessions with a purchase over sessions", SEASON, part=WITH_PURCHASE),
    *share(
        "app_session",
        "sessions in the app over sessions of which it is known, in the app or in a browser,",
        SEASON,
        part="app_event_count > 0",
        where="app_event_count + web_event_count > 0",
        missing="not known of any session",
    ),
    *count(
        "abandoned_cart",
        "sessions with an article put into the cart and no purchase",
        MONTH,
        SEASON,
        where=f"{WITH_CART} AND purchase_count = 0",
    ),
    *days_since(
        "last_add_to_cart",
        "days since a session with an article put into the cart",
        where=WITH_CART,
        missing="nothing put into the cart in the last 90 days",
    ),
    *formula(
        "has_open_cart",
        "boolean",
        "whether an article was put into the cart on a later day than the last purchase of the last 90 days",
        f"coalesce({LAST_CART} < coalesce({LAST_PURCHASE}, {SEASON_DAYS}), false)",
        rows=f"{SEASON.condition} AND ({WITH_CART} OR {WITH_PURCHASE})",
    ),
    *formula(
        "night_share_90d",
        "double",
        "events from 00:00 to 05:59 local time over events in the last 90 days",
        share_of("sum(night_event_count)", "sum(event_count)"),
        rows=SEASON.condition,
    ),
    *(
        feature
        for part, first in (("morning", 6), ("afternoon", 12), ("evening", 18))
        for feature in share(
            part,
            f"sessions that began from {first:02d}:00 to {first + 5:02d}:59 local time over sessions",
            SEASON,
            part=f"hour BETWEEN {first} AND {first + 5}",
        )
    ),
    *share("weekend", "sessions that began on a Saturday or Sunday over sessions", SEASON, part="weekday >= 5"),
    *formula(
        "hour_entropy_90d",
        "double",
        "Shannon's entropy, in nats, of the local hours in which sessions of the last 90 days began",
        entropy_of(tuple(count_of(f"hour = {hour}") for hour in range(24))),
        rows=SEASON.condition,
    ),
    *formula(
        "weekday_entropy_90d",
        "double",
        "Shannon's entropy, in nats, of the weekdays on which sessions of the last 90 days began",
        entropy_of(tuple(count_of(f"weekday = {day}") for day in range(7))),
        rows=SEASON.condition,
    ),
    *mean(
        "session_gap_days",
        "gap_days",
        "days from a session to the next",
        SEASON,
        missing="one session only",
    ),
    *deviation("session_gap_days", "gap_days", "days from a session to the next", SEASON, missing="one session only"),
    *formula(
        "session_gap_entropy_90d",
        "double",
        "Shannon's entropy, in nats, of the days from a session of the last 90 days to the next, in the bands 0, 1, "
        "2-3, 4-7, 8-14, 15-30 and more: 0 for who always comes back after as long",
        entropy_of(tuple(count_of(f"gap_days BETWEEN {first} AND {last_day}") for first, last_day in GAPS)),
        missing="one session only",
        rows=SEASON.condition,
    ),
    *trend("session", "1", "sessions", missing=NO_ROW_THEN),
)
"""Over the sessions of the last 90 days; a session counts, with all of its events, on the local day it ended."""

CATEGORY_MEASURES = favourites(
    "category",
    "category_code",
    "event_count",
    SEASON,
    groups="categories looked at",
    rows_told="events",
    missing="no category looked at",
    rows=f"{SEASON.condition} AND category_code IS NOT NULL AND event_type <> 'login'",
)
"""Over the categories of the events of these sessions, logins left out, one row for each."""

MOST_EVENTS_OF_ARTICLE = 100  # what is looked at more often is a page that reloads itself
ABOUT_ARTICLE = "sku_id IS NOT NULL"
ARTICLES_TOLD = f"{ABOUT_ARTICLE} AND event_type <> 'login'"

ARTICLES_OF_CATEGORY = (
    *count("article", "articles", MONTH, SEASON, where=ABOUT_ARTICLE),
    *most(
        "article_event_count",
        f"least(event_count, {MOST_EVENTS_OF_ARTICLE}L)",
        "events",
        SEASON,
        where=ABOUT_ARTICLE,
        missing="no article",
    ),
)
"""Over the articles of one category of a customer, one row for each, with the day of the newest session."""

ARTICLE_MEASURES = (
    *(
        feature
        for window in (MONTH, SEASON)
        for feature in formula(
            window.named("article_count"),
            "bigint",
            window.told(
                "different articles looked at, searched, put into the cart or bought, by category and article,"
            ),
            f"sum({window.named('article_count')})",
            rows=f"{window.condition} AND {ARTICLES_TOLD}",
        )
    ),
    *formula(
        "article_event_count_max_90d",
        "bigint",
        f"events of the last 90 days about the article with the most, at most {MOST_EVENTS_OF_ARTICLE}",
        "max(article_event_count_max_90d)",
        rows=f"{SEASON.condition} AND {ARTICLES_TOLD}",
    ),
)
"""Over these categories, one row for each."""

BROWSING = Table(
    __name__,
    grain="one row per customer with an event in the last 90 days",
    built_from=(
        BROWSING_EVENTS,
        IDENTITIES,
    ),
    describes=Describes.DAY,
    key=("customer_id",),
    columns=(CUSTOMER_ID, *columns_of(*VISIT_MEASURES, *CATEGORY_MEASURES, *ARTICLE_MEASURES)),
)
