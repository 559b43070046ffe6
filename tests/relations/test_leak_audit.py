"""The audit passes the feature we build, and finds every leak that is planted on purpose."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from jobs.relations.leak_audit import Evidence, audit, influence_of_known_defaults, lift, rewired

AS_OF = date(2025, 9, 30)


def evidence(seed: int = 11, people: int = 900) -> Evidence:
    """Households of three in which defaults spread, some of them known already, most of them to come."""
    chance = np.random.default_rng(seed)
    names = np.array([f"c{number:04d}" for number in range(people)])
    household = np.arange(people) // 3
    is_struck = chance.random(people // 3)[household] < 0.2
    is_known = is_struck & (chance.random(people) < 0.4)
    comes = np.where(is_struck, chance.random(people) < 0.7, chance.random(people) < 0.04)
    ends = [(first, first + step) for first in range(0, people, 3) for step in (1, 2)]
    strangers = chance.integers(0, people, size=(people // 3, 2))
    source, target = np.array([*ends, *map(tuple, strangers)]).T
    began = [AS_OF - timedelta(days=int(days)) for days in chance.integers(0, 500, len(source))]
    return Evidence(
        AS_OF,
        pa.table(
            {
                "source_id": names[source],
                "target_id": names[target],
                "weight": np.ones(len(source), dtype=np.int64),
                "began_date": pa.array(began, pa.date32()),
            }
        ),
        pa.table({"customer_id": names[is_known], "known_date": pa.array([AS_OF] * int(is_known.sum()), pa.date32())}),
        pa.table({"customer_id": names[~is_known], "is_default": comes[~is_known]}),
    )


def verdicts(feature: object, world: Evidence) -> dict[str, bool]:
    assert callable(feature)
    return {finding.check: finding.passed for finding in audit(feature, world)}


def test_t7_the_feature_we_build_passes_every_check_and_still_tells_who_will_default() -> None:
    world = evidence()
    found = audit(influence_of_known_defaults, world)
    assert [finding.check for finding in found if not finding.passed] == []
    assert len(found) == 5
    better_than_chance, deviation = lift(influence_of_known_defaults(world), world)
    assert better_than_chance > 4 * deviation, "the world plants contagion: an honest feature sees it"


def uses_ties_of_tomorrow(world: Evidence) -> dict[str, float]:
    return influence_of_known_defaults(replace(world, edges=_all_began_on(world.as_of, world.edges)))


def uses_defaults_of_tomorrow(world: Evidence) -> dict[str, float]:
    known = pa.array([world.as_of] * len(world.defaults), pa.date32())
    return influence_of_known_defaults(replace(world, defaults=world.defaults.set_column(1, "known_date", known)))


def keeps_the_own_default(world: Evidence) -> dict[str, float]:
    is_known = pc.less_equal(world.defaults["known_date"], pa.scalar(world.as_of))
    known = set(world.defaults["customer_id"].filter(is_known).to_pylist())
    return {name: value + (name in known) for name, value in influence_of_known_defaults(world).items()}


def peeks_at_the_outcome(world: Evidence) -> dict[str, float]:
    bad = dict(zip(*(world.outcomes[name].to_pylist() for name in ("customer_id", "is_default")), strict=True))
    return {name: value + 0.1 * bad.get(name, False) for name, value in influence_of_known_defaults(world).items()}


@pytest.mark.parametrize(
    ("leaky", "checks"),
    [
        (uses_ties_of_tomorrow, {"edges after the day"}),
        (uses_defaults_of_tomorrow, {"defaults after the day"}),
        (keeps_the_own_default, {"own label flipped"}),
        (peeks_at_the_outcome, {"own label flipped", "outcomes shuffled", "random graph"}),
    ],
)
def test_t7_a_leak_planted_on_purpose_is_found_by_its_check_and_by_no_other(leaky: object, checks: set[str]) -> None:
    found = verdicts(leaky, evidence())
    assert {check for check, passed in found.items() if not passed} == checks


def test_t7_t17_the_audit_says_the_same_every_time_and_a_world_without_outcomes_does_not_pass() -> None:
    world = evidence(people=300)
    assert audit(influence_of_known_defaults, world) == audit(influence_of_known_defaults, world)
    nobody = replace(world, outcomes=world.outcomes.slice(0, 0))
    assert not verdicts(influence_of_known_defaults, nobody)["outcomes shuffled"]


def test_a_rewired_graph_keeps_everybodys_ties_and_nobodys_neighbours() -> None:
    edges = evidence().edges
    mixed = rewired(edges, np.random.default_rng(3))
    for name in ("source_id", "target_id"):
        assert sorted(mixed[name].to_pylist()) == sorted(edges[name].to_pylist())
    pairs = [
        set(zip(table["source_id"].to_pylist(), table["target_id"].to_pylist(), strict=True))
        for table in (edges, mixed)
    ]
    assert len(pairs[0] & pairs[1]) < len(edges) / 20


def _all_began_on(day: date, edges: pa.Table) -> pa.Table:
    return edges.set_column(3, "began_date", pa.array([day] * len(edges), pa.date32()))
