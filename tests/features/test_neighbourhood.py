"""neighbourhood: everyone tied once, from both sides, and nobody their own neighbour."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from jobs.features.neighbourhood import build
from schemas.cleaned.instalments import INSTALMENTS
from schemas.customers.identities import IDENTITIES
from schemas.edges.shared_identifiers import SHARED_IDENTIFIERS
from schemas.edges.transfers import TRANSFERS
from tests.conftest import TableMaker, rows
from tests.features.random_rows import AS_OF, RandomRows, Row, days_ago

NAMES = ("ann", "bob", "cem", "dia", "eve")
PEOPLE = [{"source_record_id": f"shop:{name}", "customer_id": name} for name in NAMES]


def described(
    table: TableMaker,
    *columns: str,
    sent: Sequence[Row] = (),
    shared: Sequence[Row] = (),
    owed: Sequence[Row] = (),
) -> list[tuple[Any, ...]]:
    parents = (table(TRANSFERS, sent), table(SHARED_IDENTIFIERS, shared), table(INSTALMENTS, owed))
    return rows(build(*parents, table(IDENTITIES, PEOPLE), as_of=AS_OF), "customer_id", *columns)


def sent(payer: str, payee: str, count: int = 1, cents: int = 100, since: str = "2026-01-01") -> Row:
    return {
        "payer_customer_id": payer,
        "payee_customer_id": payee,
        "transfer_count_180d": count,
        "amount_cents_sum_180d": cents,
        "first_transferred_at": since,
    }


def shared(first: str, second: str, what: str = "phone", since: str = "2026-01-01") -> Row:
    return {
        "first_customer_id": first,
        "second_customer_id": second,
        "identifier_type": what,
        "first_seen_at": since,
    }


def owed(name: str, due_date: str, settled_date: str | None = None, opened: str = "2025-01-01") -> Row:
    return {
        "plan_id": f"{name} {due_date}",
        "source_record_id": f"shop:{name}",
        "plan_opened_at": opened,
        "due_date": due_date,
        "settled_date": settled_date,
    }


def test_a_tie_is_seen_from_both_sides_and_a_neighbour_counted_once(table: TableMaker) -> None:
    found = described(
        table,
        "paid_customer_count_180d",
        "paying_customer_count_180d",
        "sent_cents_sum_180d",
        "received_cents_sum_180d",
        "sharing_customer_count",
        "neighbour_count",
        sent=[
            sent("ann", "bob", 2, 500),
            sent("bob", "ann", 1, 70),
            sent("ann", "cem", 1, 9),
            sent("dia", "ann", 0, 0),
        ],
        shared=[shared("ann", "bob"), shared("ann", "bob", "device"), shared("cem", "dia")],
    )
    assert found == [
        ("ann", 2, 1, 509, 70, 1, 3),
        ("bob", 1, 1, 70, 500, 1, 1),
        ("cem", 0, 1, 0, 9, 1, 2),
        ("dia", 0, 0, 0, 0, 1, 2),  # paid ann longer ago than 180 days: still a neighbour
    ]


def test_t6_own_delays_never_enter_the_own_row(table: TableMaker) -> None:
    ties = [sent("ann", "bob"), sent("bob", "cem")]
    paid = [owed("ann", "2026-01-01", "2026-01-01"), owed("bob", "2026-01-01", "2026-01-01")]
    late = [owed("ann", "2026-01-01"), owed("bob", "2026-01-01", "2026-01-01")]
    columns = ("borrowing_neighbour_count", "late_neighbour_share")
    before = described(table, *columns, sent=ties, owed=paid)
    after = described(table, *columns, sent=ties, owed=late)
    assert before == [("ann", 1, 0.0), ("bob", 1, 0.0), ("cem", 1, 0.0)]
    assert after == [("ann", 1, 0.0), ("bob", 1, 1.0), ("cem", 1, 0.0)]


def test_t8_a_tie_or_a_plan_of_tomorrow_is_not_known_today(table: TableMaker) -> None:
    today, tomorrow = "2026-03-31 15:59:59", "2026-03-31 16:00:00"
    found = described(
        table,
        "neighbour_count",
        "borrowing_neighbour_count",
        sent=[sent("ann", "bob", since=today), sent("ann", "cem", since=tomorrow)],
        shared=[shared("bob", "dia", since=today), shared("bob", "eve", since=tomorrow)],
        owed=[owed("ann", "2026-05-01", opened=tomorrow), owed("bob", "2026-05-01", opened=today)],
    )
    assert found == [("ann", 1, 1), ("bob", 2, 0), ("dia", 1, 1)]


def test_a_neighbour_is_late_from_the_thirtieth_day_on_and_counts_once_however_much_is_late(table: TableMaker) -> None:
    found = described(
        table,
        "borrowing_neighbour_count",
        "late_neighbour_share",
        shared=[shared("ann", name) for name in ("bob", "cem", "dia", "eve")],
        owed=[
            owed("bob", "2026-03-01"),  # 30 days
            owed("bob", "2026-02-01"),
            owed("cem", "2026-03-02"),  # 29 days
            owed("dia", "2026-01-01", "2026-03-31"),  # paid at last
            owed("dia", "2026-04-20"),
        ],
    )
    assert found[0] == ("ann", 3, 1 / 3)
    assert found[1:] == [(name, 0, None) for name in ("bob", "cem", "dia", "eve")]


def test_who_paid_themselves_is_not_their_own_neighbour(table: TableMaker) -> None:
    found = described(table, "neighbour_count", sent=[sent("ann", "ann"), sent("bob", "cem")])
    assert found == [("bob", 1), ("cem", 1)]


@pytest.mark.parametrize("seed", [51, 52])
def test_a_second_implementation_in_plain_python_finds_the_same_neighbours(table: TableMaker, seed: int) -> None:
    given = RandomRows(seed).rows
    parents = (TRANSFERS, SHARED_IDENTIFIERS, INSTALMENTS, IDENTITIES)
    built = build(*(table(parent, given[parent]) for parent in parents), as_of=AS_OF)

    pairs = [
        (row[one], row[other])
        for parent, one, other, moment in (
            (TRANSFERS, "payer_customer_id", "payee_customer_id", "first_transferred_at"),
            (SHARED_IDENTIFIERS, "first_customer_id", "second_customer_id", "first_seen_at"),
        )
        for row in given[parent]
        if days_ago(row[moment]) >= 0
    ]
    neighbours: dict[str, set[str]] = {}
    for one, other in (*pairs, *((other, one) for one, other in pairs)):
        neighbours.setdefault(one, set()).add(other)
    customer_of = {row["source_record_id"]: row["customer_id"] for row in given[IDENTITIES]}
    borrowers = {
        customer_of.get(row["source_record_id"]) for row in given[INSTALMENTS] if days_ago(row["plan_opened_at"]) >= 0
    }
    expected = [(name, len(theirs), len(borrowers & theirs)) for name, theirs in sorted(neighbours.items())]

    assert len(expected) >= 4
    assert rows(built, "customer_id", "neighbour_count", "borrowing_neighbour_count") == expected
