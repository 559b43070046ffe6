"""Rows of a Parquet file, with the types of the contract; a changed type stops the table, for it would change sums."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from jobs.captured.headers import CHANGED_COLUMNS, refuse_other_columns
from jobs.captured.lines import ASK_FOR_THE_FILE, LONGEST_LINE, Fail
from jobs.captured.rows import Batch
from schemas.table import Column

ROWS_IN_BATCH = 65_536
ROWS_PER_BYTE = 4  # a row of ours takes 10 to 100 bytes; 121 kB have been seen to claim 50 TB
ROWS_ALWAYS_ALLOWED = 100_000  # below this a bomb does no harm, and repeated values may compress that well
LARGEST_BATCH = 512 << 20  # unpacked; a batch of ours has some 20 MB
LARGEST_RATIO = 1_000  # of a column's pages to the file's size


def read_parquet(path: Path, place: str, columns: Sequence[Column], fail: Fail) -> Iterator[Batch]:
    """All rows; text may still be no UTF-8 and moments may be finer than microseconds, which `values` looks into."""
    try:
        yield from _batches(path, place, columns, fail)
    except (pa.ArrowException, OSError, EOFError):
        raise fail("the file is damaged or is no Parquet file", ASK_FOR_THE_FILE) from None


def _batches(path: Path, place: str, columns: Sequence[Column], fail: Fail) -> Iterator[Batch]:
    text = [column.name_in_source for column in columns if column.type == "string"]
    next_row = 1
    with pq.ParquetFile(path, read_dictionary=text, page_checksum_verification=True) as file:
        _refuse_bomb(file.metadata, path.stat().st_size, fail)
        schema = file.schema_arrow
        refuse_other_columns(schema.names, [column.name_in_source for column in columns], fail)
        _refuse_other_types(schema, columns, fail)
        for batch in file.iter_batches(batch_size=ROWS_IN_BATCH, use_threads=False):
            cells = dict(zip(batch.schema.names, batch.columns, strict=True))
            _refuse_inflated_text(cells, fail)
            lines = np.arange(next_row, next_row + batch.num_rows, dtype=np.int64)
            yield Batch(place, lines, cells)
            next_row += batch.num_rows


def _refuse_bomb(metadata: pq.FileMetaData, size: int, fail: Fail) -> None:
    rows = metadata.num_rows
    groups = [metadata.row_group(index) for index in range(metadata.num_row_groups)]
    unpacked = sum(group.total_byte_size for group in groups)
    if rows > max(ROWS_ALWAYS_ALLOWED, ROWS_PER_BYTE * size):
        raise fail(f"{size} bytes claim to hold {rows} rows", ASK_FOR_THE_FILE)
    if unpacked > max(LARGEST_BATCH, LARGEST_RATIO * size):
        raise fail(f"{size} bytes claim to unpack to {unpacked} bytes", ASK_FOR_THE_FILE)


def _refuse_inflated_text(cells: dict[str, pa.Array], fail: Fail) -> None:
    """A dictionary may say one long text for a million rows: measured here, before it is written out per row."""
    total = 0
    for column in cells.values():
        if pa.types.is_dictionary(column.type) and len(column.dictionary):
            lengths = pc.binary_length(column.dictionary)
            if (pc.max(lengths).as_py() or 0) > LONGEST_LINE:
                raise fail(f"a text is longer than {LONGEST_LINE} bytes", ASK_FOR_THE_FILE)
            total += pc.sum(lengths.cast(pa.int64()).take(column.indices)).as_py() or 0
    if total > LARGEST_BATCH:
        raise fail(f"{ROWS_IN_BATCH} rows unpack to more than {LARGEST_BATCH} bytes of text", ASK_FOR_THE_FILE)


def _refuse_other_types(schema: pa.Schema, columns: Sequence[Column], fail: Fail) -> None:
    problems = [
        f"{column.name_in_source} is {found} instead of {column.type}"
        for column in columns
        if not _is_as_promised(found := _value_type(schema.field(column.name_in_source).type), column.type)
    ]
    if problems:
        raise fail(f"columns of another type: {', '.join(problems)}", CHANGED_COLUMNS)


def _is_as_promised(found: pa.DataType, promised: str) -> bool:
    """Whether a type holds the same values: any width of integer, any unit of a moment that names its zone."""
    types = pa.types
    checks = {
        "string": types.is_string(found) or types.is_large_string(found) or types.is_string_view(found),
        "int": types.is_integer(found),
        "bigint": types.is_integer(found),
        "double": types.is_float64(found) or types.is_float32(found),
        "boolean": types.is_boolean(found),
        "date": types.is_date32(found),
        "timestamp": types.is_timestamp(found) and found.tz is not None,
    }
    return bool(checks[promised])


def _value_type(found: pa.DataType) -> pa.DataType:
    return found.value_type if pa.types.is_dictionary(found) else found
