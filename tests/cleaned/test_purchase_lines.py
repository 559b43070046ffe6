"""The lines of what people bought, each once and only of orders that are purchases."""

from __future__ import annotations

from datetime import date

from jobs.cleaned.purchase_lines import build
from schemas.captured.shop_order_items import SHOP_ORDER_ITEMS
from schemas.cleaned.purchases import PURCHASES
from tests.conftest import TableMaker, rows

AS_OF = date(2026, 3, 31)


def test_t20_every_line_of_a_purchase_is_there_once_as_it_was_delivered_last(table: TableMaker) -> None:
    purchases = table(
        PURCHASES,
        [
            {"order_id": "o1", "source_record_id": "shop:ann", "paid_at": "2026-03-01"},
            {"order_id": "o2", "source_record_id": "shop:bob", "paid_at": "2026-03-02"},
            {"order_id": "o4", "source_record_id": "shop:cem", "paid_at": "2026-03-31"},  # its lines come late
        ],
    )
    lines = table(
        SHOP_ORDER_ITEMS,
        [
            {"order_id": "o1", "line_number": 1, "brand": "b1", "captured_date": "2026-03-02"},
            {"order_id": "o1", "line_number": 1, "brand": "b2", "captured_date": "2026-03-05"},  # corrected
            {"order_id": "o1", "line_number": 2, "brand": None},
            {"order_id": "o2", "line_number": 1, "brand": "b3"},
            {"order_id": "o2", "line_number": 1, "brand": "b3"},  # delivered twice
            {"order_id": "o3", "line_number": 1, "brand": "b4"},  # cancelled, or not here yet
        ],
    )
    assert rows(build(purchases, lines, as_of=AS_OF), "order_id", "line_number", "source_record_id", "brand") == [
        ("o1", 1, "shop:ann", "b2"),
        ("o1", 2, "shop:ann", None),
        ("o2", 1, "shop:bob", "b3"),
    ]


def test_without_lines_there_are_none(table: TableMaker) -> None:
    built = build(table(PURCHASES, [{"order_id": "o1"}]), table(SHOP_ORDER_ITEMS, []), as_of=AS_OF)
    assert rows(built, "order_id") == []
