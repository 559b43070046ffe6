"""64-bit hashes of rows, a whole batch at a time, with secret coefficients so that nobody can make rows collide.

Text is hashed as a sum of bytes times secret words (multilinear hashing, Carter and Wegman 1979), numbers by a
finaliser with good mixing (splitmix64, Steele et al. 2014). Two different rows collide with odds of about 2^-56.
"""

from __future__ import annotations

import hashlib

import numpy as np
import numpy.typing as npt
import pyarrow as pa

Hashes = npt.NDArray[np.uint64]

LONGEST_TEXT = 4096  # longer cells are hashed one by one
NULL_WORD = 0


class RowHasher:
    """One hash function over a list of columns; another `name` under the same seed is an independent function."""

    def __init__(self, seed: bytes, name: str, columns: tuple[str, ...]) -> None:
        self._columns = columns
        self._seed = hashlib.sha256(seed + name.encode()).digest()
        words = np.frombuffer(hashlib.shake_256(self._seed).digest(8 * (LONGEST_TEXT + 64)), dtype=np.uint64)
        self._text_words = words[:LONGEST_TEXT] | np.uint64(1)
        self._column_words = words[LONGEST_TEXT:] | np.uint64(1)

    def hashes(self, batch: pa.RecordBatch) -> Hashes:
        """One hash per row; equal rows have equal ones, in every batch and process with the same seed."""
        total = np.zeros(batch.num_rows, dtype=np.uint64)
        for position, name in enumerate(self._columns):
            cells = batch.column(name)
            is_text = pa.types.is_string(cells.type) or pa.types.is_binary(cells.type)
            words = self._of_text(cells) if is_text else _of_numbers(cells)
            if cells.null_count:
                words[cells.is_null().to_numpy(zero_copy_only=False)] = NULL_WORD
            total += _mixed(words + self._column_words[2 * position % 64]) * self._column_words[(2 * position + 1) % 64]
        return total

    def _of_text(self, cells: pa.Array) -> Hashes:
        if not len(cells):
            return np.zeros(0, dtype=np.uint64)
        _, offsets_buffer, data_buffer = cells.buffers()
        offsets = np.frombuffer(offsets_buffer, dtype=np.int32)[cells.offset : cells.offset + len(cells) + 1]
        offsets = offsets.astype(np.int64)
        lengths = np.diff(offsets)
        start, end = int(offsets[0]), int(offsets[-1])
        data = np.frombuffer(data_buffer, dtype=np.uint8)[start:end] if end > start else np.zeros(0, dtype=np.uint8)
        places = np.arange(end - start) - np.repeat(offsets[:-1] - start, lengths)
        terms = (data.astype(np.uint64) + np.uint64(1)) * self._text_words[places % LONGEST_TEXT]
        sums = np.concatenate([np.zeros(1, dtype=np.uint64), np.cumsum(terms, dtype=np.uint64)])
        words: Hashes = sums[offsets[1:] - start] - sums[offsets[:-1] - start] + np.uint64(1)
        for position in np.flatnonzero(lengths > LONGEST_TEXT).tolist():
            words[position] = self._of_long_text(cells[position].as_py() or "")
        return words

    def _of_long_text(self, text: str | bytes) -> int:
        content = text if isinstance(text, bytes) else text.encode()
        digest = hashlib.blake2b(content, key=self._seed, digest_size=8).digest()
        return int.from_bytes(digest, "little")


def _of_numbers(cells: pa.Array) -> Hashes:
    if pa.types.is_boolean(cells.type):
        cells = cells.cast(pa.uint8())
    filled = cells.fill_null(0) if not pa.types.is_temporal(cells.type) else _as_integers(cells).fill_null(0)
    numbers = filled.to_numpy(zero_copy_only=False)
    # -0.0 + 0.0 is 0.0
    numbers = numbers + 0.0 if numbers.dtype == np.float64 else numbers.astype(np.int64)
    words: Hashes = numbers.view(np.uint64) + np.uint64(1)
    return words


def _as_integers(cells: pa.Array) -> pa.Array:
    return cells.view(pa.int32() if pa.types.is_date32(cells.type) else pa.int64())


def _mixed(words: Hashes) -> Hashes:
    words = (words ^ (words >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    words = (words ^ (words >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return words ^ (words >> np.uint64(31))
