"""Which delivery of a row counts; every cleaned dataset stands on this."""

from __future__ import annotations

from datetime import date

from jobs.versions import keep_newest_delivery, keep_newest_of_repeated, keep_version_in_force
from schemas.captured.shop_refunds import SHOP_REFUNDS
from schemas.captured.shop_users import SHOP_USERS
from tests.cleaned.layouts import in_every_layout
from tests.conftest import TableMaker, rows

AS_OF = date(2026, 3, 31)
LAST_SECOND, NEXT_DAY = "2026-03-31 23:59:59+08:00", "2026-04-01 00:00:00+08:00"


def version(name: str, updated_at: str, level: str, captured: str = "2026-04-05") -> dict[str, str]:
    return {"shop_user_id": name, "updated_at": updated_at, "membership_level": level, "captured_date": captured}


def test_t17_the_version_in_force_is_the_newest_by_the_end_of_the_day_in_whatever_layout(table: TableMaker) -> None:
    versions = [
        version("ann", "2026-03-01", "old"),
        version("ann", LAST_SECOND, "in force"),  # T34: the last second of the local day belongs to it
        version("ann", NEXT_DAY, "too new"),
        version("bob", "2026-04-03", "oldest later one"),  # known only from later versions
        version("bob", "2026-04-04", "newest later one"),
        version("cem", "2026-03-01", "first delivery", captured="2026-03-31"),
        version("cem", "2026-03-01", "second delivery", captured="2026-04-01"),
        version("dia", "2026-03-01", "smaller by its columns"),
        version("dia", "2026-03-01", "tie: larger by its columns"),
        version("eve", "2026-04-03", "later, first delivery", captured="2026-04-03"),
        version("eve", "2026-04-03", "later, second delivery", captured="2026-04-04"),
    ]
    for layout in in_every_layout(table, SHOP_USERS, versions):
        in_force = keep_version_in_force(layout, "shop_user_id", as_of=AS_OF)
        assert rows(in_force, "shop_user_id", "membership_level") == [
            ("ann", "in force"),
            ("bob", "oldest later one"),
            ("cem", "second delivery"),
            ("dia", "tie: larger by its columns"),
            ("eve", "later, second delivery"),
        ]


def test_t17_of_a_fact_delivered_twice_the_later_delivery_counts_in_whatever_layout(table: TableMaker) -> None:
    refunds = [
        {"refund_id": "corrected", "amount_cents": 900, "captured_date": "2026-03-31"},
        {"refund_id": "corrected", "amount_cents": 700, "captured_date": "2026-04-01"},
        {"refund_id": "repeated", "amount_cents": 500, "captured_date": "2026-03-31"},
        {"refund_id": "repeated", "amount_cents": 500, "captured_date": "2026-03-31"},
        {"refund_id": "tied", "amount_cents": 100, "captured_date": "2026-03-31"},
        {"refund_id": "tied", "amount_cents": 200, "captured_date": "2026-03-31"},
        {"refund_id": "alone", "amount_cents": 300, "captured_date": "2026-04-01"},
    ]
    expected = [
        ("alone", 300, date(2026, 4, 1)),
        ("corrected", 700, date(2026, 3, 31)),
        ("repeated", 500, date(2026, 3, 31)),
        ("tied", 200, date(2026, 3, 31)),
    ]
    for layout in in_every_layout(table, SHOP_REFUNDS, refunds):
        for keep in (keep_newest_delivery, keep_newest_of_repeated):
            kept = keep(layout, "refund_id")
            assert set(kept.columns) == {*layout.columns, "known_date"}
            assert rows(kept, "refund_id", "amount_cents", "known_date") == expected


def test_a_kept_row_keeps_its_nulls_and_all_its_columns_and_tells_when_the_first_version_was_known(
    table: TableMaker,
) -> None:
    users = table(SHOP_USERS, [{"shop_user_id": "ann"}])
    kept = keep_version_in_force(users, "shop_user_id", as_of=AS_OF)
    assert set(kept.columns) == {*users.columns, "known_date", "in_force_date"}
    versions = [
        version("ann", "2026-03-01", "old", "2026-03-02"),
        version("ann", "2026-03-20", "new", "2026-03-21"),
        version("bob", "2026-03-01", "old", "2026-03-02"),
        version("bob", LAST_SECOND, "by a clock ahead", "2026-03-21"),
        version("cem", NEXT_DAY, "later than the day", "2026-03-21"),
    ]
    found = keep_version_in_force(table(SHOP_USERS, versions), "shop_user_id", as_of=AS_OF)
    assert rows(found, "membership_level", "known_date", "in_force_date") == [
        ("by a clock ahead", date(2026, 3, 2), AS_OF),
        ("later than the day", date(2026, 3, 21), date(2026, 3, 21)),
        ("new", date(2026, 3, 2), date(2026, 3, 21)),
    ]
    assert rows(kept, *users.columns) == rows(users, *users.columns)
