"""default_influence: others' defaults, from the day they are known, and never the own."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest

from jobs.features.default_influence import build
from jobs.relations.ties import KINDS
from schemas.cleaned.instalments import INSTALMENTS
from schemas.customers.identities import IDENTITIES
from schemas.edges.favours import FAVOURS
from schemas.edges.identifier_holders import IDENTIFIER_TYPES
from schemas.edges.shared_identifiers import SHARED_IDENTIFIERS
from schemas.edges.transfers import TRANSFERS
from schemas.features.default_influence import DEFAULT_INFLUENCE, KINDS_OF_TIE
from tests.conftest import TableMaker, rows
from tests.features.random_rows import AS_OF, Row
from tests.features.test_network_position import favour, sent, shared
from tests.relations.plans import plans_that_stay_in_the_engine

NAMES = ("ann", "bob", "cem", "dia", "eve", "fay")
PEOPLE = [{"source_record_id": f"shop:{name}", "customer_id": name} for name in NAMES]
CHAIN = [sent(one, other) for one, other in pairwise(NAMES)]
KNOWN_TODAY, KNOWN_TOMORROW = "2026-01-30", "2026-01-31"  # 60 days before the night, and before the one after it


__all__ = ["plans_that_stay_in_the_engine"]  # a fixture of this module


def owed(name: str, due_date: str, settled_date: str | None = None) -> Row:
    return {
        "plan_id": name,
        "source_record_id": f"shop:{name}",
        "plan_opened_at": "2025-01-01",
        "due_date": due_date,
        "settled_date": settled_date,
    }


def described(table: TableMaker, owing: list[Row], *columns: str, **more: Any) -> list[tuple[Any, ...]]:
    paid, tied, favoured = more.pop("paid", CHAIN), more.pop("tied", []), more.pop("favoured", [])
    given = {TRANSFERS: paid, SHARED_IDENTIFIERS: tied, FAVOURS: favoured, INSTALMENTS: owing, IDENTITIES: PEOPLE}
    found = build(*(table(parent, given[parent]) for parent in given), as_of=AS_OF, **more)
    return rows(found, "customer_id", *columns)


def by_name(found: list[tuple[Any, ...]]) -> dict[str, tuple[Any, ...]]:
    return {row[0]: row[1:] for row in found}


def test_influence_falls_with_the_distance_and_the_distance_ends_at_three(table: TableMaker) -> None:
    found = described(table, [owed("ann", KNOWN_TODAY)], "known_default_distance", "default_influence")
    assert [row[1] for row in found] == [None, 1, 2, 3, None, None]
    influence = [row[2] for row in found]
    assert influence[0] == 0.0, "ann is the only defaulter"
    assert influence[1] > influence[2] > influence[3] > influence[4] > influence[5] > 0


def test_t8_a_default_counts_from_the_day_on_which_it_is_known_even_if_paid_since(table: TableMaker) -> None:
    columns = ("known_default_distance", "default_influence")
    unknown = described(table, [owed("ann", KNOWN_TOMORROW)], *columns)
    assert unknown == [(name, None, 0.0) for name in NAMES]
    known = described(table, [owed("ann", KNOWN_TODAY)], *columns)
    assert known[1][1] == 1
    assert described(table, [owed("ann", "2025-06-01", "2025-07-31")], *columns) == known  # paid on the 60th day
    assert described(table, [owed("ann", "2025-06-01", "2025-07-30")], *columns) == unknown  # and on the 59th


def test_t6_the_own_default_changes_nothing_of_the_own_row(table: TableMaker) -> None:
    tied = [shared("ann", "bob"), shared("ann", "cem")]
    others = [owed("dia", KNOWN_TODAY), owed("bob", KNOWN_TODAY)]
    columns = DEFAULT_INFLUENCE.column_names[1:]
    before = by_name(described(table, others, *columns, tied=tied))
    after = by_name(described(table, [*others, owed("ann", KNOWN_TODAY)], *columns, tied=tied))
    assert after["ann"] == pytest.approx(before["ann"], abs=1e-12)
    assert after["cem"][0] > before["cem"][0], "the others see that ann defaulted"


def test_ways_from_others_defaults_are_counted_and_compared_with_ways_from_all_who_could_have(
    table: TableMaker,
) -> None:
    paid = [sent("ann", "bob"), sent("bob", "cem"), sent("ann", "dia"), sent("dia", "cem"), sent("cem", "eve")]
    paid_back = owed("eve", "2025-06-01", "2025-06-01")
    columns = [*(f"known_default_path_count_{ties}" for ties in (1, 2, 3)), "two_tie_default_share"]
    found = by_name(described(table, [owed("cem", KNOWN_TODAY), paid_back], *columns, paid=paid))
    assert found["ann"] == (0, 2, 0, pytest.approx((2 + 0.1) / (2 + 5)))  # over bob and over dia
    assert found["bob"] == (1, 0, 5, pytest.approx(0.1 / (1 + 5)))  # eve, two ties away, pays
    assert found["cem"] == (0, 0, 0, pytest.approx(0.1 / 5)), "the own default is on no way"
    unknown = by_name(described(table, [owed("cem", KNOWN_TOMORROW), paid_back], *columns, paid=paid))
    assert unknown["ann"] == (0, 0, 0, pytest.approx(0.1 / 5))


def test_kinds_are_told_apart(table: TableMaker) -> None:
    columns = [f"default_influence_by_{kind}" for kind in ("transfer", "device", "gift", "phone")]
    found = described(
        table,
        [owed("ann", KNOWN_TODAY)],
        *columns,
        paid=[sent("ann", "bob")],
        tied=[shared("ann", "cem")],
        favoured=[favour("dia", "ann", "gift")],
    )
    assert [tuple(value > 0 for value in row[1:]) for row in found] == [
        (False, False, False, False),
        (True, False, False, False),
        (False, True, False, False),
        (False, False, True, False),
    ]
    assert tuple(KINDS_OF_TIE) == KINDS == ("transfer", *IDENTIFIER_TYPES, *FAVOURS.column("favour_type").allowed)


@pytest.mark.usefixtures("plans_stay_in_the_engine")
def test_t17_above_the_budget_spark_says_the_same(table: TableMaker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("jobs.features.default_influence.STEPS", 3)
    monkeypatch.setattr("jobs.features.default_influence.KINDS", ("device", "phone"))
    owing = [owed(name, KNOWN_TODAY) for name in ("ann", "cem")]
    more = {"paid": CHAIN[:4], "tied": [shared("ann", "cem"), shared("bob", "fay")]}
    columns = (
        "known_default_distance",
        *(f"known_default_path_count_{ties}" for ties in (1, 2, 3)),
        "default_influence",
        "two_tie_default_share",
        "default_influence_per_tie",
        "default_influence_by_device",
        "default_influence_by_phone",
    )
    here = described(table, owing, *columns, **more)
    on_spark = described(table, owing, *columns, edges_in_memory=2, **more)
    assert [row[:5] for row in on_spark] == [row[:5] for row in here]
    for one, other in zip(here, on_spark, strict=True):
        assert other[5:] == pytest.approx(one[5:], abs=1e-9)
