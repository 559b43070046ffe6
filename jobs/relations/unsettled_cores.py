"""Core numbers that rounds on a cluster leave open, settled in one process.

Rounds of h-indices only ever lower a value, so after any number of them every value is at least the core number. A
level k is settled when everyone of at least k has k neighbours of at least k: then all of them are the k-core. Rounds
carry news one tie further each, so what stays open for long are the customers of one or two levels on long chains and
ladders; of these, and their ties, the rest is peeled here (Batagelj and Zaversnik 2003).
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from jobs.relations.graph import Numbers


def settle(ties: pa.Table) -> pa.Table:
    """customer_id, core_number of every customer on the left of a tie.

    ties: a row per open customer and neighbour: customer_id, core_number (so far), neighbour_id,
    neighbour_core_number (so far; certain for a neighbour who is on the left of no tie).
    """
    customers = ties["customer_id"].combine_chunks().unique()
    customers = customers.take(pc.array_sort_indices(customers))
    source = _numbers(ties["customer_id"], customers)
    target = _numbers(ties["neighbour_id"], customers)
    cores = np.zeros(len(customers), dtype=np.int64)
    cores[source] = ties["core_number"].to_numpy()
    is_open = target >= 0
    order = np.argsort(source[is_open], kind="stable")
    neighbours = target[is_open][order]
    starts = np.searchsorted(source[is_open][order], np.arange(len(customers) + 1))
    certain, certain_core = source[~is_open], ties["neighbour_core_number"].to_numpy()[~is_open]
    for level in range(int(cores.max(initial=0)), 0, -1):
        if (cores == level).any():
            held = np.bincount(certain[certain_core >= level], minlength=len(customers))
            _peel(cores, level, held, starts, neighbours)
    return pa.table({"customer_id": customers, "core_number": pa.array(cores, pa.int64())})


def _peel(cores: Numbers, level: int, held: Numbers, starts: Numbers, neighbours: Numbers) -> None:
    """Lower everyone of at least `level` who has fewer neighbours of that level, and then those who lose one by it."""
    inside = cores >= level
    owner = np.repeat(np.arange(len(cores)), np.diff(starts))
    support = held + np.bincount(owner[inside[neighbours]], minlength=len(cores))
    leaving = np.flatnonzero(inside & (support < level))
    while len(leaving):
        inside[leaving] = False
        cores[leaving] = level - 1
        lost = np.concatenate([neighbours[starts[one] : starts[one + 1]] for one in leaving])
        np.subtract.at(support, lost, 1)
        touched = np.unique(lost)
        leaving = touched[inside[touched] & (support[touched] < level)]


def _numbers(names: pa.ChunkedArray, customers: pa.Array) -> Numbers:
    """Each name's position among the customers, -1 for another's."""
    return np.asarray(pc.fill_null(pc.index_in(names, value_set=customers), -1).to_numpy())
