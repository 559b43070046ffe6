"""Core numbers are right however early the rounds stop, and whatever is left open."""

from __future__ import annotations

import networkx as nx
import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jobs.relations.unsettled_cores import settle
from tests.relations.random_edges import EDGES, Edge, undirected


def h_index(values: list[int]) -> int:
    return sum(value > place for place, value in enumerate(sorted(values, reverse=True)))


def after_rounds(graph: nx.Graph, rounds: int) -> dict[str, int]:
    """What every customer with a tie is thought to be after so many rounds."""
    values = {name: degree for name, degree in graph.degree if degree}
    for _ in range(rounds):
        values = {name: h_index([values[other] for other in graph[name]]) for name in values}
    return values


def open_ties(graph: nx.Graph, rounds: int) -> tuple[dict[str, int], pa.Table]:
    """The values so far, and the ties of those whose level somebody leaves in the next round."""
    values, later = after_rounds(graph, rounds), after_rounds(graph, rounds + 1)
    levels = {level for name in values for level in range(later[name] + 1, values[name] + 1)}
    rows = [
        (name, value, other, values[other])
        for name, value in values.items()
        if value in levels
        for other in graph[name]
    ]
    columns = list(zip(*rows, strict=True)) or [(), (), (), ()]
    kinds = (pa.string(), pa.int64(), pa.string(), pa.int64())
    names = ("customer_id", "core_number", "neighbour_id", "neighbour_core_number")
    return values, pa.table([pa.array(column, kind) for column, kind in zip(columns, kinds, strict=True)], names=names)


def settled(graph: nx.Graph, rounds: int) -> dict[str, int]:
    values, left = open_ties(graph, rounds)
    found = settle(left)
    return values | dict(zip(found["customer_id"].to_pylist(), found["core_number"].to_pylist(), strict=True))


@given(EDGES, st.integers(0, 3))
@settings(max_examples=150, deadline=None)
def test_cores_are_those_of_networkx_after_any_number_of_rounds(edges: list[Edge], rounds: int) -> None:
    graph = undirected(edges)
    cores = {name: core for name, core in nx.core_number(graph).items() if core}
    assert settled(graph, rounds) == cores


@pytest.mark.parametrize("rounds", [1, 5])
def test_a_chain_a_ladder_and_a_clique_are_settled_in_one_go(rounds: int) -> None:
    chain, ladder, clique = nx.path_graph(20_000), nx.ladder_graph(3_000), nx.complete_graph(30)
    whole = nx.disjoint_union_all([chain, ladder, clique])
    nx.add_path(whole, [0, "far", "farther", len(whole) - 1])
    graph = nx.relabel_nodes(whole, {name: f"c{name}" for name in whole})
    values, left = open_ties(graph, rounds)
    assert len(left) > 25_000, "nothing long is open"
    assert not {f"c{number}" for number in range(26_000, 26_029)} & set(left["customer_id"].to_pylist())
    assert settled(graph, rounds) == nx.core_number(graph)
    assert np.mean(list(values.values())) > np.mean(list(nx.core_number(graph).values()))


def test_nothing_open_is_nothing_settled() -> None:
    assert settle(open_ties(nx.complete_graph(4), 1)[1]).num_rows == 0
