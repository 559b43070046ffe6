"""browsing: sessions and days counted once, whoever shares them and whichever midnight they cross."""

from __future__ import annotations

from typing import Any

from jobs.features.browsing import build
from schemas.cleaned.browsing_events import BROWSING_EVENTS
from schemas.customers.identities import IDENTITIES
from tests.conftest import TableMaker, rows
from tests.features.random_rows import AS_OF, Row

PEOPLE = [{"source_record_id": f"shop:{name}", "customer_id": name} for name in ("ann", "bob", "cem", "dia")]


def described(table: TableMaker, events: list[Row], *columns: str) -> list[tuple[Any, ...]]:
    numbered = [{"event_id": f"e{number}", **row} for number, row in enumerate(events)]
    built = build(table(BROWSING_EVENTS, numbered), table(IDENTITIES, PEOPLE), as_of=AS_OF)
    return rows(built, "customer_id", *columns)


def did(name: str | None, what: str, moment: str, session: str = "s") -> Row:
    record = None if name is None else f"shop:{name}"
    return {"source_record_id": record, "event_type": what, "occurred_at": moment, "session_id": session}


def test_t21_t34_an_event_on_each_edge_of_a_window_is_counted_once(table: TableMaker) -> None:
    moments = (
        "2026-03-31 23:59:59+08:00",  # day 0
        "2026-03-02 00:00:00+08:00",  # day 29
        "2026-03-01 23:59:59+08:00",  # day 30
        "2026-01-01 00:00:00+08:00",  # day 89
        "2025-12-31 23:59:59+08:00",  # day 90
        "2026-04-01 00:00:00+08:00",  # tomorrow
    )
    events = [
        *(did("ann", "view", moment, f"s{number}") for number, moment in enumerate(moments)),
        *(did("bob", "search", moment, "one long session") for moment in moments),
        did("cem", "add_to_cart", moments[2]),
        did("dia", "view", moments[4]),
        did("dia", "view", moments[5]),
    ]
    columns = ("days_since_last_event", "session_count_30d", "session_count_90d", "active_day_count_90d")
    counts = ("view_count_30d", "add_to_cart_count_30d", "search_count_90d")
    assert described(table, events, *columns, *counts) == [
        ("ann", 0, 2, 4, 4, 2, 0, 0),
        ("bob", 0, 2, 3, 3, 0, 0, 4),  # silence ends a session, a midnight a second later does not
        ("cem", 30, 0, 1, 1, 0, 0, 0),
    ]


def test_t34_the_night_lasts_from_midnight_to_the_last_second_before_six_local_time(table: TableMaker) -> None:
    events = [
        did("ann", "view", "2026-03-10 00:00:00+08:00"),
        did("ann", "view", "2026-03-10 05:59:59+08:00"),
        did("ann", "view", "2026-03-10 06:00:00+08:00"),
        did("ann", "view", "2026-03-10 23:59:59+08:00"),
        did("bob", "view", "2026-03-10 03:00:00"),  # 11 in the morning in Shanghai
    ]
    assert described(table, events, "night_share_90d") == [("ann", 0.5), ("bob", 0.0)]


def test_events_of_people_who_were_not_logged_in_belong_to_nobody(table: TableMaker) -> None:
    events = [
        did(None, "add_to_cart", "2026-03-10"),
        did("ann", "view", "2026-03-10"),
        did("ann", "add_to_cart", "2026-03-11", "another"),
        did("a stranger", "view", "2026-03-10"),
    ]
    columns = ("session_count_90d", "cart_share_90d", "add_to_cart_count_30d")
    assert described(table, events, *columns) == [("ann", 2, 0.5, 1)]


def test_a_session_that_two_customers_share_counts_for_both_with_their_own_events(table: TableMaker) -> None:
    events = [did("ann", "view", "2026-03-10"), did("bob", "add_to_cart", "2026-03-10")]
    assert described(table, events, "session_count_90d", "view_count_30d", "cart_share_90d") == [
        ("ann", 1, 1, 0.0),
        ("bob", 1, 0, 1.0),
    ]
