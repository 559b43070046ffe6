"""suspected_rings: circles of regular payments with their evidence, and nobody who is merely friendly."""

from __future__ import annotations

from typing import Any

import pytest

from jobs.edges.suspected_rings import build
from schemas.edges.shared_identifiers import SHARED_IDENTIFIERS
from schemas.edges.suspected_rings import SUSPECTED_RINGS
from schemas.edges.transfers import TRANSFERS
from tests.conftest import TableMaker, rows
from tests.features.random_rows import AS_OF, Row
from tests.relations.plans import plans_that_stay_in_the_engine

__all__ = ["plans_that_stay_in_the_engine"]  # a fixture of this module


def paid(payer: str, payee: str, times: int = 4, first: str = "2025-09-01", last: str = "2026-02-28") -> Row:
    return {
        "payer_customer_id": payer,
        "payee_customer_id": payee,
        "transfer_count": times,
        "amount_cents_sum": 1_000 * times,
        "amount_cents_sum_180d": 500,
        "first_transferred_at": first,
        "last_transferred_at": last,
    }


CIRCLE = [
    paid("ann", "bob"),
    paid("bob", "cem", first="2025-10-01", last="2026-03-01"),
    paid("cem", "ann", first="2025-08-31", last="2026-01-31"),
]
SHARED: list[Row] = [
    {"first_customer_id": "ann", "second_customer_id": other, "identifier_type": kind, "first_seen_at": "2026-01-01"}
    for other, kind in (("bob", "phone"), ("bob", "device"), ("cem", "device"), ("zoe", "device"))
]


def found(table: TableMaker, paying: list[Row], *columns: str, **more: int) -> list[tuple[Any, ...]]:
    return rows(build(table(TRANSFERS, paying), table(SHARED_IDENTIFIERS, SHARED), as_of=AS_OF, **more), *columns)


@pytest.mark.usefixtures("plans_stay_in_the_engine")
def test_a_circle_is_shown_with_its_evidence_and_the_same_on_spark(table: TableMaker) -> None:
    leader = paid("bob", "ann", times=1)  # the last payment, to whom it all goes
    friends = [paid("dia", "eve"), paid("eve", "dia"), paid("eve", "ann"), paid("ann", "dia", times=3)]
    columns = SUSPECTED_RINGS.column_names
    ring = found(table, [*CIRCLE, leader, *friends], *columns)
    assert [row[: columns.index("ring_first_transferred_at")] for row in ring] == [
        ("ann", "ann", 3, 5_000, 3, 13, 13_000, 2_000),
        ("bob", "ann", 3, 4_000, 3, 13, 13_000, 2_000),
        ("cem", "ann", 3, 4_000, 3, 13, 13_000, 2_000),
    ]
    assert [str(moment)[:10] for moment in ring[0][-3:-1]] == ["2025-08-31", "2026-03-01"]
    assert ring[0][-1] == 2, "ann shares with bob, twice, and with cem; zoe is in no ring"
    assert found(table, [*CIRCLE, leader, *friends], *columns, edges_in_memory=1) == ring


def test_payments_are_regular_from_the_fourth_on_and_no_more_than_sixty_days_apart(table: TableMaker) -> None:
    at_limit = paid("cem", "ann", first="2025-09-01", last="2026-02-28")  # 180 days for three gaps
    assert len(found(table, [*CIRCLE[:2], at_limit], "customer_id")) == 3
    for seldom in (paid("cem", "ann", times=3), paid("cem", "ann", first="2025-08-31", last="2026-02-28")):
        assert found(table, [*CIRCLE[:2], seldom], "customer_id") == []


def test_t1_a_circle_that_closes_tomorrow_is_no_circle_today_and_no_money_no_ring(table: TableMaker) -> None:
    tomorrow = paid("cem", "ann", first="2026-03-31 16:00:00", last="2026-04-30")
    assert found(table, [*CIRCLE[:2], tomorrow], "customer_id") == []
    empty = build(table(TRANSFERS, []), table(SHARED_IDENTIFIERS, []), as_of=AS_OF)
    assert rows(empty, "customer_id") == []
    assert dict(empty.select(*SUSPECTED_RINGS.column_names).dtypes) == {c.name: c.type for c in SUSPECTED_RINGS.columns}
