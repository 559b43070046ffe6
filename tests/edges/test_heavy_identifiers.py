"""Identifiers of too many customers to tie any of them."""

from __future__ import annotations

from datetime import date
from typing import Any

from jobs.edges.heavy_identifiers import build
from jobs.relations.pairs import MAX_CUSTOMERS_SHARING
from schemas.edges.identifier_holders import IDENTIFIER_HOLDERS
from tests.conftest import TableMaker, rows

AS_OF = date(2026, 3, 31)


def holders(identifier: str, count: int, new: int = 0) -> list[dict[str, Any]]:
    """So many customers of one device; the last `new` of them were first seen on the first day of a week."""
    return [
        {
            "identifier_type": "device",
            "identifier": identifier,
            "customer_id": f"c{number:02d}",
            "first_seen_at": "2026-03-25 00:00:00+08:00" if number >= count - new else "2026-03-24 23:59:59+08:00",
            "last_seen_at": f"2026-03-26 00:00:{number:02d}",
            "holder_count": count,
        }
        for number in range(count)
    ]


def test_t14_an_identifier_is_heavy_from_the_customer_on_from_which_it_ties_nobody(table: TableMaker) -> None:
    given = [*holders("tablet", MAX_CUSTOMERS_SHARING), *holders("kiosk", MAX_CUSTOMERS_SHARING + 1, new=3)]
    found = build(table(IDENTIFIER_HOLDERS, given).repartition(4), as_of=AS_OF)
    found = found.withColumn("last_second", found.last_seen_at.cast("string"))
    columns = ("identifier_type", "identifier", "holder_count", "new_holder_count_7d", "last_second")
    assert rows(found, *columns) == [("device", "kiosk", 11, 3, "2026-03-26 00:00:10")]


def test_where_nothing_is_used_by_many_the_list_is_empty(table: TableMaker) -> None:
    assert rows(build(table(IDENTIFIER_HOLDERS, holders("tablet", 2)), as_of=AS_OF), "identifier") == []
