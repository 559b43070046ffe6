"""Rows that stand, found by hashes of what they carry; some leave and others come.

A row is a thing in one version. Rows of versions that no longer hold stay, and count no more.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa

from jobs.customers.sorted_hashes import Hashes, SortedHashes
from jobs.relations.graph import Numbers
from jobs.relations.union import Marks

NOT_GIVEN = np.uint64(0)
"""In place of the hash of a value that a row does not carry; a value has it with a chance of 2^-64."""

Carried = Mapping[str, tuple[Hashes, Numbers]]
"""For each kind of value the hashes of what is given, and the rows it is given on."""


@dataclass
class StandingRows:
    """parts: the rows of the beginning, then those of each change. index: for each kind one level a part."""

    parts: list[pa.Table]
    index: dict[str, list[SortedHashes]]
    is_alive: Marks
    _hash_of_row: dict[tuple[str, int], Hashes] = field(default_factory=dict)

    @classmethod
    def of(cls, rows: pa.Table, index: Mapping[str, SortedHashes]) -> StandingRows:
        """rows: all in one chunk."""
        levels = {kind: [hashes] for kind, hashes in index.items()}
        return cls([rows], levels, np.ones(rows.num_rows, dtype=bool))

    @property
    def beginning(self) -> tuple[pa.Table, Mapping[str, SortedHashes]]:
        """The rows of the beginning and their hashes."""
        return self.parts[0], {kind: levels[0] for kind, levels in self.index.items()}

    @property
    def next_row(self) -> int:
        """The number of the first row that comes next."""
        return len(self.is_alive)

    @property
    def count(self) -> int:
        """How many rows count."""
        return int(np.count_nonzero(self.is_alive))

    def replace(self, old: Numbers, new: pa.Table, carried: Carried) -> None:
        """Let rows go, and take others in. carried: what the new ones carry, numbered from `next_row`."""
        self.is_alive[old] = False
        self.is_alive = np.append(self.is_alive, np.ones(new.num_rows, dtype=bool))
        self.parts.append(new)
        for kind, (hashes, rows) in carried.items():
            self.index[kind].append(SortedHashes.of(hashes, rows))

    def with_any(self, kind: str, hashes: Hashes) -> Numbers:
        """The rows that count and carry one of these, ascending."""
        found = np.concatenate([level.rows_with(hashes) for level in self.index[kind]])
        return np.unique(found[self.is_alive[found]])

    def count_ever(self, kind: str, hashes: Hashes) -> Numbers:
        """How many rows carry each of these, with those that count no more."""
        return sum((level.count(hashes) for level in self.index[kind]), np.zeros(len(hashes), dtype=np.int64))

    def taken(self, rows: Numbers) -> pa.Table:
        """These rows, which come ascending."""
        taken = [self.parts[number].take(pa.array(inside)) for number, inside in self._by_part(rows)]
        return pa.concat_tables(taken).combine_chunks()

    def hashes(self, kind: str, rows: Numbers) -> Hashes:
        """What each of these rows, which come ascending, carries of a kind; NOT_GIVEN where it carries nothing."""
        return np.concatenate([self._of_part(kind, number)[inside] for number, inside in self._by_part(rows)])

    def table(self) -> pa.Table:
        """All rows that count, in the order in which they came."""
        return pa.concat_tables(self.parts).filter(pa.array(self.is_alive))

    def _by_part(self, rows: Numbers) -> Iterator[tuple[int, Numbers]]:
        """The number of each part, and which of its own rows are among these."""
        firsts = self._firsts()
        ends = np.searchsorted(rows, firsts)
        for number in range(len(self.parts)):
            yield number, rows[ends[number] : ends[number + 1]] - firsts[number]

    def _firsts(self) -> Numbers:
        return np.cumsum([0, *(part.num_rows for part in self.parts)])

    def _of_part(self, kind: str, number: int) -> Hashes:
        if (kind, number) not in self._hash_of_row:
            level, first = self.index[kind][number], int(self._firsts()[number])
            by_row = np.full(self.parts[number].num_rows, NOT_GIVEN)
            by_row[level.rows - first] = level.hashes
            self._hash_of_row[kind, number] = by_row
        return self._hash_of_row[kind, number]


def net_of(parts: Sequence[pa.Table], keys: Sequence[Hashes], replaced: Sequence[Hashes]) -> tuple[pa.Table, Hashes]:
    """What is left of the rows of several changes, and all keys whose earlier rows count no more.

    parts: the rows of each change, in turn. keys: the hashes by which rows are replaced, of all parts one after
    another; a row goes when any of them does. replaced: what each change replaced.
    """
    firsts = np.cumsum([0, *(part.num_rows for part in parts)])
    seen, kept = np.array([], dtype=np.uint64), []
    for number in reversed(range(len(parts))):
        inside = slice(firsts[number], firsts[number + 1])
        is_replaced = np.zeros(parts[number].num_rows, dtype=bool)
        for key in keys:
            is_replaced |= np.isin(key[inside], seen)
        kept.append(parts[number].filter(pa.array(~is_replaced)))
        seen = np.union1d(seen, replaced[number])
    return pa.concat_tables(reversed(kept)).combine_chunks(), seen
