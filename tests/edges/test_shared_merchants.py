"""Who buys at the same small merchant."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from jobs.edges.shared_merchants import build
from jobs.relations.pairs import MAX_CUSTOMERS_SHARING
from schemas.cleaned.transactions import TRANSACTIONS
from schemas.customers.identities import IDENTITIES
from schemas.edges.shared_merchants import SHARED_MERCHANTS
from tests.conftest import GivenRows, TableMaker, rows

AS_OF = date(2026, 3, 31)
CROWD = [f"crowd-{number:02d}" for number in range(MAX_CUSTOMERS_SHARING + 1)]
PEOPLE = [
    *({"source_record_id": f"harbour:{name}", "customer_id": name} for name in ("ann", "bob", "cem", *CROWD)),
    {"source_record_id": "meridian:ann", "customer_id": "ann"},
]


def paid(name: str, merchant: str | None, moment: str = "2026-03-01", **more: Any) -> dict[str, Any]:
    record = name if ":" in name else f"harbour:{name}"
    who = {"bank_code": record.split(":")[0], "source_record_id": record, "merchant_id": merchant}
    return {**who, "booked_at": moment, "amount_cents": -100, "known_date": moment[:10], **more}


def pairs(table: TableMaker, given: GivenRows, partitions: int = 2) -> list[tuple[Any, ...]]:
    found = build(
        table(TRANSACTIONS, given).repartition(partitions),
        table(IDENTITIES, PEOPLE).repartition(partitions),
        as_of=AS_OF,
    )
    days = ("string(date(first_seen_at))", "string(date(last_seen_at))", "string(known_date)")
    found = found.selectExpr(*SHARED_MERCHANTS.column_names[:4], *days)
    return rows(found, *found.columns)


@pytest.mark.parametrize("partitions", [1, 5])
def test_t1_t17_t21_two_who_paid_a_small_merchant_within_the_window_are_weakly_tied(
    table: TableMaker, partitions: int
) -> None:
    given = [
        paid("ann", "noodles", "2026-01-01 00:00:00+08:00"),  # the first day of 90
        paid("ann", "noodles", "2026-02-02"),
        paid("bob", "noodles", "2026-03-31 23:59:59+08:00"),
        paid("cem", "noodles", "2025-12-31 23:59:59+08:00"),  # the day before
        paid("cem", "noodles", "2026-04-01 00:00:00+08:00"),  # the day after
        paid("cem", "noodles", amount_cents=100),  # money back
        paid("cem", "books"),
        paid("bob", "books"),
        paid("meridian:ann", "books"),  # another bank's merchant of that id
        paid("ann", None),
        paid("bob", None),
    ]
    assert pairs(table, given, partitions) == [
        ("ann", "bob", 1, 1.0, "2026-03-31", "2026-03-31", "2026-03-31"),
        ("bob", "cem", 1, 1.0, "2026-03-01", "2026-03-01", "2026-03-01"),
    ]


def test_t14_a_merchant_of_too_many_customers_ties_nobody(table: TableMaker) -> None:
    tied = pairs(table, [paid(name, "noodles") for name in CROWD[1:]])
    assert len(tied) == MAX_CUSTOMERS_SHARING * (MAX_CUSTOMERS_SHARING - 1) / 2
    assert {row[3] for row in tied} == {1 / (MAX_CUSTOMERS_SHARING - 1)}
    assert pairs(table, [paid(name, "noodles") for name in CROWD]) == []


def test_without_payments_nobody_is_tied(table: TableMaker) -> None:
    assert pairs(table, []) == []
