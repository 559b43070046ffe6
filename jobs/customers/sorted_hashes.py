"""Rows by the hash of a value they carry, found by bisection."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from jobs.relations.graph import Numbers

Hashes: TypeAlias = npt.NDArray[np.uint64]


@dataclass(frozen=True)
class SortedHashes:
    """hashes: ascending, one for each row that carries a value. rows: the rows, in the order of the hashes."""

    hashes: Hashes
    rows: Numbers

    @classmethod
    def of(cls, hashes: Hashes, rows: Numbers) -> SortedHashes:
        """Of rows in any order."""
        order = np.argsort(hashes, kind="stable")
        return cls(hashes[order], rows[order])

    def count(self, wanted: Hashes) -> Numbers:
        """How many rows carry each of these."""
        first, last = self._ranges(wanted)
        return last - first

    def rows_with(self, wanted: Hashes) -> Numbers:
        """The rows that carry one of these, each as often as it is asked for."""
        first, last = self._ranges(wanted)
        length = last - first
        within = np.arange(length.sum()) - np.repeat(np.cumsum(length) - length, length)
        return np.asarray(self.rows[np.repeat(first, length) + within])

    def _ranges(self, wanted: Hashes) -> tuple[Numbers, Numbers]:
        # In ascending order each search begins where the one before ended, in memory that is at hand.
        ascending, place = np.unique(wanted, return_inverse=True)
        first, last = (np.searchsorted(self.hashes, ascending, side=side) for side in ("left", "right"))
        return first[place], last[place]
