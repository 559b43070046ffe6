"""Which records are one person: clusters made of pairs, and every pair that was not followed, with the reason.

    found = find_clusters(records, pairs)      Arrow tables, of any record set
    found.members                              one row per record: its cluster, and what ties it to the others
    found.refusals                             one row per automatic pair whose records are kept apart

Following every pair makes chains: one shared telephone ties two people and all that belongs to either. So pairs are
followed strongest first, never across a conflict (`strongest_first`), and a cluster must hold together without its
weakest pair (`shapes`). Nothing here depends on the order of the rows: numbers follow the record ids, and pairs of the
same strength are looked at together, but where a ceiling leaves no room for all.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from scipy import sparse
from scipy.sparse.csgraph import minimum_spanning_tree

from jobs.customers.numbered_pairs import NumberedPairs, numbered
from jobs.customers.shapes import bridges, keep_what_holds_together
from jobs.customers.strongest_first import NO_IDENTITY, NOBODY, refuse_conflicts
from jobs.relations.graph import Floats, Numbers
from jobs.relations.union import joined

MAX_RECORDS_SHARING = 10
"""A national id on more records is a placeholder and counts as not given."""

MOST_RECORDS = 12
"""A shop account or two and a few banks make a person; more is a chain of wrong ties. Records with one national id are
never more than MAX_RECORDS_SHARING; the rest of the figure is a guess."""

REASONS = (
    "conflicting_national_id",
    "reviewer_said_no",
    "two_candidates",
    "too_many_records",
    "weak_bridge",
    "too_sparse",
)
"""By the number with which a pair is marked, less one; 0 is a pair that was followed."""


OF_RECORDS = ("source_record_id", "national_id_token")
OF_PAIRS = ("left_record_id", "right_record_id", "matched_by", "match_probability", "decision", "decided_by")
"""What is read of records and pairs."""

BEFORE = "customer_before"


@dataclass(frozen=True)
class Clusters:
    """members: source_record_id, cluster (its smallest record), matched_by, match_probability and matched_record_id of
    the strongest pair that ties the record to another of its cluster, weakest_match_probability of the pairs that hold
    the cluster together, has_bridge. A record alone has nulls. refusals: the pairs not followed, with their reason.
    """

    members: pa.Table
    refusals: pa.Table


def find_clusters(records: pa.Table, pairs: pa.Table) -> Clusters:
    """Clusters of all records.

    records: source_record_id (unique), national_id_token, and customer_before of those that were known, if there are
    any; other columns are kept. pairs: as in customers/record_pairs.
    A pair of a record that is not there ties nobody. Where a reviewer said that two records with different national
    ids are one person, one of the ids is wrong, and both count as the same; a reviewer's no keeps two records apart
    on whatever way.
    """
    people = records.sort_by("source_record_id")
    names = people["source_record_id"].combine_chunks()
    followed = numbered(pairs.filter(pc.equal(pairs["decision"], "automatic")), names)
    is_no = pc.and_(pc.equal(pairs["decided_by"], "reviewer"), pc.equal(pairs["decision"], "rejected"))
    apart = numbered(pairs.filter(is_no), names)
    reason = refuse_conflicts(
        followed,
        _identities(people["national_id_token"], followed),
        _customers_before(people),
        apart,
        most_records=MOST_RECORDS,
    )
    reason = keep_what_holds_together(followed, reason)
    cluster = followed.groups(reason == 0)
    is_refused = cluster[followed.left] != cluster[followed.right]
    inside, refused = followed.only(~is_refused), followed.only(is_refused)
    return Clusters(_members(people, names, cluster, inside), _refusals(refused, reason[is_refused]))


def with_customer_before(records: pa.Table, known: pa.Table) -> pa.Table:
    """The records with customer_before. known: source_record_id and customer_id of the night before."""
    place = pc.index_in(records["source_record_id"], value_set=known["source_record_id"].combine_chunks())
    return records.append_column(BEFORE, known["customer_id"].combine_chunks().take(place))


def _customers_before(people: pa.Table) -> Numbers:
    """A number per record that is equal where records were one customer; NOBODY where they were none."""
    if BEFORE not in people.column_names:
        return np.full(people.num_rows, NOBODY, dtype=np.int64)
    encoded = pc.dictionary_encode(people[BEFORE].combine_chunks())
    return np.asarray(pc.fill_null(encoded.indices, NOBODY).to_numpy().astype(np.int64))


def _identities(tokens: pa.ChunkedArray, followed: NumberedPairs) -> Numbers:
    """A number per record that is equal for equal national ids; NO_IDENTITY without one that says something."""
    encoded = pc.dictionary_encode(tokens.combine_chunks())
    number = pc.fill_null(encoded.indices, NO_IDENTITY).to_numpy().astype(np.int64)
    held = np.bincount(number[number >= 0], minlength=max(1, len(encoded.dictionary)))
    number = np.where((number >= 0) & (held[number] <= MAX_RECORDS_SHARING), number, NO_IDENTITY)
    ends = number[followed.left[followed.is_reviewed]], number[followed.right[followed.is_reviewed]]
    both = (ends[0] >= 0) & (ends[1] >= 0)
    same = joined(len(held), ends[0][both], ends[1][both])
    return np.where(number >= 0, same[number], NO_IDENTITY)


def _members(people: pa.Table, names: pa.Array, cluster: Numbers, inside: NumberedPairs) -> pa.Table:
    best, other = _strongest_pair(inside)
    row = pa.array(best, mask=best < 0)
    weakest = _weakest_link(cluster, inside)
    size = np.bincount(cluster, minlength=len(names))[cluster]
    has_bridge = np.zeros(len(names), dtype=bool)
    has_bridge[cluster[inside.left[bridges(len(names), inside.left, inside.right)]]] = True
    added: dict[str, Any] = {
        "cluster": names.take(pa.array(cluster)),
        "matched_by": inside.rows["matched_by"].take(row),
        "match_probability": pa.array(inside.probability, pa.float64()).take(row),
        "matched_record_id": names.take(pa.array(other, mask=best < 0)),
        "weakest_match_probability": pa.array(weakest, mask=size == 1),
        "has_bridge": pa.array(has_bridge[cluster]),
    }
    for name, values in added.items():
        people = people.append_column(name, values)
    return people


def _strongest_pair(inside: NumberedPairs) -> tuple[Numbers, Numbers]:
    """For each record the position of its strongest pair, -1 for none, and the record at its other end.

    Of equally strong ones it is the pair with the smallest other record.
    """
    record = np.concatenate([inside.left, inside.right])
    other = np.concatenate([inside.right, inside.left])
    pair = np.tile(np.arange(len(inside.left)), 2)
    order = np.lexsort((other, -inside.probability[pair], record))
    records, first = np.unique(record[order], return_index=True)
    best, best_other = (np.full(inside.count, -1, dtype=np.int64) for _ in range(2))
    best[records], best_other[records] = pair[order][first], other[order][first]
    return best, best_other


def _weakest_link(cluster: Numbers, inside: NumberedPairs) -> Floats:
    """For each record the probability below which its cluster would fall apart; 1 for a record alone.

    It is the weakest pair of the strongest tree that spans the cluster.
    """
    steps, step = np.unique(inside.probability, return_inverse=True)
    distance = (len(steps) - step).astype(np.float64)  # at least 1: scipy takes 0 for no pair
    pairs = sparse.csr_array((distance, (inside.left, inside.right)), shape=(inside.count, inside.count))
    ends, farthest = minimum_spanning_tree(pairs).tocoo(), np.zeros(inside.count)
    np.maximum.at(farthest, cluster[ends.coords[0]], ends.data)
    known = np.append(steps, 1.0)
    return known[len(steps) - farthest[cluster].astype(np.int64)]


def _refusals(refused: NumberedPairs, reason: Numbers) -> pa.Table:
    columns = ("left_record_id", "right_record_id", "matched_by", "match_probability")
    words = pa.array(REASONS).take(pa.array(reason - 1))
    return refused.rows.select(columns).append_column("reason", words)
