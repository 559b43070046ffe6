"""What known defaults say about the people around them, and never about the defaulters themselves.

Walkers set out from every known defaulter; at each step one goes on with probability DAMPING along a tie chosen by its
weight, for at most STEPS steps: personalised PageRank (Page et al. 1999; for defaults: Óskarsdóttir and Bravo 2021),
cut off after STEPS. A customer's influence is the expected number of visits by the walkers of *others*.

Leaving the own walkers out is exact and needs one run for everybody, because visits add up over the walkers: from all
visits the customer's own returns are taken away. Ties are symmetric, so with N = D^-1/2 W D^-1/2 the chance of being
back after k steps is (N^k)_ii; it is the square of row i of N^(k/2), or the product of two neighbouring powers for odd
k: three steps from each defaulter give the returns of six.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import sparse

from jobs.relations.graph import Floats, Graph, Numbers
from jobs.relations.measures import DAMPING, degrees, transitions, triangles
from jobs.relations.walks import batches

STEPS = 6
"""Everybody knows everybody over about six hands: what arrives later no longer tells one customer from another."""

FARTHEST = 3
"""Beyond three ties a known default is everybody's (E10)."""

Flags = npt.NDArray[np.bool_]


def default_influence(graph: Graph, is_bad: Flags, *, steps: int = STEPS) -> Floats:
    """Expected visits of walkers from the other known defaulters, by weight of the ties; 0 where none can come.

    is_bad: whether the customer's default was known by the day, in the order of graph.customers.
    """
    visits = all_visits(graph, is_bad, steps=steps)
    bad = np.flatnonzero(is_bad)
    visits[bad] -= own_visits(graph, bad, steps=steps)
    visits[np.abs(visits) < 1e-15] = 0.0  # what subtraction leaves of nothing
    return np.maximum(visits, 0.0)


def all_visits(graph: Graph, is_bad: Flags, *, steps: int = STEPS) -> Floats:
    """Expected visits of the walkers of all known defaulters, their own stay at the start included."""
    spread, _ = transitions(graph.weighted_ties)
    walkers = is_bad.astype(np.float64)
    visits = walkers.copy()
    for _ in range(steps):
        walkers = DAMPING * (spread @ walkers)
        visits += walkers
    return (1 - DAMPING) * visits


def own_visits(graph: Graph, bad: Numbers, *, steps: int = STEPS) -> Floats:
    """Expected visits of each defaulter's own walkers to the defaulter, the stay at the start included."""
    steady = _symmetric(graph.weighted_ties)
    visits = np.ones(len(bad))
    for part in batches(bad, steps=(steps + 1) // 2, along=(graph.ties,)):
        walks = sparse.csr_array((np.ones(len(part)), (np.arange(len(part)), bad[part])), shape=(len(part), graph.size))
        for step in range(1, steps + 1):
            if step % 2:
                before, walks = walks, walks @ steady
                visits[part] += DAMPING**step * _row_products(before, walks)
            else:
                visits[part] += DAMPING**step * _row_products(walks, walks)
    return (1 - DAMPING) * visits


def paths_to_known_bad(graph: Graph, is_bad: Flags, *, longest: int = FARTHEST) -> dict[int, Floats]:
    """For 1, 2 and 3 ties, up to `longest`: the walks of that length that come from another known defaulter.

    Own walks are taken away exactly: out and back along every tie, and around every triangle either way.
    """
    walks = is_bad.astype(np.float64)
    returns: dict[int, Callable[[Graph], Any]] = {2: degrees, 3: lambda ties: 2.0 * triangles(ties)}
    found: dict[int, Floats] = {}
    for length in range(1, longest + 1):
        walks = graph.ties @ walks
        found[length] = walks - is_bad * returns[length](graph) if length in returns else walks.copy()
    return found


def distance_to_known_bad(graph: Graph, is_bad: Flags) -> Numbers:
    """Ties on the shortest way to another known defaulter: 1, 2, 3, or 0 when there is none within three."""
    return distance_by(paths_to_known_bad(graph, is_bad))


def distance_by(paths: Mapping[int, Floats]) -> Numbers:
    """The shortest length of which there are walks; 0 without any."""
    distance = np.zeros(len(paths[1]), dtype=np.int32)
    for length in range(FARTHEST, 0, -1):
        distance[paths[length] > 0.5] = length
    return distance


def _symmetric(weights: sparse.csr_array) -> sparse.csr_array:
    held = np.asarray(weights.sum(axis=1)).ravel()
    root = np.divide(1.0, np.sqrt(held), out=np.zeros_like(held), where=held > 0)
    values = weights.data * np.repeat(root, np.diff(weights.indptr)) * root[weights.indices]
    return sparse.csr_array((values, weights.indices, weights.indptr), shape=weights.shape)


def _row_products(one: sparse.csr_array, other: sparse.csr_array) -> Floats:
    return np.asarray(one.multiply(other).sum(axis=1)).ravel()
