"""How money moves around a customer: in circles, over several hands to one, and straight through.

flows: one row per payer, payee and day within one window: source_id, target_id, day (a whole number), cents.
The shapes are those of Altman et al. 2023 (fan-in, fan-out, scatter-gather, cycle), counted on customers.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from scipy import sparse
from scipy.sparse.csgraph import connected_components

from jobs.relations.graph import Graph, Numbers, graph_of
from jobs.relations.walks import batches

LONGEST_CYCLE = 6
"""Longer ones happen by chance in any town."""

DAYS_TO_PASS_ON = 2
"""What arrives and is gone within two days was never the customer's."""

MOST_PARTNERS = 200
"""No way is followed through a customer with more payers and payees together: a shop or a collecting account.

It bounds the work, and circles through a till are no circles.
"""


def describe_flows(flows: pa.Table) -> pa.Table:
    """customer_id, payer_count, payee_count, received, passed_on (cents), cycle_length (0: none), gathered_count."""
    graph = graph_of(flows)
    payers, payees = _partners(graph.arcs)
    arcs = without_busy(graph.arcs)
    received, passed_on = pass_through(graph, flows["day"].to_numpy(), flows["cents"].to_numpy())
    return graph.table(
        {
            "payer_count": payers.astype(np.int64),
            "payee_count": payees.astype(np.int64),
            "received": received,
            "passed_on": passed_on,
            "cycle_length": cycle_lengths(arcs),
            "gathered_count": gathered_counts(arcs),
        }
    )


def without_busy(arcs: sparse.csr_array) -> sparse.csr_array:
    """The arcs between customers with at most MOST_PARTNERS payers and payees together."""
    payers, payees = _partners(arcs)
    is_light = sparse.diags_array((payers + payees <= MOST_PARTNERS).astype(np.float64))
    light = (is_light @ arcs @ is_light).tocsr()
    light.eliminate_zeros()
    return light


def cycle_lengths(arcs: sparse.csr_array, *, longest: int = LONGEST_CYCLE) -> Numbers:
    """Payments on the shortest way from a customer back to the customer, 2 to `longest`; 0 when there is none.

    A shortest closed walk repeats nobody, so walks may be asked instead of cycles: after i steps forwards and j steps
    backwards one stands at the same place exactly when there is one of i + j.
    """
    shortest = np.zeros(arcs.shape[0], dtype=np.int32)
    if not len(shortest):
        return shortest
    _, part = connected_components(arcs, directed=True, connection="strong")
    members = np.flatnonzero(np.bincount(part)[part] > 1)  # everybody else lies on no cycle
    inner = arcs[members][:, members].tocsr()
    back = inner.T.tocsr()
    for rows in batches(np.arange(len(members)), steps=(longest + 1) // 2, along=(inner, back)):
        shortest[members[rows]] = _shortest_returns(inner, back, rows, longest)
    return shortest


def gathered_counts(arcs: sparse.csr_array) -> Numbers:
    """Others whom the customer's payees paid by two or more hands: scatter-gather, seen from where it begins."""
    counts = np.zeros(arcs.shape[0], dtype=np.int64)
    for rows in batches(np.arange(arcs.shape[0]), steps=2, along=(arcs,)):
        ways = (arcs[rows] @ arcs).tocoo()
        is_gathered = (ways.data > 1.5) & (ways.coords[1] != rows[ways.coords[0]])
        counts[rows] = np.bincount(ways.coords[0][is_gathered], minlength=len(rows))
    return counts


def pass_through(graph: Graph, day: Numbers, cents: Numbers) -> tuple[Numbers, Numbers]:
    """Cents received, and how many of them were sent on that day or within DAYS_TO_PASS_ON days after.

    First in, first out: what is sent uses up the oldest receipts that are not too old, and every cent counts once. No
    other matching finds more.
    """
    is_tie = graph.source != graph.target
    first, days = (int(day.min()), int(day.max() - day.min()) + 1) if len(day) else (0, 0)
    received, sent = (
        _sums(ends[is_tie], day[is_tie] - first, cents[is_tie], graph.size, days)
        for ends in (graph.target, graph.source)
    )
    kept = received.copy()
    for today in range(days):
        unmatched = sent[:, today].copy()
        for then in range(max(0, today - DAYS_TO_PASS_ON), today + 1):
            matched = np.minimum(kept[:, then], unmatched)
            kept[:, then] -= matched
            unmatched -= matched
    return received.sum(axis=1), (received - kept).sum(axis=1)


def _partners(arcs: sparse.csr_array) -> tuple[Numbers, Numbers]:
    """Different payers and different payees of every customer."""
    return np.asarray((arcs != 0).sum(axis=0)).ravel(), np.asarray((arcs != 0).sum(axis=1)).ravel()


def _sums(who: Numbers, day: Numbers, cents: Numbers, size: int, days: int) -> Numbers:
    total = np.zeros((size, days), dtype=np.int64)
    np.add.at(total, (who, day), cents)
    return total


def _shortest_returns(arcs: sparse.csr_array, back: sparse.csr_array, rows: Numbers, longest: int) -> Numbers:
    start = sparse.csr_array((np.ones(len(rows)), (np.arange(len(rows)), rows)), shape=(len(rows), arcs.shape[0]))
    forwards, backwards = [start], [start]
    for _ in range((longest + 1) // 2):
        forwards.append(_reached(forwards[-1] @ arcs))
        backwards.append(_reached(backwards[-1] @ back))
    found = np.zeros(len(rows), dtype=np.int32)
    for length in range(longest, 1, -1):
        meets = forwards[(length + 1) // 2].multiply(backwards[length // 2]).sum(axis=1)
        found[np.asarray(meets).ravel() > 0] = length
    return found


def _reached(walks: sparse.csr_array) -> sparse.csr_array:
    return sparse.csr_array((np.ones_like(walks.data), walks.indices, walks.indptr), shape=walks.shape)
