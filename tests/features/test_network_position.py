"""network_position: groups are called by their smallest customer, hubs tie nobody, and both ways agree."""

from __future__ import annotations

from typing import Any

import pytest

from jobs.features.network_position import build
from jobs.relations.ties import MOST_PARTNERS
from schemas.edges.favours import FAVOURS
from schemas.edges.shared_identifiers import SHARED_IDENTIFIERS
from schemas.edges.transfers import TRANSFERS
from schemas.features.network_position import NETWORK_POSITION
from tests.conftest import TableMaker, rows
from tests.features.random_rows import AS_OF, Row
from tests.relations.plans import plans_that_stay_in_the_engine

PAID = [("ann", "bob"), ("bob", "cem"), ("cem", "ann"), ("cem", "dia"), ("fay", "gus")]


__all__ = ["plans_that_stay_in_the_engine"]  # a fixture of this module


def sent(payer: str, payee: str, cents: int = 100, since: str = "2026-01-01") -> Row:
    return {
        "payer_customer_id": payer,
        "payee_customer_id": payee,
        "amount_cents_sum_180d": cents,
        "first_transferred_at": since,
    }


def shared(first: str, second: str, since: str = "2026-01-01") -> Row:
    return {
        "first_customer_id": first,
        "second_customer_id": second,
        "identifier_type": "device",
        "tie_weight": 0.5,
        "first_seen_at": since,
    }


def favour(giver: str, receiver: str, kind: str = "referral", since: str = "2026-01-01") -> Row:
    return {
        "giver_customer_id": giver,
        "receiver_customer_id": receiver,
        "favour_type": kind,
        "first_seen_at": since,
    }


def described(
    table: TableMaker,
    paid: list[Row],
    tied: list[Row],
    *columns: str,
    favoured: list[Row] | None = None,
    edges_in_memory: int = 1_000,
) -> list[tuple[Any, ...]]:
    parents = (table(TRANSFERS, paid), table(SHARED_IDENTIFIERS, tied), table(FAVOURS, favoured or []))
    found = build(*parents, as_of=AS_OF, edges_in_memory=edges_in_memory)
    return rows(found, "customer_id", *columns)


def test_a_triangle_with_a_tail_and_a_pair(table: TableMaker) -> None:
    found = described(
        table,
        [sent(*pair) for pair in PAID],
        [shared("ann", "bob"), shared("dia", "eve")],
        *("component_id", "component_customer_count", "core_number", "triangle_count", "tied_neighbour_share"),
    )
    assert found == [
        ("ann", "ann", 5, 2, 1, 1.0),
        ("bob", "ann", 5, 2, 1, 1.0),
        ("cem", "ann", 5, 2, 1, 1 / 3),
        ("dia", "ann", 5, 1, 0, 0.0),
        ("eve", "ann", 5, 1, 0, 0.0),
        ("fay", "fay", 2, 1, 0, 0.0),
        ("gus", "fay", 2, 1, 0, 0.0),
    ]


def test_money_ranks_whom_it_reaches_above_who_sends_it_and_averages_one(table: TableMaker) -> None:
    paid = [sent("ann", "bob", 900), sent("ann", "cem", 100)]
    ranks = dict(described(table, paid, [], "money_rank_ratio"))
    assert ranks["bob"] > ranks["cem"] > ranks["ann"]
    assert sum(ranks.values()) == pytest.approx(3)


def test_t1_a_tie_of_tomorrow_ties_nobody_today(table: TableMaker) -> None:
    tomorrow = "2026-03-31 16:00:00"
    paid, tied = [sent("ann", "bob"), sent("bob", "cem", since=tomorrow)], [shared("bob", "dia", since=tomorrow)]
    favoured = [favour("bob", "eve", since=tomorrow)]
    assert described(table, paid, tied, "component_customer_count", favoured=favoured) == [("ann", 2), ("bob", 2)]
    assert len(described(table, paid, tied, "component_customer_count", favoured=[favour("bob", "eve")])) == 3


