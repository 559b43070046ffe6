"""Each event once, with its scene and who did it."""

from __future__ import annotations

from datetime import date
from typing import Any

from jobs.cleaned.browsing_events import build
from schemas.captured.shop_events import SHOP_EVENTS
from tests.cleaned.layouts import in_every_layout
from tests.conftest import TableMaker, rows

AS_OF = date(2026, 3, 31)


def test_t10_an_event_delivered_again_stays_one_event_whatever_the_layout(table: TableMaker) -> None:
    events: list[dict[str, Any]] = [
        {"event_id": "1", "shop_user_id": "ann", "category_code": "travel_hotels", "captured_date": "2026-03-30"},
        {"event_id": "1", "shop_user_id": "ann", "category_code": "travel_hotels", "captured_date": "2026-03-30"},
        {"event_id": "1", "shop_user_id": "ann", "category_code": "retail_home", "captured_date": "2026-03-31"},
        {"event_id": "2", "shop_user_id": None, "category_code": None},  # not logged in, nothing looked at
        {"event_id": "3", "shop_user_id": "nobody the shop has delivered", "category_code": "brand_new"},
    ]
    for layout in in_every_layout(table, SHOP_EVENTS, events):
        assert rows(build(layout, as_of=AS_OF), "event_id", "source_record_id", "scene") == [
            ("1", "shop:ann", "retail"),
            ("2", None, None),
            ("3", "shop:nobody the shop has delivered", "other"),
        ]


def test_what_calls_itself_a_browser_is_the_web_and_what_else_names_itself_is_the_app(table: TableMaker) -> None:
    agents = ("Mozilla/5.0 (X11; Linux x86_64) Firefox/150.0", "AllianceShop/8.2 (Android 15)", "", None)
    events = [{"event_id": f"{number}", "user_agent": agent} for number, agent in enumerate(agents)]
    found = rows(build(table(SHOP_EVENTS, events), as_of=AS_OF), "event_id", "client")
    assert found == [("0", "web"), ("1", "app"), ("2", None), ("3", None)]


def test_without_events_there_are_none(table: TableMaker) -> None:
    assert rows(build(table(SHOP_EVENTS, []), as_of=AS_OF), "event_id") == []
