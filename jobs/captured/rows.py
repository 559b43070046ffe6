"""Rows as a source delivered them: a batch of columns, beside the lines that could not even be read."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pyarrow as pa

Lines = npt.NDArray[np.int64]


@dataclass(frozen=True)
class RefusedRow:
    """A row that cannot be used: where it stands, what is wrong with it, and its bytes for the keyed digest.

    column is empty when the row as a whole is wrong. reason never holds a delivered value.
    """

    line: int
    raw: bytes
    column: str
    reason: str


@dataclass(frozen=True)
class Batch:
    """Rows of one file or bank in the order of delivery, by the column names of the source.

    lines: the line of each row (in Parquet and PostgreSQL: its number), counted from 1.
    columns: text where the format has no types (values are cast later), else the format's own types.
    raw: the bytes of each row; empty where the source has none, the values then stand for them.
    refused: rows of the same stretch that are not among the columns.
    """

    place: str
    lines: Lines
    columns: Mapping[str, pa.Array]
    raw: Sequence[bytes] = ()
    refused: Sequence[RefusedRow] = field(default_factory=tuple)

    @property
    def row_count(self) -> int:
        """All rows, the refused ones included."""
        return len(self.lines) + len(self.refused)

    def raw_row(self, position: int) -> bytes:
        """The bytes of one row."""
        if self.raw:
            return self.raw[position]
        return written_out({name: _written(cells.slice(position, 1)) for name, cells in self.columns.items()})


def written_out(row: Mapping[str, object]) -> bytes:
    """A row of a source without lines as bytes, the same each time, for its keyed digest."""
    return json.dumps(row, sort_keys=True, default=str, ensure_ascii=True).encode()


def _written(cell: pa.Array) -> object:
    """The one value in a form that Python can hold whatever it is: no UTF-8, nanoseconds."""
    if pa.types.is_dictionary(cell.type):
        cell = cell.dictionary_decode()
    if pa.types.is_timestamp(cell.type):
        cell = cell.view(pa.int64())
    elif pa.types.is_string(cell.type):
        cell = cell.cast(pa.binary())
    return cell[0].as_py()
