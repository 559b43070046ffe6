"""Orders that came to an end: delivered, refused at the door, or cancelled."""

from __future__ import annotations

from datetime import date
from typing import Any

from jobs.cleaned.ended_orders import build
from schemas.captured.shop_orders import SHOP_ORDERS
from tests.conftest import TableMaker, rows

AS_OF = date(2026, 3, 31)


def version(name: str, status: str, updated_at: str, method: str = "cash_on_delivery", **more: Any) -> dict[str, Any]:
    given = {"order_id": f"order of {name}", "shop_user_id": name, "order_status": status, "payment_method": method}
    return {**given, "updated_at": updated_at, "net_cents": 100, **more}


def test_t1_t34_an_order_ends_on_the_local_day_of_the_version_that_says_so(table: TableMaker) -> None:
    orders = table(
        SHOP_ORDERS,
        [
            version("ann", "created", "2026-03-28"),
            version("ann", "refused", "2026-03-31 15:59:59"),
            version("bob", "created", "2026-03-28"),
            version("bob", "refused", "2026-03-31 16:00:00"),  # tomorrow
            version("cem", "refused", "2026-03-20"),
            version("cem", "delivered", "2026-03-21"),  # called refused by mistake
            version("dia", "paid", "2026-03-20", method="wallet", paid_at="2026-03-20"),
            version("dia", "cancelled", "2026-03-21", method="wallet", paid_at="2026-03-20"),
            version("eve", "paid", "2026-03-20", method="wallet", paid_at="2026-03-20"),  # still under way
            version("fay", "delivered", "2026-03-20"),
            version("fay", "delivered", "2026-03-20", captured_date="2026-03-22", net_cents=70),
        ],
    )
    found = rows(build(orders, as_of=AS_OF), "source_record_id", "ending", "payment_method", "is_paid", "net_cents")
    assert found == [
        ("shop:ann", "refused", "cash_on_delivery", False, 100),
        ("shop:cem", "delivered", "cash_on_delivery", False, 100),
        ("shop:dia", "cancelled", "wallet", True, 100),
        ("shop:fay", "delivered", "cash_on_delivery", False, 70),
    ]


def test_t1_t2_an_order_ends_when_it_is_first_told_and_what_is_told_later_changes_no_day_before(
    table: TableMaker,
) -> None:
    orders = table(
        SHOP_ORDERS,
        [
            version("ann", "delivered", "2026-03-01"),
            version("ann", "delivered", "2026-03-30", net_cents=70),  # corrected
            version("bob", "delivered", "2026-03-01"),
            version("bob", "cancelled", "2026-04-02"),
            version("cem", "delivered", "2026-04-02"),
        ],
    )

    def told(as_of: date) -> list[tuple[Any, ...]]:
        built = build(orders, as_of=as_of).selectExpr("*", "date(ended_at) AS day")
        return [(name, how, str(day), cents) for name, how, day, cents in rows(built, *columns)]

    columns = ("source_record_id", "ending", "day", "net_cents")
    assert told(AS_OF) == [
        ("shop:ann", "delivered", "2026-03-01", 70),
        ("shop:bob", "delivered", "2026-03-01", 100),
    ]
    assert told(date(2026, 4, 2)) == [
        ("shop:ann", "delivered", "2026-03-01", 70),
        ("shop:bob", "cancelled", "2026-04-02", 100),
        ("shop:cem", "delivered", "2026-04-02", 100),
    ]


def test_without_orders_none_has_ended(table: TableMaker) -> None:
    assert rows(build(table(SHOP_ORDERS, []), as_of=AS_OF), "order_id") == []
