"""Whether a cluster of records holds together: no weak bridge between two parts of it, and not too few pairs."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np
from igraph import Graph

from jobs.customers.numbered_pairs import NumberedPairs
from jobs.relations.graph import Numbers
from jobs.relations.union import Marks

WEAK_PROBABILITY = 0.998
"""Below it one pair alone does not hold two parts of two or more records together; what the exact rules say does.
A guess: one pair in five hundred is wrong at that strength, and a wrong bridge takes four records at once."""

LEAST_DENSITY = 0.3
"""Of the pairs that a cluster's records could make, this share must be there: six records held by five pairs just pass,
seven by six do not. A guess, aimed at chains in which everyone knows only the next."""

WEAK_BRIDGE, TOO_SPARSE = 5, 6


def keep_what_holds_together(pairs: NumberedPairs, reason: Numbers) -> Numbers:
    """The reasons so far, and those of pairs that are cut because of the shape of their cluster.

    Weak bridges are cut first, in each cluster the weakest; then, while a cluster is too sparse, its weakest pairs.
    What a reviewer said holds.
    """
    reason = reason.copy()
    for cut, mark in ((_weakest_bridges, WEAK_BRIDGE), (_weakest_of_sparse, TOO_SPARSE)):
        _repeat(partial(cut, pairs), reason, mark)
    return reason


def bridges(count: int, left: Numbers, right: Numbers) -> Marks:
    """Whether each pair is a bridge (Tarjan 1974) whose ends both have another pair: two records or more a side."""
    is_bridge = np.zeros(len(left), dtype=bool)
    if len(left):
        ends = np.ascontiguousarray(np.column_stack([left, right]).astype(np.int64))
        is_bridge[Graph(n=count, edges=memoryview(ends.data)).bridges()] = True
    degree = np.bincount(np.concatenate([left, right]), minlength=count)
    return np.asarray(is_bridge & (degree[left] > 1) & (degree[right] > 1))


def _repeat(cut: Callable[[Numbers], Numbers], reason: Numbers, mark: int) -> None:
    """Mark what is to be cut until nothing is; every round cuts a pair, so it ends."""
    while len(pairs := cut(np.flatnonzero(reason == 0))):
        reason[pairs] = mark


def _weakest_bridges(pairs: NumberedPairs, kept: Numbers) -> Numbers:
    """In every cluster the weakest of its weak bridges; of equal ones that of the smallest records."""
    is_weak = (pairs.probability[kept] < WEAK_PROBABILITY) & ~pairs.is_reviewed[kept]
    if not is_weak.any():
        return kept[:0]
    weak = kept[is_weak & bridges(pairs.count, pairs.left[kept], pairs.right[kept])]
    cluster = pairs.groups(kept)[pairs.left[weak]]
    order = np.lexsort((pairs.right[weak], pairs.left[weak], pairs.probability[weak], cluster))
    return np.asarray(weak[order][np.unique(cluster[order], return_index=True)[1]])


def _weakest_of_sparse(pairs: NumberedPairs, kept: Numbers) -> Numbers:
    """In every cluster with too few pairs all the weakest ones that no reviewer decided."""
    cluster = pairs.groups(kept)
    records = np.bincount(cluster, minlength=pairs.count)
    of_pair = cluster[pairs.left[kept]]
    size = np.bincount(of_pair, minlength=pairs.count)
    is_sparse = (records > 2) & (size < LEAST_DENSITY * records * (records - 1) / 2)
    can_go = is_sparse[of_pair] & ~pairs.is_reviewed[kept]
    weakest = np.full(pairs.count, np.inf)
    np.minimum.at(weakest, of_pair[can_go], pairs.probability[kept][can_go])
    return np.asarray(kept[can_go & (pairs.probability[kept] == weakest[of_pair])])
