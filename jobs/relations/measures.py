"""Where a customer stands in the graph: component, degree, core, triangles, community, rank.

Every function takes a Graph and gives one value per customer, in the order of graph.customers. Definitions follow
LDBC Graphalytics 1.0 (Iosup et al. 2016) for components, label propagation, local clustering and PageRank.
"""

from __future__ import annotations

import numpy as np
from igraph import Graph as NativeGraph
from scipy import sparse
from scipy.sparse.csgraph import connected_components

from jobs.relations.graph import Floats, Graph, Numbers

DAMPING = 0.85
"""Page et al. 1999: six of seven steps follow a tie."""

ROUNDS = 30
"""0.85 ** 30 < 0.01: what is left undecided moves nobody's rank by a percent of the total."""

COMMUNITY_ROUNDS = 10
"""Graphalytics fixes the rounds, since labels may oscillate for ever; its example data sets use 10."""


def components(graph: Graph) -> Numbers:
    """The number of the smallest customer that can be reached by ties in either direction."""
    if not graph.size:
        return np.array([], dtype=np.int32)
    count, label = connected_components(graph.ties, directed=False)
    smallest = np.full(count, graph.size, dtype=np.int32)
    np.minimum.at(smallest, label, np.arange(graph.size, dtype=np.int32))
    return np.asarray(smallest[label])


def sizes(group: Numbers) -> Numbers:
    """How many customers share the customer's group, for groups that are called by customers' numbers."""
    return np.bincount(group, minlength=len(group))[group]


def degrees(graph: Graph) -> Numbers:
    """Different customers tied in either direction, the customer not counted."""
    return np.asarray(np.diff(graph.ties.indptr))


def core_numbers(graph: Graph) -> Numbers:
    """The largest k such that the customer survives in the part where all have k ties (Seidman 1983)."""
    return np.asarray(_native(graph).coreness(), dtype=np.int32)


def triangles(graph: Graph) -> Numbers:
    """Pairs of the customer's neighbours that are tied to each other."""
    return np.rint(local_clustering(graph) * _pairs(degrees(graph))).astype(np.int64)


def local_clustering(graph: Graph, *, directed: bool = False) -> Floats:
    """Ties between the customer's neighbours over those possible; 0 with fewer than two neighbours.

    directed: neighbours are those of either direction, and an edge each way between two of them counts as two.
    """
    if not directed:
        return np.asarray(_native(graph).transitivity_local_undirected(mode="zero"), dtype=np.float64)
    possible = 2 * _pairs(degrees(graph))
    return np.divide(_arcs_between_neighbours(graph), possible, out=np.zeros(graph.size), where=possible > 0)


def communities(graph: Graph, *, directed: bool = False, rounds: int = COMMUNITY_ROUNDS) -> Numbers:
    """Label propagation (Raghavan et al. 2007), synchronous: the commonest label of the neighbours, else the smallest.

    directed: a neighbour of both directions counts twice. A customer without neighbours keeps the own label.
    """
    votes = graph.arcs + graph.arcs.T.tocsr() if directed else graph.ties
    label: Numbers = np.arange(graph.size, dtype=np.int64)
    voter = np.repeat(label, np.diff(votes.indptr))
    for _ in range(rounds):
        label = _commonest(label, voter, votes)
    return label


def ranks(graph: Graph, *, directed: bool, weighted: bool = False, rounds: int = ROUNDS) -> Floats:
    """PageRank (Page et al. 1999), damping 0.85; adds up to 1 over all customers.

    directed: only from source to target; who sends nothing spreads evenly over all. weighted: in shares of the weight
    sent instead of evenly over the receivers.
    """
    if not graph.size:
        return np.array([], dtype=np.float64)
    spread, is_dangling = transitions(_matrix(graph, directed=directed, weighted=weighted))
    rank = np.full(graph.size, 1 / graph.size)
    for _ in range(rounds):
        lost = rank[is_dangling].sum()
        rank = (1 - DAMPING + DAMPING * lost) / graph.size + DAMPING * (spread @ rank)
    return rank


def transitions(weights: sparse.csr_array) -> tuple[sparse.csr_array, Numbers]:
    """The matrix that moves what each customer holds along the weights, and who has nowhere to move it."""
    sent = np.asarray(weights.sum(axis=1)).ravel()
    is_dangling = np.flatnonzero(sent == 0)
    share = np.divide(1.0, sent, out=np.zeros_like(sent), where=sent > 0)
    by_sender = sparse.csr_array(
        (weights.data * np.repeat(share, np.diff(weights.indptr)), weights.indices, weights.indptr), shape=weights.shape
    )
    return by_sender.T.tocsr(), is_dangling


def _matrix(graph: Graph, *, directed: bool, weighted: bool) -> sparse.csr_array:
    if directed:
        return graph.weighted_arcs if weighted else graph.arcs
    return graph.weighted_ties if weighted else graph.ties


def _native(graph: Graph) -> NativeGraph:
    """The simple undirected graph as igraph holds it."""
    upper = sparse.triu(graph.ties, k=1, format="coo")
    pairs = np.column_stack(upper.coords).astype(np.int64)
    return NativeGraph(n=graph.size, edges=memoryview(np.ascontiguousarray(pairs).data) if len(pairs) else [])


def _pairs(degree: Numbers) -> Floats:
    return degree.astype(np.float64) * (degree - 1) / 2


def _commonest(label: Numbers, voter: Numbers, votes: sparse.csr_array) -> Numbers:
    order = np.argsort(voter * len(label) + label[votes.indices], kind="stable")
    voters, labels, weights = voter[order], label[votes.indices][order], votes.data[order]
    if not len(order):
        return label
    is_first = np.r_[True, (voters[1:] != voters[:-1]) | (labels[1:] != labels[:-1])]
    first = np.flatnonzero(is_first)
    counted = np.add.reduceat(weights, first)
    best = np.lexsort((labels[first], -counted, voters[first]))
    winner = best[np.r_[True, np.diff(voters[first][best]) != 0]]
    chosen = label.copy()
    chosen[voters[first][winner]] = labels[first][winner]
    return chosen


def _arcs_between_neighbours(graph: Graph) -> Floats:
    """For each customer the edges between neighbours, through triangles oriented from few ties to many.

    Oriented so, nobody has more than the root of twice the edges to follow: no product grows with a degree squared
    (Chiba and Nishizeki 1985).
    """
    rank = np.argsort(np.argsort(degrees(graph), kind="stable"), kind="stable")
    both = (graph.arcs + graph.arcs.T.tocsr()).tocoo()
    rows, columns = both.coords
    upwards = rank[rows] < rank[columns]
    ends = (rank[rows[upwards]], rank[columns[upwards]])
    arcs = sparse.coo_array((both.data[upwards], ends), shape=graph.ties.shape).tocsr()
    ties = _ones(arcs)
    opposite_lowest = (ties @ arcs).multiply(ties).sum(axis=1)
    opposite_middle = (ties.T.tocsr() @ arcs).multiply(ties).sum(axis=1)
    opposite_highest = (arcs.T.tocsr() @ ties).multiply(ties).sum(axis=0)
    return np.asarray(opposite_lowest + opposite_middle + opposite_highest).ravel()[rank]


def _ones(matrix: sparse.csr_array) -> sparse.csr_array:
    return sparse.csr_array((np.ones_like(matrix.data), matrix.indices, matrix.indptr), shape=matrix.shape)
