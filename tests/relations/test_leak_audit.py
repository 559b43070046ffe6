"""How the audit judges: lift among customers with about as many ties, and worlds that keep to themselves."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

import numpy as np
import pyarrow as pa
import pytest
from scipy.stats import mannwhitneyu

from jobs.relations.attacked_worlds import (
    AFTER_THE_DAY,
    ALL,
    COLUMNS,
    RANDOM_GRAPH,
    Evidence,
    Worlds,
    attacked_worlds,
    flipped,
    own,
)
from jobs.relations.leak_audit import (
    CANNOT_TELL,
    DEALT_ANEW,
    IN_TRUTH,
    NO_ATTACK,
    OF_OTHER_DAYS,
    PASSED,
    Family,
    findings,
    lift,
)
from tests.relations.contagion import contagious_world

WORLD = contagious_world()
WORLDS = attacked_worlds(WORLD, np.random.default_rng(5))


def without_ties(outcomes: dict[str, bool]) -> Evidence:
    nobody = {name: WORLD.tables[name].slice(0, 0) for name in COLUMNS}
    told = pa.table({"customer_id": list(outcomes), "is_default": list(outcomes.values())})
    return Evidence(WORLD.as_of, nobody, told)


def test_lift_is_the_rank_statistic_less_one_half_and_a_missing_value_counts_as_nothing() -> None:
    outcomes = {"ann": True, "bob": False, "cem": True, "dia": False, "eve": False}
    value = {"ann": 3.0, "bob": 1.0, "cem": 1.0, "dia": 0.0}  # nothing is said of eve
    found, deviation = lift(value, without_ties(outcomes))
    assert found + 0.5 == mannwhitneyu([3.0, 1.0], [1.0, 0.0, 0.0]).statistic / 6
    assert deviation == pytest.approx(np.sqrt((2 + 3 + 1) / (12 * 6)))  # of the statistic without ties, over the pairs


def test_a_world_of_one_kind_of_outcome_tells_nothing() -> None:
    assert np.isnan(lift({}, without_ties({"ann": False, "bob": False}))[0])
    assert np.isnan(lift({}, without_ties({}))[0])


def test_where_chance_tells_a_lot_nothing_is_known_of_a_leak() -> None:
    """Two of five, all but equal: an AUC of one half, which chance moves by far more than a leak would."""
    outcomes = {"ann": True, "bob": False, "cem": True, "dia": False, "eve": False}
    few, many = outcomes, {f"{name}-{number}": bad for name, bad in outcomes.items() for number in range(50)}
    said = {}
    for people in (few, many):
        evidence = without_ties(people)
        worlds = Worlds(
            {ALL: evidence, RANDOM_GRAPH: evidence, **dict.fromkeys(AFTER_THE_DAY, evidence)}, (), evidence.outcomes
        )
        rows = pa.table({"customer_id": [f"{ALL}|{name}" for name in people], "value": [1.0] * len(people)})
        family = Family("any", lambda frames, _: frames["any"], ("value",))
        said[len(people)] = {
            one.attack: one.verdict for one in findings(family, rows, worlds) if one.feature == "value"
        }
    assert said[5] == {NO_ATTACK: IN_TRUTH, **dict.fromkeys((DEALT_ANEW, OF_OTHER_DAYS, RANDOM_GRAPH), CANNOT_TELL)}
    passed = dict.fromkeys((DEALT_ANEW, RANDOM_GRAPH), PASSED)
    assert said[250] == {**said[5], **passed}, "no other day has outcomes"


def test_a_rewired_graph_keeps_everybodys_ties_and_nobodys_neighbours() -> None:
    before, after = WORLD.tables, WORLDS.evidence[RANDOM_GRAPH].tables
    for name, columns in (
        ("transfers", ("payer_customer_id", "payee_customer_id")),
        ("identifier_holders", ("identifier", "customer_id")),
        ("referrals", ("referrer_source_record_id", "referred_source_record_id")),
    ):
        for column in columns:
            assert Counter(after[name][column].to_pylist()) == Counter(before[name][column].to_pylist())
        pairs = [
            set(zip(*(side[name][column].to_pylist() for column in columns), strict=True)) for side in (before, after)
        ]
        assert len(pairs[0] & pairs[1]) < len(pairs[0]) / 10


def test_no_tie_leads_from_one_world_to_another_and_every_world_is_there() -> None:
    together = WORLDS.together()
    worlds: set[str] = set()
    for one, other in (("payer_customer_id", "payee_customer_id"),):
        ends = zip(together["transfers"][one].to_pylist(), together["transfers"][other].to_pylist(), strict=True)
        pairs = {(payer.split("|")[0], payee.split("|")[0]) for payer, payee in ends}
        assert all(payer == payee for payer, payee in pairs)
    worlds = {name.split("|")[0] for name in together["identities"]["customer_id"].to_pylist()}
    assert worlds == set(WORLDS.evidence)
    assert len(worlds) == 8 + 2 * len(WORLDS.centres)


def test_a_flipped_label_is_the_only_difference_between_two_worlds() -> None:
    for centre in WORLDS.centres:
        before, after = WORLDS.evidence[own(centre)].tables, WORLDS.evidence[flipped(centre)].tables
        assert all(before[name].equals(after[name]) for name in COLUMNS if name != "instalments")
        changed = set(map(str, after["instalments"].to_pylist())) ^ set(map(str, before["instalments"].to_pylist()))
        assert changed
        assert all(f"shop:{centre}'" in row for row in changed)


def test_t7_nothing_that_is_added_after_the_day_lies_before_it() -> None:
    around, later = (WORLDS.evidence[name].tables for name in ("around some", "ties of the day after"))
    for name, moment in (
        ("transfers", "first_transferred_at"),
        ("identifier_holders", "first_seen_at"),
        ("referrals", "referred_at"),
    ):
        added = later[name].slice(len(around[name]))
        assert len(added) >= 40
        day = {(value + timedelta(hours=8)).date() for value in added[moment].to_pylist()}  # in Shanghai
        assert day == {WORLD.as_of + timedelta(days=1)}
