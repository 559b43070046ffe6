"""Delivered cells as values of the contract's type; a cell that is not exactly such a value is named, never rounded.

Arrow alone would read "0x1F" as 31, "nan" as a number and 1e999 as infinity, so text has to match its grammar first.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from jobs.arrow_types import arrow_type
from schemas.table import Column

Mask = npt.NDArray[np.bool_]

GRAMMAR = {
    "int": r"^-?(?:0|[1-9][0-9]{0,9})$",
    "bigint": r"^-?(?:0|[1-9][0-9]{0,18})$",
    "double": r"^-?(?:0|[1-9][0-9]{0,307})(?:\.[0-9]{1,400})?(?:[eE][+-]?[0-9]{1,3})?$",
    "boolean": r"^(?:true|false|True|False|TRUE|FALSE|t|f|1|0)$",
    "date": r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$",
    "timestamp": (
        r"^[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}:[0-9]{2}"
        r"(?:\.[0-9]{1,6})?(?:Z|[+-][0-9]{2}(?::?[0-9]{2})?)$"
    ),
}
REASONS = {
    "int": "not a whole number of 32 bits",
    "bigint": "not a whole number of 64 bits",
    "double": "not a finite number",
    "boolean": "not true or false",
    "date": "not a day of the calendar like 2026-02-28",
    "timestamp": "not a moment with a time zone like 2026-02-28T23:59:59.123456+08:00",
    "string": "not text in UTF-8 without NUL",
}
# Days and moments within the years 1 to 9999 in every time zone: what Python, Spark and DuckDB all can show.
FIRST_DAY, LAST_DAY = -719_161, 2_932_895
MICROSECONDS_OF_A_DAY = 86_400_000_000


@dataclass(frozen=True)
class Problem:
    """Rows whose cell in one column is wrong, and the one reason for them."""

    column: str
    reason: str
    rows: Mask


def typed(column: Column, cells: pa.Array) -> tuple[pa.Array, list[Problem]]:
    """The cells with the type of the contract (personal ones as text), and what is wrong with which rows.

    Empty text is missing. A wrong cell is null in the result.
    """
    if pa.types.is_dictionary(cells.type):
        cells = cells.dictionary_decode()
    kind = "string" if column.personal else column.type
    if kind == "string":
        values, wrong = _text(cells)
    elif pa.types.is_string(cells.type):
        values, wrong = _parsed(cells, kind)
    else:
        values, wrong = cast_what_can_be(cells, arrow_type(kind))
    wrong |= _out_of_range(values, kind)
    problems = [Problem(column.name, REASONS[kind], wrong)] if wrong.any() else []
    return values, [*problems, *_contract_problems(column, values, wrong)]


def _contract_problems(column: Column, values: pa.Array, wrong: Mask) -> list[Problem]:
    problems = []
    if not column.is_nullable and values.null_count:
        empty = _mask(pc.is_null(values)) & ~wrong
        problems.append(Problem(column.name, "is missing", empty))
    if column.allowed:
        known = pc.is_in(values, value_set=pa.array(column.allowed, pa.string()))
        unknown = _mask(pc.invert(pc.or_(known, pc.is_null(values))))
        problems.append(Problem(column.name, "not one of the allowed values", unknown))
    return [problem for problem in problems if problem.rows.any()]


def _text(cells: pa.Array) -> tuple[pa.Array, Mask]:
    values, wrong = cast_what_can_be(cells, pa.string())
    wrong |= _mask(pc.match_substring(values, "\0"))
    empty = pc.equal(pc.binary_length(values), 0)
    return pc.if_else(empty, pa.scalar(None, pa.string()), values), wrong


def _parsed(cells: pa.Array, kind: str) -> tuple[pa.Array, Mask]:
    empty = pc.equal(pc.binary_length(cells), 0)
    cells = pc.if_else(empty, pa.scalar(None, pa.string()), cells)
    matches = pc.fill_null(pc.match_substring_regex(cells, GRAMMAR[kind]), True)
    values, wrong = cast_what_can_be(pc.if_else(matches, cells, pa.scalar(None, pa.string())), arrow_type(kind))
    return values, wrong | ~_mask(matches)


def cast_what_can_be(cells: pa.Array, target: pa.DataType) -> tuple[pa.Array, Mask]:
    """The cells in another type without losing anything; cells that cannot be are null and marked.

    Arrow refuses a whole array for one cell, so the array is halved until the cell is found.
    """
    try:
        values = cells.cast(target, safe=True)
        values.validate(full=True)  # text of a Parquet file may be no UTF-8
    except (pa.ArrowInvalid, UnicodeDecodeError):
        if len(cells) == 1:
            return pa.nulls(1, target), np.ones(1, dtype=bool)
        middle = len(cells) // 2
        left, right = (cast_what_can_be(half, target) for half in (cells[:middle], cells[middle:]))
        return pa.concat_arrays([left[0], right[0]]), np.concatenate([left[1], right[1]])
    return values, np.zeros(len(cells), dtype=bool)


def _out_of_range(values: pa.Array, kind: str) -> Mask:
    if kind == "double":
        outside = pc.invert(pc.is_finite(values))
    elif kind == "date":
        days = values.view(pa.int32())
        outside = pc.or_(pc.less(days, FIRST_DAY), pc.greater(days, LAST_DAY))
    elif kind == "timestamp":
        moments = values.view(pa.int64())
        first, end = FIRST_DAY * MICROSECONDS_OF_A_DAY, (LAST_DAY + 1) * MICROSECONDS_OF_A_DAY
        outside = pc.or_(pc.less(moments, first), pc.greater_equal(moments, end))
    else:
        return np.zeros(len(values), dtype=bool)
    return _mask(outside)


def _mask(flags: pa.Array) -> Mask:
    """Arrow booleans as numpy ones; a null counts as false."""
    return np.asarray(pc.fill_null(flags, False).to_numpy(zero_copy_only=False), dtype=bool)
