"""Refunds with their owners."""

from __future__ import annotations

from datetime import date

from jobs.cleaned.refunds import build
from schemas.captured.shop_orders import SHOP_ORDERS
from schemas.captured.shop_refunds import SHOP_REFUNDS
from tests.conftest import TableMaker, rows

AS_OF = date(2026, 3, 31)


def test_t20_every_refund_is_there_once_with_the_buyer_of_its_order(table: TableMaker) -> None:
    orders = table(
        SHOP_ORDERS,
        [
            {"order_id": "o1", "shop_user_id": "ann", "order_status": "paid", "updated_at": "2026-03-01"},
            {"order_id": "o1", "shop_user_id": "ann", "order_status": "cancelled", "updated_at": "2026-03-02"},
            {"order_id": "o2", "shop_user_id": "bob"},
        ],
    )
    refunds = table(
        SHOP_REFUNDS,
        [
            {"refund_id": "r1", "order_id": "o1", "amount_cents": 100},
            {"refund_id": "r1", "order_id": "o1", "amount_cents": 100},  # delivered twice, paid back once
            {"refund_id": "r2", "order_id": "o1", "amount_cents": 50},
            {"refund_id": "r3", "order_id": "an order not delivered yet", "amount_cents": 70},
            {"refund_id": "r4", "order_id": "o2", "amount_cents": 30, "refunded_at": "2026-04-02"},  # readers leave it
        ],
    )
    assert rows(build(refunds, orders, as_of=AS_OF), "refund_id", "source_record_id", "amount_cents") == [
        ("r1", "shop:ann", 100),
        ("r2", "shop:ann", 50),
        ("r3", None, 70),
        ("r4", "shop:bob", 30),
    ]


def test_without_refunds_there_are_none(table: TableMaker) -> None:
    assert rows(build(table(SHOP_REFUNDS, []), table(SHOP_ORDERS, []), as_of=AS_OF), "refund_id") == []
