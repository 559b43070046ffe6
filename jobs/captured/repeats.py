"""Rows that a delivery brings twice: found with 8 bytes of memory per row, however long its history is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from jobs.captured.row_hashes import Hashes, RowHasher
from jobs.parquet_files import ROWS_IN_GROUP
from schemas.columns import CAPTURED_DATE
from schemas.table import Table

KEPT, DUPLICATE, CONFLICT = 0, 1, 2
Verdicts = npt.NDArray[np.uint8]

SUSPECTS_AT_ONCE = 4_000_000  # 160 MB; more keys than this are looked at in several passes over the files
BUCKETS = 16  # hashes are sorted one sixteenth at a time: 20 MB for 40 million rows instead of 320


def key_hasher(table: Table, seed: bytes) -> RowHasher:
    """The hash by which rows with the same key are suspected."""
    return RowHasher(seed, "key", table.key)


def repeated_hashes(hashes: Sequence[Hashes]) -> Hashes:
    """The hashes that occur more than once, ascending."""
    found = []
    for bucket in range(BUCKETS):
        members = [some[some >> np.uint64(60) == bucket] for some in hashes]
        ordered = np.sort(np.concatenate([np.zeros(0, dtype=np.uint64), *members]))
        found.append(np.unique(ordered[1:][ordered[1:] == ordered[:-1]]))
    return np.concatenate(found)


def verdicts(table: Table, seed: bytes, files: Sequence[Path], row_count: int, suspects: Hashes) -> Verdicts:
    """For each staged row KEPT, DUPLICATE (repeats the first row of its key) or CONFLICT (same key, other content).

    Suspicion rests on one 64-bit hash of the key; the verdict on an independent second one and on two of the
    content, so a good row is lost with odds below 2^-100.
    """
    result = np.full(row_count, KEPT, dtype=np.uint8)
    for start in range(0, len(suspects), SUSPECTS_AT_ONCE):
        _judge(table, seed, files, suspects[start : start + SUSPECTS_AT_ONCE], result)
    return result


def batches_in(files: Sequence[Path], columns: Sequence[str] | None = None) -> Iterator[pa.RecordBatch]:
    """The staged rows in their order, with all or some of their columns."""
    for path in files:
        with pq.ParquetFile(path, page_checksum_verification=True) as file:
            yield from file.iter_batches(batch_size=ROWS_IN_GROUP // 2, columns=columns)


def _judge(table: Table, seed: bytes, files: Sequence[Path], suspects: Hashes, result: Verdicts) -> None:
    content = tuple(name for name in table.column_names if name != CAPTURED_DATE.name)
    by_key = key_hasher(table, seed)
    proofs = (
        RowHasher(seed, "key again", table.key),
        RowHasher(seed, "content", content),
        RowHasher(seed, "content again", content),
    )
    first_seen = np.full(len(suspects), -1, dtype=np.int64)
    first_proofs = np.zeros((len(proofs), len(suspects)), dtype=np.uint64)
    position = 0
    for batch in batches_in(files):
        hashes = by_key.hashes(batch)
        places = np.minimum(np.searchsorted(suspects, hashes), len(suspects) - 1)
        rows = np.flatnonzero(suspects[places] == hashes)
        if len(rows):
            slots = places[rows]
            found = np.stack([hasher.hashes(batch)[rows] for hasher in proofs])
            is_first = _note_first_rows(slots, found, position + rows, first_seen, first_proofs)
            same = found == first_proofs[:, slots]
            verdict = np.where(same[1] & same[2], DUPLICATE, CONFLICT)
            # Another key that shares the 64-bit hash is a row of its own.
            result[position + rows] = np.where(is_first | ~same[0], KEPT, verdict)
        position += batch.num_rows


def _note_first_rows(
    slots: npt.NDArray[np.int64],
    found: Hashes,
    positions: npt.NDArray[np.int64],
    first_seen: npt.NDArray[np.int64],
    first_proofs: Hashes,
) -> npt.NDArray[np.bool_]:
    """Enter the first row of every key that is new, and say which rows those are."""
    unique_slots, first_index = np.unique(slots, return_index=True)
    is_new = first_seen[unique_slots] < 0
    new_slots, new_index = unique_slots[is_new], first_index[is_new]
    first_seen[new_slots] = positions[new_index]
    first_proofs[:, new_slots] = found[:, new_index]
    is_first = np.zeros(len(slots), dtype=bool)
    is_first[new_index] = True
    return is_first
