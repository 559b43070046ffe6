"""default_influence is what one finds by sending out the walkers of everybody but the customer, for each customer."""

from __future__ import annotations

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings

from jobs.relations import influence, walks
from jobs.relations.measures import DAMPING
from tests.relations.random_edges import BAD, EDGES, NAMES, Edge, graph, undirected

MANY = settings(max_examples=60, deadline=None)


def flags(bad: set[str]) -> influence.Flags:
    return np.array([name in bad for name in NAMES])


def visits_of_the_others(edges: list[Edge], bad: set[str], weight: str | None, steps: int) -> list[float]:
    """The naive way: a run for each customer, without the customer among the starting points."""
    matrix = nx.to_numpy_array(undirected(edges), nodelist=NAMES, weight=weight)
    sent = matrix.sum(axis=1, keepdims=True)
    chance = np.divide(matrix, sent, out=np.zeros_like(matrix), where=sent > 0)
    found = []
    for number, name in enumerate(NAMES):
        walkers = flags(bad - {name}).astype(float)
        visits = walkers.copy()
        for _ in range(steps):
            walkers = DAMPING * (walkers @ chance)
            visits += walkers
        found.append((1 - DAMPING) * visits[number])
    return found


@MANY
@given(EDGES, BAD)
def test_t6_influence_is_the_naive_one_that_leaves_each_customer_out(edges: list[Edge], bad: set[str]) -> None:
    for weight in (None, "weight"):
        for steps in (1, 5, 6):
            found = influence.default_influence(graph(edges, weight=weight), flags(bad), steps=steps)
            assert found == pytest.approx(visits_of_the_others(edges, bad, weight, steps), abs=1e-12)


@MANY
@given(EDGES, BAD)
def test_t6_flipping_the_own_label_changes_nothing_of_the_own_row(edges: list[Edge], bad: set[str]) -> None:
    ties = graph(edges, weight="weight")
    for number, name in enumerate(NAMES):
        with_own, without_own = flags(bad | {name}), flags(bad - {name})
        values = [influence.default_influence(ties, which)[number] for which in (with_own, without_own)]
        assert values[0] == pytest.approx(values[1], abs=1e-12)
        distances = [influence.distance_to_known_bad(ties, which)[number] for which in (with_own, without_own)]
        assert distances[0] == distances[1]


@MANY
@given(EDGES, BAD)
def test_the_distance_is_the_shortest_way_to_another_known_defaulter(edges: list[Edge], bad: set[str]) -> None:
    theirs = undirected(edges)
    lengths = dict(nx.all_pairs_shortest_path_length(theirs))
    expected = []
    for name in NAMES:
        ways = [lengths[name][other] for other in bad - {name} if other in lengths[name]]
        expected.append(min((way for way in ways if way <= influence.FARTHEST), default=0))
    assert influence.distance_to_known_bad(graph(edges), flags(bad)).tolist() == expected


def test_batches_do_not_show(monkeypatch: pytest.MonkeyPatch) -> None:
    edges = [(one, other, 1 + number % 3) for number, one in enumerate(NAMES) for other in NAMES[number + 1 :: 2]]
    ties, bad = graph(edges, weight="weight"), flags(set(NAMES[::2]))
    at_once = influence.default_influence(ties, bad)
    monkeypatch.setattr(walks, "ENTRIES_AT_ONCE", 13)
    assert influence.default_influence(ties, bad).tobytes() == at_once.tobytes()
    assert (at_once > 0).all()


def test_nobody_is_near_a_default_where_none_is_known() -> None:
    ties = graph([("c00", "c01", 1)])
    assert not influence.default_influence(ties, flags(set())).any()
    assert not influence.distance_to_known_bad(ties, flags({"c05"})).any()
