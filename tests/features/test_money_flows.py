"""money_flows: circles, hands and days as the contract says, within the window, and both ways alike."""

from __future__ import annotations

from typing import Any

import pytest

from jobs.features.money_flows import build
from schemas.cleaned.transfers import TRANSFERS
from schemas.customers.identities import IDENTITIES
from schemas.features.money_flows import MONEY_FLOWS
from tests.conftest import TableMaker, rows
from tests.features.random_rows import AS_OF, Row
from tests.relations.plans import plans_that_stay_in_the_engine

NAMES = ("ann", "bob", "cem", "dia", "eve")
PEOPLE = [
    {"source_record_id": f"{bank}:{name}", "customer_id": name} for name in NAMES for bank in ("harbour", "other")
]
SHAPES = ("money_cycle_length_30d", "gathered_customer_count_30d")


__all__ = ["plans_that_stay_in_the_engine"]  # a fixture of this module


def paid(payer: str, payee: str, moment: str = "2026-03-20 04:00:00", cents: int = 100, bank: str = "harbour") -> Row:
    return {
        "transaction_id": f"{payer} {payee} {moment}",
        "payer_source_record_id": f"{bank}:{payer}",
        "payee_source_record_id": f"harbour:{payee}",
        "transferred_at": moment,
        "amount_cents": cents,
    }


def described(table: TableMaker, transfers: list[Row], *columns: str, **more: int) -> list[tuple[Any, ...]]:
    given = table(TRANSFERS, transfers).repartition(3)
    return rows(build(given, table(IDENTITIES, PEOPLE), as_of=AS_OF, **more), "customer_id", *columns)


def test_a_circle_is_seen_by_those_on_it_and_gathering_by_whom_it_begins_with(table: TableMaker) -> None:
    circle = [paid("ann", "bob"), paid("bob", "cem"), paid("cem", "ann")]
    assert described(table, circle, *SHAPES) == [("ann", 3, 0), ("bob", 3, 0), ("cem", 3, 0)]
    scattered = [paid("ann", "bob"), paid("ann", "cem"), paid("bob", "dia"), paid("cem", "dia")]
    assert described(table, scattered, *SHAPES) == [
        ("ann", None, 1),
        ("bob", None, 0),
        ("cem", None, 0),
        ("dia", None, 0),
    ]


def test_t1_only_the_thirty_days_up_to_the_night_count(table: TableMaker) -> None:
    transfers = [
        paid("ann", "bob", "2026-03-02 00:00:00+08:00"),
        paid("cem", "bob", "2026-03-01 23:59:59+08:00"),
        paid("dia", "bob", "2026-03-31 23:59:59+08:00"),
        paid("eve", "bob", "2026-04-01 00:00:00+08:00"),
        paid("bob", "bob", bank="other"),  # between bob's own accounts
    ]
    found = described(table, transfers, "payer_count_30d", "payee_count_30d")
    assert found == [("ann", 0, 1), ("bob", 2, 0), ("dia", 0, 1)]


def test_what_is_gone_within_two_days_was_passed_on(table: TableMaker) -> None:
    transfers = [
        paid("ann", "bob", "2026-03-10 04:00:00", 1_000),
        paid("bob", "cem", "2026-03-12 04:00:00", 600),
        paid("bob", "cem", "2026-03-13 04:00:00", 300),  # the third day after
    ]
    assert described(table, transfers, "passed_on_share_30d") == [("ann", None), ("bob", 0.6), ("cem", 0.0)]


def test_t14_no_way_leads_through_a_till(table: TableMaker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("jobs.relations.flows.MOST_PARTNERS", 4)
    monkeypatch.setattr("jobs.relations.distributed_flows.MOST_PARTNERS", 4)
    both_ways = [paid("ann", "bob"), paid("bob", "ann"), paid("bob", "cem"), paid("cem", "bob")]
    for edges_in_memory in (1_000, 1):
        more = {"edges_in_memory": edges_in_memory}
        assert described(table, both_ways, SHAPES[0], **more) == [("ann", 2), ("bob", 2), ("cem", 2)]
        till = described(table, [*both_ways, paid("dia", "bob")], SHAPES[0], "payer_count_30d", **more)
        assert till == [("ann", None, 1), ("bob", None, 3), ("cem", None, 1), ("dia", None, 0)]


@pytest.mark.usefixtures("plans_stay_in_the_engine")
def test_t17_above_the_budget_spark_says_the_same(table: TableMaker) -> None:
    names = [(one, other) for one in NAMES for other in NAMES if one < other]
    transfers = [paid(*pair, f"2026-03-{10 + n} 04:00:00", 100 + n) for n, pair in enumerate([*names, ("eve", "ann")])]
    columns = MONEY_FLOWS.column_names[1:]
    here = described(table, transfers, *columns)
    assert described(table, transfers, *columns, edges_in_memory=2) == here
    assert len(here) == len(NAMES)
