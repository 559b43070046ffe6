"""Pairs of records in memory, by the numbers of their records."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from jobs.relations.graph import Floats, Numbers
from jobs.relations.union import Marks, joined


@dataclass(frozen=True)
class NumberedPairs:
    """Pairs of `count` records, ordered by left and right; a reviewer's pair has probability 1.

    rows: the same pairs as in customers/record_pairs.
    """

    count: int
    left: Numbers
    right: Numbers
    probability: Floats
    is_reviewed: Marks
    rows: pa.Table

    def only(self, which: Marks) -> NumberedPairs:
        """Some of the pairs, in the same order."""
        return replace(
            self,
            left=self.left[which],
            right=self.right[which],
            probability=self.probability[which],
            is_reviewed=self.is_reviewed[which],
            rows=self.rows.filter(pa.array(which)),
        )

    def groups(self, which: Marks | Numbers | slice = slice(None)) -> Numbers:
        """For each record the smallest one that the pairs, or some of them, lead to."""
        return joined(self.count, self.left[which], self.right[which])


def numbered(pairs: pa.Table, names: pa.Array) -> NumberedPairs:
    """The pairs of known records. names: every record once, ascending."""
    ends = [pc.index_in(pairs[end], value_set=names) for end in ("left_record_id", "right_record_id")]
    is_known = pc.and_(pc.is_valid(ends[0]), pc.is_valid(ends[1]))
    left, right = (end.filter(is_known).to_numpy().astype(np.int64) for end in ends)
    order = np.lexsort((right, left))
    rows = pairs.filter(is_known).take(pa.array(order))
    is_reviewed = pc.equal(rows["decided_by"], "reviewer").to_numpy().astype(bool)
    given = pc.fill_null(rows["match_probability"].cast(pa.float64()), 1.0).to_numpy()
    return NumberedPairs(len(names), left[order], right[order], np.where(is_reviewed, 1.0, given), is_reviewed, rows)