def test_a_community_grows_by_those_tied_to_anybody_for_the_first_time(table: TableMaker) -> None:
    first_day, day_before = "2026-03-02 00:00:00+08:00", "2026-03-01 23:59:59+08:00"
    paid = [
        sent("ann", "bob", since=day_before),
        sent("bob", "cem", since=first_day),
        sent("ann", "cem", since=first_day),
    ]
    found = described(table, paid, [], "community_customer_count", "community_new_customer_share_30d")
    assert found == [(name, 3, 1 / 3) for name in ("ann", "bob", "cem")]


def test_from_whom_money_comes_ranks_above_whom_it_reaches_when_it_is_turned_round(table: TableMaker) -> None:
    paid = [sent("ann", "bob", 900), sent("ann", "cem", 100)]
    ranks = dict(described(table, paid, [], "money_sender_rank_ratio"))
    assert ranks["ann"] > ranks["bob"] == ranks["cem"]
    assert sum(ranks.values()) == pytest.approx(3)


def test_t14_two_who_pay_each_other_are_one_partner_of_each_other(
    table: TableMaker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("jobs.relations.ties.MOST_PARTNERS", 3)
    friends = [pair for name in ("bob", "cem", "dia") for pair in (sent("ann", name), sent(name, "ann"))]
    assert len(described(table, friends, [], "component_id")) == 4
    assert described(table, [*friends, sent("eve", "ann")], [], "component_id") == []


def test_t14_who_shares_light_identifiers_with_too_many_is_tied_to_nobody_by_that_kind(
    table: TableMaker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("jobs.relations.ties.MOST_PARTNERS", 3)
    lent = [shared("lender", f"of-{number}") for number in range(4)]
    assert described(table, [sent("ann", "lender")], lent, "component_customer_count") == [("ann", 2), ("lender", 2)]


def test_t14_a_collecting_account_ties_nobody_by_transfers(table: TableMaker) -> None:
    crowd = [sent(f"payer-{number:03d}", "landlord") for number in range(MOST_PARTNERS + 1)]
    assert described(table, [*crowd, sent("ann", "bob")], [], "component_customer_count") == [("ann", 2), ("bob", 2)]
    at_limit = described(table, crowd[1:], [], "component_customer_count")
    assert len(at_limit) == MOST_PARTNERS + 1
    assert {size for _, size in at_limit} == {MOST_PARTNERS + 1}
    brought = [favour("recruiter", f"payer-{number:03d}") for number in range(MOST_PARTNERS + 1)]
    recruited = described(table, [sent("ann", "recruiter")], [], "component_customer_count", favoured=brought)
    assert recruited == [("ann", 2), ("recruiter", 2)], "many referrals are no reason to leave out a transfer"


@pytest.mark.usefixtures("plans_stay_in_the_engine")
def test_t17_above_the_budget_spark_says_the_same(table: TableMaker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("jobs.features.network_position.ROUNDS", 2)
    monkeypatch.setattr("jobs.features.network_position.COMMUNITY_ROUNDS", 2)
    parents = (
        table(TRANSFERS, [sent(*pair) for pair in PAID]),
        table(SHARED_IDENTIFIERS, [shared("ann", "bob"), shared("dia", "eve")]),
        table(FAVOURS, []),
    )
    columns = NETWORK_POSITION.column_names
    here = build(*parents, as_of=AS_OF).select(*columns).toArrow().sort_by("customer_id")
    found = build(*parents, as_of=AS_OF, edges_in_memory=len(PAID)).select(*columns)
    assert dict(found.dtypes) == {column.name: column.type for column in NETWORK_POSITION.columns}
    on_spark = found.toArrow().sort_by("customer_id")
    for column in NETWORK_POSITION.columns:
        expected = here[column.name].to_pylist()
        close = pytest.approx(expected, abs=1e-9) if column.type == "double" else expected
        assert on_spark[column.name].to_pylist() == close, column.name
