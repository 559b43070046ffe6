"""browsing: sessions and days counted once, whoever shares them and whichever midnight they cross."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from math import log, sqrt
from typing import Any

import pytest

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
        ("bob", 0, 2, 3, 3, 0, 0, 5),  # silence ends a session, a midnight a second later does not
        ("cem", 30, 0, 1, 1, 0, 0, 0),
    ]


def test_t21_a_session_across_the_first_midnight_of_the_season_counts_whole_and_a_longer_one_than_a_day_not_at_all(
    table: TableMaker,
) -> None:
    midnight = datetime(2025, 12, 31, 16, tzinfo=UTC)  # local: the first of the 90 days begins

    def minutes_after(first: int, last: int, name: str) -> list[Row]:
        moments = [(midnight + timedelta(minutes=minute)).isoformat() for minute in range(first, last + 1, 10)]
        return [{**did(name, "view", moment), "category_code": f"of {name}"} for moment in moments]

    events = [
        *minutes_after(-10, 10, "ann"),
        *minutes_after(-24 * 60, 0, "bob"),
        *minutes_after(-24 * 60 - 10, 0, "cem"),
        *minutes_after(-30, -10, "dia"),
        *minutes_after(60 * 24, 60 * 24, "cem"),
    ]
    columns = (
        "session_count_90d",
        "view_count_90d",
        "session_seconds_max_90d",
        "hour_entropy_90d",
        "evening_share_90d",
    )
    assert described(table, events, *columns, "bounce_share_90d", "top_category") == [
        ("ann", 1, 3, 20 * 60, 0.0, 1.0, 0.0, "of ann"),
        ("bob", 1, 145, 24 * 3600, 0.0, 0.0, 0.0, "of bob"),
        ("cem", 1, 1, 0, 0.0, 0.0, 1.0, "of cem"),
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


def test_machines_and_pages_that_reload_for_days_are_left_out_with_all_they_looked_at(table: TableMaker) -> None:
    begun = datetime(2026, 3, 10, tzinfo=UTC)

    def visit(name: str, events: int, seconds_apart: int, category: str) -> list[Row]:
        return [
            {**did(name, "view", str(begun + timedelta(seconds=seconds_apart * number))), "category_code": category}
            for number in range(events)
        ]

    events = [
        *visit("ann", 500, 1, "person"),
        *visit("bob", 501, 1, "bot"),
        *visit("cem", 49, 30 * 60, "person"),  # a day to the second, never silent for longer than half an hour
        *visit("dia", 145, 30 * 60, "left open"),  # three days
        {**did("dia", "view", "2026-03-20", "another"), "category_code": "person"},
    ]
    columns = ("session_count_90d", "view_count_90d", "session_seconds_max_90d", "category_count_90d", "top_category")
    assert described(table, events, *columns) == [
        ("ann", 1, 500, 499, 1, "person"),
        ("cem", 1, 49, 86_400, 1, "person"),
        ("dia", 1, 1, 0, 1, "person"),
    ]


def test_who_comes_back_every_week_is_regular_and_who_comes_as_it_happens_is_not(table: TableMaker) -> None:
    days = {"ann": (1, 8, 15, 22, 29), "bob": (1, 1, 2, 4, 9, 20), "cem": (30,)}
    events = [
        did(name, "view", f"2026-03-{31 - day:02d}", f"{name}{number}")
        for name, found in days.items()
        for number, day in enumerate(found)
    ]
    columns = ("session_gap_days_mean_90d", "session_gap_days_deviation_90d", "session_gap_entropy_90d")
    ann, bob, cem = described(table, events, *columns)
    assert ann == ("ann", 7.0, 0.0, 0.0)
    assert bob[1:] == pytest.approx((19 / 5, sqrt(151 / 5 - (19 / 5) ** 2), log(5)))  # 0, 1, 2, 5 and 11 days
    assert cem == ("cem", None, None, None)


def test_the_three_categories_looked_at_most_are_named_and_a_tie_goes_to_the_first_by_code(table: TableMaker) -> None:
    looks = {"a": 3, "b": 1, "c": 3, "d": 2}
    events = [
        {**did("ann", "view", "2026-03-10", category), "category_code": category}
        for category, number in looks.items()
        for _ in range(number)
    ]
    events += [
        did("bob", "view", "2026-03-10"),
        did("bob", "add_to_cart", "2026-03-10"),
        did("cem", "search", "2026-03-10"),
    ]
    top = ("top_category", "second_category", "third_category", "category_entropy_90d")
    shares = (f"{place}_category_share_90d" for place in ("top", "second", "third"))
    found = {name: values for name, *values in described(table, events, *top, *shares)}
    assert found["ann"][:3] == ["a", "c", "d"]
    entropy = log(9) - (2 * 3 * log(3) + 2 * log(2)) / 9
    assert found["ann"][3] == pytest.approx(entropy, abs=1e-9)
    assert found["ann"][4:] == [3 / 9, 3 / 9, 2 / 9]
    assert found["bob"] == [None] * 7
    funnel = ("cart_to_view_ratio_90d", "purchase_to_view_ratio_90d", "category_event_share_90d")
    assert described(table, events, *funnel) == [
        ("ann", 0.0, 0.0, 1.0),
        ("bob", 1.0, 0.0, 0.0),
        ("cem", None, None, 0.0),
    ]


def test_an_article_is_counted_once_in_the_window_of_the_newest_session_about_it(table: TableMaker) -> None:
    def looked(name: str, sku: str | None, day: str, times: int = 1) -> list[Row]:
        return [{**did(name, "view", day, f"{sku} {day}"), "sku_id": sku} for _ in range(times)]

    events = [
        *looked("ann", "tent", "2026-01-10", 3),
        *looked("ann", "tent", "2026-03-10", 2),
        *looked("ann", "stove", "2026-02-01"),
        *looked("ann", None, "2026-03-11", 9),
        *looked("bob", "lamp", "2026-03-10", 101),
        *looked("cem", "lamp", "2026-03-10", 501),  # no person
        *looked("cem", None, "2026-03-11"),
        *looked("dia", "lamp", "2025-12-31"),
        *looked("dia", None, "2026-03-11"),
    ]
    assert described(table, events, "article_count_30d", "article_count_90d", "article_event_count_max_90d") == [
        ("ann", 1, 2, 5),
        ("bob", 1, 1, 100),
        ("cem", 0, 0, 0),
        ("dia", 0, 0, 0),
    ]


def test_a_session_is_in_the_app_or_on_the_web_as_its_events_tell(table: TableMaker) -> None:
    def used(name: str, session: str, *clients: str | None) -> list[Row]:
        return [{**did(name, "view", "2026-03-10", session), "client": client} for client in clients]

    events = [
        *used("ann", "1", "app", None),
        *used("ann", "2", "web", "web"),
        *used("ann", "3", "web"),
        *used("ann", "4", "web", "app"),
        *used("ann", "5", None),
        *used("bob", "6", None),
        *used("cem", "7", "web"),
    ]
    assert described(table, events, "app_session_share_90d") == [("ann", 0.5), ("bob", None), ("cem", 0.0)]


def test_a_session_that_two_customers_share_counts_for_both_with_their_own_events(table: TableMaker) -> None:
    events = [did("ann", "view", "2026-03-10"), did("bob", "add_to_cart", "2026-03-10")]
    assert described(table, events, "session_count_90d", "view_count_30d", "cart_share_90d") == [
        ("ann", 1, 1, 0.0),
        ("bob", 1, 0, 1.0),
    ]
