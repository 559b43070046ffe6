"""Purchases and refunds say since when they are as they are, so that the next night need not compare them all.

Random orders over eight nights, with versions that are late, repeated, cancelled or of a clock ahead. As in the test of
forty nights all nights are built at once: every id names the night, and every moment is moved to end on the same day.
"""

from __future__ import annotations

import random
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from pyspark.sql import DataFrame, SparkSession

from jobs.cleaned import purchases, refunds
from schemas.captured.shop_order_items import SHOP_ORDER_ITEMS
from schemas.captured.shop_orders import SHOP_ORDERS
from schemas.captured.shop_refunds import SHOP_REFUNDS
from schemas.table import Table
from tests.conftest import tables_in
from tests.features.random_rows import Row

NIGHTS = tuple(date(2026, 3, 24) + timedelta(days=number) for number in range(8))
LAST_NIGHT = NIGHTS[-1]
ORDERS = 60
SEED = 7


def delivered(chance: random.Random) -> dict[Table, list[Row]]:
    """All that ever arrives, with the night on which it does."""

    def moment(latest: int = 2) -> datetime:
        """Mostly on one of the nights; a clock ahead tells of a day to come."""
        clock = chance.choice((time(0), time(15, 59, 59), time(16), time(12)))
        return datetime.combine(NIGHTS[0] + timedelta(days=chance.randint(-3, len(NIGHTS) + latest)), clock, UTC)

    def night() -> date:
        return chance.choice(NIGHTS)

    found: dict[Table, list[Row]] = {SHOP_ORDERS: [], SHOP_ORDER_ITEMS: [], SHOP_REFUNDS: []}
    for number in range(ORDERS):
        order: Row = {"order_id": f"o{number}", "shop_user_id": f"u{number % 7}", "paid_at": moment()}
        for _ in range(chance.choice((1, 2, 4))):
            status = chance.choice(("paid", "paid", "delivered", "cancelled"))
            version = {**order, "order_status": status, "updated_at": moment(), "net_cents": chance.randint(1, 3)}
            arrivals = {night() for _ in range(chance.choice((1, 1, 2)))}
            found[SHOP_ORDERS] += [{**version, "captured_date": arrival} for arrival in sorted(arrivals)]
        for line in range(chance.choice((0, 1, 2))):
            item = {"order_id": f"o{number}", "line_number": line, "category_code": chance.choice(("retail_a", "x"))}
            found[SHOP_ORDER_ITEMS].append({**item, "quantity": 1, "unit_price_cents": 9, "captured_date": night()})
        refund = {"refund_id": f"r{number}", "order_id": f"o{number}", "refunded_at": moment()}
        found[SHOP_REFUNDS] += [
            {**refund, "amount_cents": amount, "captured_date": night()} for amount in range(chance.choice((0, 1, 2)))
        ]
    return found


def side_by_side(session: SparkSession, nights_before: int) -> list[DataFrame]:
    """What had arrived so many nights before each night but the first, each told as of the same last night."""
    everything = delivered(random.Random(SEED))
    frames = []
    for table, arrivals in everything.items():
        rows = [
            of_night(night, row)
            for night in NIGHTS[1:]
            for row in arrivals
            if row["captured_date"] <= night - timedelta(days=nights_before)
        ]
        frames.append(tables_in(session)(table, rows))
    return frames


def of_night(night: date, row: Row) -> Row:
    moved = {name: value + (LAST_NIGHT - night) for name, value in row.items() if isinstance(value, date)}
    return {**row, **moved, **{name: f"{row[name]}@{night}" for name in ("order_id", "refund_id") if name in row}}


def by_key(built: DataFrame, key: str) -> dict[str, dict[str, Any]]:
    return {row[key]: row.asDict() for row in built.collect()}


def test_what_has_not_changed_today_is_what_it_was_the_night_before_and_what_is_new_says_so(
    spark: SparkSession,
) -> None:
    orders, items, given_back = side_by_side(spark, 0)
    orders_before, items_before, given_back_before = side_by_side(spark, 1)
    yesterday = LAST_NIGHT - timedelta(days=1)
    for key, tonight, before in (
        (
            "order_id",
            purchases.build(orders, items, as_of=LAST_NIGHT),
            purchases.build(orders_before, items_before, as_of=yesterday),
        ),
        (
            "refund_id",
            refunds.build(given_back, orders, as_of=LAST_NIGHT),
            refunds.build(given_back_before, orders_before, as_of=yesterday),
        ),
    ):
        told, told_before = by_key(tonight, key), by_key(before, key)
        unchanged = {name for name, row in told.items() if row["changed_date"] < LAST_NIGHT}
        assert {name: told[name] for name in unchanged} == {name: told_before.get(name) for name in unchanged}
        assert len(unchanged) > ORDERS
        assert len(told) - len(unchanged) > ORDERS / 2
        assert all(row["changed_date"] <= LAST_NIGHT for row in told.values())
