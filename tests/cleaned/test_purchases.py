"""Paid orders that still stood on the day."""

from __future__ import annotations

from datetime import date
from typing import Any

from jobs.cleaned.purchases import build
from schemas.captured.shop_order_items import SHOP_ORDER_ITEMS
from schemas.captured.shop_orders import SHOP_ORDERS
from schemas.columns import SCENES
from tests.cleaned.layouts import in_every_layout
from tests.conftest import TableMaker, rows

AS_OF = date(2026, 3, 31)


def order(
    order_id: str, status: str, updated_at: str, paid_at: str | None = "2026-03-01", **more: Any
) -> dict[str, Any]:
    return {"order_id": order_id, "order_status": status, "updated_at": updated_at, "paid_at": paid_at, **more}


def line(order_id: str, number: int, category: str, price: int, quantity: int = 1, **more: Any) -> dict[str, Any]:
    what = {"category_code": category, "unit_price_cents": price, "quantity": quantity}
    return {"order_id": order_id, "line_number": number, **what, **more}


def test_only_orders_paid_and_still_standing_on_the_day_are_purchases(table: TableMaker) -> None:
    orders = table(
        SHOP_ORDERS,
        [
            order("created", "created", "2026-03-01", paid_at=None),
            order("paid at the last second", "paid", "2026-03-31 15:59:59", paid_at="2026-03-31 15:59:59"),
            order("paid on the next day", "paid", "2026-03-31 16:00:00", paid_at="2026-03-31 16:00:00"),
            order("paid, then delivered", "paid", "2026-03-01"),
            order("paid, then delivered", "delivered", "2026-03-05"),
            order("cancelled after payment", "paid", "2026-03-01"),
            order("cancelled after payment", "cancelled", "2026-03-05"),
            order("refused", "refused", "2026-03-05", paid_at=None),
        ],
    )
    found = rows(build(orders, table(SHOP_ORDER_ITEMS, []), as_of=AS_OF), "order_id", "order_status")
    assert found == [("paid at the last second", "paid"), ("paid, then delivered", "delivered")]


def test_t1_what_became_of_an_order_after_the_day_does_not_change_the_purchase(table: TableMaker) -> None:
    by_the_day = [order("two versions", "paid", "2026-03-01", net_cents=900)]
    later = [
        order("two versions", "cancelled", "2026-04-01", net_cents=900),
        order("only a later version", "cancelled", "2026-04-01", net_cents=700),  # paid on the day, cancelled after it
        order("only a later version", "delivered", "2026-04-02", net_cents=1),
        order("paid after the day", "delivered", "2026-04-01", paid_at="2026-04-01"),
    ]
    items = table(SHOP_ORDER_ITEMS, [])
    found = build(table(SHOP_ORDERS, by_the_day + later), items, as_of=AS_OF)
    assert rows(found, "order_id", "order_status", "net_cents") == [
        ("only a later version", "paid", 700),
        ("two versions", "paid", 900),
    ]


def test_t17_the_scene_is_where_most_of_the_value_lies_in_whatever_layout(table: TableMaker) -> None:
    names = ("most value", "tie", "no line yet", "unknown category", "corrected line")
    orders = table(SHOP_ORDERS, [order(name, "paid", "2026-03-01", shop_user_id="ann") for name in names])
    lines = [
        line("most value", 1, "retail_home", 300),
        line("most value", 2, "travel_hotels", 200, quantity=3),
        line("most value", 3, "retail_beauty", 250),  # three lines, 550 retail against 600 travel
        *(line("tie", number, f"{scene}_x", 100) for number, scene in enumerate(SCENES)),
        line("unknown category", 1, "quantum_goods", 5),
        line("corrected line", 1, "medical_pharmacy", 100, captured_date="2026-03-01"),
        line("corrected line", 1, "education_books", 100, captured_date="2026-03-02"),
        line("an order that was not delivered", 1, "retail_home", 100),
    ]
    for items in in_every_layout(table, SHOP_ORDER_ITEMS, lines):
        found = build(orders, items, as_of=AS_OF)
        assert rows(found, "order_id", "scene", "item_count", "piece_count", "source_record_id") == [
            ("corrected line", "education", 1, 1, "shop:ann"),
            ("most value", "travel", 3, 5, "shop:ann"),
            ("no line yet", "other", None, None, "shop:ann"),
            ("tie", "catering", len(SCENES), len(SCENES), "shop:ann"),
            ("unknown category", "other", 1, 1, "shop:ann"),
        ]


def test_a_purchase_in_a_physical_shop_is_offline_and_money_is_carried_over_to_the_cent(table: TableMaker) -> None:
    money: dict[str, Any] = {"gross_cents": 10_000, "discount_cents": 1, "net_cents": 9_999}
    orders = table(
        SHOP_ORDERS,
        [
            order("till", "delivered", "2026-03-01", sales_channel="offline_code", **money),
            order("app", "delivered", "2026-03-01", sales_channel="app", **money),
        ],
    )
    found = build(orders, table(SHOP_ORDER_ITEMS, []), as_of=AS_OF)
    assert rows(found, "order_id", "is_offline", "gross_cents", "discount_cents", "net_cents") == [
        ("app", False, 10_000, 1, 9_999),
        ("till", True, 10_000, 1, 9_999),
    ]
