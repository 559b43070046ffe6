"""The measures in one process say what networkx says, and what Graphalytics defines."""

from __future__ import annotations

from collections import Counter
from itertools import permutations

import networkx as nx
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings

from jobs.relations import measures
from jobs.relations.graph import EdgeTableError, graph_of
from tests.relations.random_edges import EDGES, NAMES, Edge, directed, edge_table, graph, undirected

MANY = settings(max_examples=60, deadline=None)


@MANY
@given(EDGES)
def test_components_degrees_and_cores_are_those_of_networkx(edges: list[Edge]) -> None:
    ours, theirs = graph(edges), undirected(edges)
    smallest = {name: min(part) for part in nx.connected_components(theirs) for name in part}
    found = measures.components(ours)
    assert ours.labels(found).to_pylist() == [smallest[name] for name in NAMES]
    assert measures.sizes(found).tolist() == [len(nx.node_connected_component(theirs, name)) for name in NAMES]
    assert measures.degrees(ours).tolist() == [theirs.degree[name] for name in NAMES]
    assert measures.core_numbers(ours).tolist() == [nx.core_number(theirs)[name] for name in NAMES]


@MANY
@given(EDGES)
def test_triangles_and_clustering_are_those_of_networkx_and_of_graphalytics(edges: list[Edge]) -> None:
    ours, theirs = graph(edges), undirected(edges)
    assert measures.triangles(ours).tolist() == [nx.triangles(theirs)[name] for name in NAMES]
    assert measures.local_clustering(ours) == pytest.approx([nx.clustering(theirs)[name] for name in NAMES], abs=1e-12)
    arcs = directed(edges)
    expected = []
    for name in NAMES:
        around = set(theirs[name])
        between = sum(arcs.has_edge(one, other) for one, other in permutations(around, 2))
        expected.append(between / (len(around) * (len(around) - 1)) if len(around) > 1 else 0.0)
    assert measures.local_clustering(ours, directed=True) == pytest.approx(expected, abs=1e-12)


@MANY
@given(EDGES)
def test_ranks_are_those_of_networkx_both_ways_plain_and_by_weight(edges: list[Edge]) -> None:
    for is_directed, theirs in ((False, undirected(edges)), (True, directed(edges))):
        for weight in (None, "weight"):
            by_networkx = nx.pagerank(theirs, weight=weight, tol=1e-13, max_iter=5_000)
            ours = measures.ranks(
                graph(edges, weight=weight), directed=is_directed, weighted=weight is not None, rounds=200
            )
            assert ours == pytest.approx([by_networkx[name] for name in NAMES], abs=1e-9)


@MANY
@given(EDGES)
def test_communities_follow_the_rounds_of_graphalytics(edges: list[Edge]) -> None:
    for is_directed in (False, True):
        voters = {name: list(undirected(edges)[name]) for name in NAMES}
        if is_directed:
            arcs = directed(edges)
            voters = {name: [*arcs.successors(name), *arcs.predecessors(name)] for name in NAMES}
        label = {name: name for name in NAMES}
        for _ in range(4):
            votes = {name: Counter(label[voter] for voter in voters[name]) for name in NAMES}
            label = {
                name: min(count, key=lambda which: (-count[which], which)) if count else label[name]
                for name, count in votes.items()
            }
        ours = graph(edges)
        found = measures.communities(ours, directed=is_directed, rounds=4)
        assert ours.labels(found).to_pylist() == [label[name] for name in NAMES]


@pytest.mark.parametrize("seed", [1, 2])
def test_t17_the_order_of_the_rows_shows_in_no_bit(seed: int) -> None:
    chance = np.random.default_rng(seed)
    ends = chance.integers(0, 300, size=(2_000, 2))
    edges = pa.table({"source_id": ends[:, 0], "target_id": ends[:, 1], "cents": chance.integers(1, 10**12, 2_000)})
    shuffled = edges.take(chance.permutation(2_000))
    for measure in (
        measures.components,
        measures.core_numbers,
        measures.local_clustering,
        measures.communities,
        lambda ties: measures.ranks(ties, directed=True, weighted=True),
    ):
        one, other = (measure(graph_of(table, weight="cents")) for table in (edges, shuffled))
        assert one.tobytes() == other.tobytes()


def test_a_chain_of_100_000_is_one_component_and_an_empty_table_none() -> None:
    numbers = np.random.default_rng(5).permutation(100_000)
    chain = graph_of(pd.DataFrame({"source_id": numbers[:-1], "target_id": numbers[1:]}))
    assert set(measures.components(chain)) == {0}
    assert measures.core_numbers(chain).max() == 1
    assert measures.ranks(chain, directed=False).sum() == pytest.approx(1)
    nobody = graph_of(edge_table([]))
    for measure in (
        measures.components,
        measures.degrees,
        measures.core_numbers,
        measures.triangles,
        measures.local_clustering,
        measures.communities,
    ):
        assert measure(nobody).tolist() == []
    assert measures.ranks(nobody, directed=True).tolist() == []


def test_an_edge_that_carried_nothing_is_still_a_tie() -> None:
    ours = graph([("c00", "c01", 0)], weight="weight")
    assert measures.degrees(ours)[:2].tolist() == [1, 1]
    assert measures.components(ours)[:2].tolist() == [0, 0]


@pytest.mark.parametrize(
    ("columns", "complaint"),
    [
        ({"source_id": ["a"]}, "no column target_id"),
        ({"source_id": ["a", None], "target_id": ["b", "b"]}, "null"),
        ({"source_id": ["a"], "target_id": ["b"], "cents": [-1]}, "negative"),
        ({"source_id": ["a"], "target_id": ["b"], "cents": [None]}, "null"),
    ],
)
def test_an_edge_table_that_cannot_be_read_is_refused_in_one_line(
    columns: dict[str, list[object]], complaint: str
) -> None:
    with pytest.raises(EdgeTableError, match=complaint):
        graph_of(pa.table(columns), weight="cents" if "cents" in columns else None)
