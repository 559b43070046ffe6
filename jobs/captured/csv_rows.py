"""Rows of a gzipped CSV file: RFC 4180 with a header, UTF-8, one row on one line.

Stock readers let an unclosed quote swallow the rows after it. Here a line break always ends a row, so an unclosed
quote costs its own line only; every line must match the grammar before Arrow may split it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv

from jobs.captured.headers import refuse_other_columns
from jobs.captured.lines import ASK_FOR_THE_FILE, Block, Fail, blocks_of_lines
from jobs.captured.rows import Batch, RefusedRow

FIELD = rb'(?:"[^"\r\n\0]*+(?:""[^"\r\n\0]*+)*+"|[^",\r\n\0]*+)'
LONGEST_HEADER = 10_000


def read_csv(path: Path, place: str, expected: tuple[str, ...], fail: Fail) -> Iterator[Batch]:
    """All rows as text, null where a field is empty; a header with other columns than `expected` stops the table."""
    names: list[str] = []
    for block in blocks_of_lines(path, fail):
        if not names:
            names = _header(block, expected, fail)
            row_pattern = re.compile(b"(?:" + FIELD + b",){%d}" % (len(names) - 1) + FIELD)
            block = Block(block.first_line + 1, block.lines[1:], block.is_cut)  # noqa: PLW2901 (the rest of it)
        if block.lines:
            yield _batch(block, place, names, row_pattern)
    if not names:
        raise fail("the file is empty, not even a header", ASK_FOR_THE_FILE)


def _header(block: Block, expected: tuple[str, ...], fail: Fail) -> list[str]:
    line = block.lines[0].removesuffix(b"\r")
    is_plain = len(line) <= LONGEST_HEADER and line.isascii() and b"\0" not in line
    names = [name.strip('"') for name in line.decode("ascii").split(",")] if is_plain else []
    refuse_other_columns(names, expected, fail)
    return names


def _batch(block: Block, place: str, names: list[str], row_pattern: re.Pattern[bytes]) -> Batch:
    lines = [line.removesuffix(b"\r") for line in block.lines]
    refused = dict(_malformed(lines, len(names), row_pattern))
    if block.is_cut:
        refused.setdefault(len(lines) - 1, "the file ends within this line")
    good = [position for position in range(len(lines)) if position not in refused]
    raw = [lines[position] for position in good]
    return Batch(
        place,
        lines=np.array(good, dtype=np.int64) + block.first_line,
        columns=_split(raw, names),
        raw=raw,
        refused=[RefusedRow(block.first_line + at, lines[at], "", why) for at, why in sorted(refused.items())],
    )


def _malformed(lines: list[bytes], field_count: int, row_pattern: re.Pattern[bytes]) -> Iterator[tuple[int, str]]:
    for position, match in enumerate(map(row_pattern.fullmatch, lines)):
        if match is None:
            yield position, _why_malformed(lines[position], field_count)
    if not _is_utf8(b"\n".join(lines)):
        yield from ((position, "not UTF-8") for position, line in enumerate(lines) if not _is_utf8(line))


def _why_malformed(line: bytes, field_count: int) -> str:
    if b"\0" in line:
        return "holds a NUL byte"
    if b"\r" in line:
        return "holds a carriage return"
    if re.fullmatch(b"(?:" + FIELD + b",)*+" + FIELD, line) is None:
        return "a quote is not closed, or stands within a field"
    return f"has not {field_count} fields"


def _is_utf8(content: bytes) -> bool:
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _split(lines: list[bytes], names: list[str]) -> dict[str, pa.Array]:
    if not lines:
        return {name: pa.array([], pa.string()) for name in names}
    content = b"\n".join(lines) + b"\n"
    csv = pyarrow.csv
    table = csv.read_csv(
        pa.BufferReader(content),
        read_options=csv.ReadOptions(column_names=names, use_threads=False, block_size=len(content) + 1),
        parse_options=csv.ParseOptions(newlines_in_values=False, ignore_empty_lines=False),
        convert_options=csv.ConvertOptions(
            column_types=dict.fromkeys(names, pa.string()),
            null_values=[""],
            strings_can_be_null=True,
            quoted_strings_can_be_null=True,
        ),
    )
    if table.num_rows != len(lines):
        raise AssertionError(f"{len(lines)} lines of CSV were split into {table.num_rows} rows")
    return {name: pa.concat_arrays(table[name].chunks) for name in names}
