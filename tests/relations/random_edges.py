"""Random small edge tables, with what real ones hold: parallel edges, loops, customers without a tie, nothing."""

from __future__ import annotations

import networkx as nx
import pyarrow as pa
from hypothesis import strategies as st

from jobs.relations.graph import Graph, graph_of

NAMES = [f"c{number:02d}" for number in range(12)]
Edge = tuple[str, str, int]

EDGES = st.lists(st.tuples(st.sampled_from(NAMES), st.sampled_from(NAMES), st.integers(0, 5)), max_size=40)
BAD = st.sets(st.sampled_from(NAMES), max_size=5)


def edge_table(edges: list[Edge]) -> pa.Table:
    """The edges as the measures read them."""
    sources, targets, weights = ([edge[position] for edge in edges] for position in range(3))
    return pa.table(
        {
            "source_id": pa.array(sources, pa.string()),
            "target_id": pa.array(targets, pa.string()),
            "weight": pa.array(weights, pa.int64()),
        }
    )


def graph(edges: list[Edge], *, weight: str | None = None) -> Graph:
    """Our graph over all names, tied or not."""
    return graph_of(edge_table(edges), weight=weight, customers=pa.array(NAMES))


def undirected(edges: list[Edge]) -> nx.Graph:
    """The same ties in networkx: simple, without loops, parallel edges added up."""
    found = nx.Graph()
    found.add_nodes_from(NAMES)
    for source, target, weight in edges:
        if source != target:
            so_far = found.get_edge_data(source, target, {"weight": 0})["weight"]
            found.add_edge(source, target, weight=so_far + weight)
    return found


def directed(edges: list[Edge]) -> nx.DiGraph:
    """The same edges in networkx, each direction for itself."""
    found = nx.DiGraph()
    found.add_nodes_from(NAMES)
    for source, target, weight in edges:
        if source != target:
            so_far = found.get_edge_data(source, target, {"weight": 0})["weight"]
            found.add_edge(source, target, weight=so_far + weight)
    return found
