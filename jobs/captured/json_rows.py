"""Rows of a gzipped JSON-lines file: RFC 8259, one object on one line, no key twice, no unknown field."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from jobs.arrow_types import arrow_type
from jobs.captured.headers import printable
from jobs.captured.lines import Block, Fail, blocks_of_lines
from jobs.captured.rows import Batch, RefusedRow
from schemas.table import Column

PYTHON_TYPES: dict[str, frozenset[type]] = {
    "int": frozenset({int}),
    "bigint": frozenset({int}),
    "double": frozenset({int, float}),
    "boolean": frozenset({bool}),
}
TEXT = frozenset({str})  # strings, and days and moments, which JSON writes as strings
WHOLE_NUMBERS = {  # beyond 2^53 a double no longer holds every whole number
    "int": range(-(2**31), 2**31),
    "bigint": range(-(2**63), 2**63),
    "double": range(-(2**53), 2**53 + 1),
}

Json = dict[str, Any]


class BadLineError(ValueError):
    """A line is not what it must be; the message is the reason for the quarantine and holds no delivered value."""


def read_json_lines(path: Path, place: str, columns: Sequence[Column], fail: Fail) -> Iterator[Batch]:
    """All rows; days and moments are still text, other values have the contract's type."""
    for block in blocks_of_lines(path, fail):
        yield _batch(block, place, columns)


def strictly_parsed(line: bytes) -> Json:
    """The one object on a line; BadLineError says what else it is."""
    try:
        value = DECODER.decode(line.decode("utf-8"))
    except UnicodeDecodeError:
        raise BadLineError("not UTF-8") from None
    except json.JSONDecodeError as error:
        is_followed = error.msg == "Extra data"
        raise BadLineError("something follows the object" if is_followed else "not JSON") from None
    except (ValueError, RecursionError) as error:
        raise error if isinstance(error, BadLineError) else BadLineError("not JSON") from None
    if not isinstance(value, dict):
        raise BadLineError("not an object")
    return value


def _without_repeated_keys(pairs: list[tuple[str, Any]]) -> Json:
    row = dict(pairs)
    if len(row) != len(pairs):
        raise BadLineError("a key stands twice")
    return row


def _refuse_constant(_name: str) -> None:
    raise BadLineError("NaN and Infinity are not JSON")


DECODER = json.JSONDecoder(object_pairs_hook=_without_repeated_keys, parse_constant=_refuse_constant)


def _batch(block: Block, place: str, columns: Sequence[Column]) -> Batch:
    known = frozenset(column.name_in_source for column in columns)
    required = frozenset(column.name_in_source for column in columns if not column.is_nullable)
    rows: list[Json] = []
    positions: list[int] = []
    refused: dict[int, tuple[str, str]] = {}
    for position, line in enumerate(block.lines):
        try:
            row = strictly_parsed(line)
            if not (row.keys() <= known and required <= row.keys()):
                column, reason = _other_fields(row, known, required)
                refused[position] = (column, reason)
                continue
        except BadLineError as error:
            refused[position] = ("", str(error))
            continue
        rows.append(row)
        positions.append(position)
    if block.is_cut and positions and positions[-1] == len(block.lines) - 1:
        refused[positions.pop()] = ("", "the file ends within this line")
        rows.pop()
    return _typed_batch(block, place, columns, rows, positions, refused)


def _other_fields(row: Json, known: frozenset[str], required: frozenset[str]) -> tuple[str, str]:
    unknown, missing = sorted(row.keys() - known), sorted(required - row.keys())
    return (missing[0], "field is missing") if missing else (printable(unknown[0]), "field is unknown")


def _typed_batch(
    block: Block,
    place: str,
    columns: Sequence[Column],
    rows: list[Json],
    positions: list[int],
    refused: dict[int, tuple[str, str]],
) -> Batch:
    arrays = {}
    for column in columns:
        name = column.name_in_source
        arrays[name], wrong = _as_array([row.get(name) for row in rows], column)
        for index in wrong:
            refused.setdefault(positions[index], (column.name, f"is not of type {column.type}"))
    keep = np.array([position not in refused for position in positions], dtype=bool)
    lines = np.array(positions, dtype=np.int64)[keep]
    return Batch(
        place,
        lines=lines + block.first_line,
        columns={name: cells.filter(pa.array(keep)) for name, cells in arrays.items()},
        raw=[block.lines[position] for position in lines.tolist()],
        refused=[
            RefusedRow(block.first_line + position, block.lines[position], column, reason)
            for position, (column, reason) in sorted(refused.items())
        ],
    )


def _as_array(values: list[Any], column: Column) -> tuple[pa.Array, list[int]]:
    """The values, and the positions of those of another JSON type, too large or with half a character; null there."""
    right = PYTHON_TYPES.get(column.type, TEXT)
    target = pa.string() if right is TEXT else arrow_type(column.type)
    if column.type not in WHOLE_NUMBERS and set(map(type, values)) <= right | {type(None)}:
        try:
            return pa.array(values, target), []
        except UnicodeEncodeError:  # half of a surrogate pair, written as an escape
            pass
    wrong = [index for index, value in enumerate(values) if value is not None and not _fits(value, column, right)]
    for index in wrong:
        values[index] = None
    return pa.array(values, target), wrong


def _fits(value: Any, column: Column, right: frozenset[type]) -> bool:
    if type(value) not in right:
        return False
    if type(value) is str:
        return not any("\ud800" <= character <= "\udfff" for character in value)
    return type(value) is not int or value in WHOLE_NUMBERS[column.type]
