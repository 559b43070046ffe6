"""Delivered rows in the shape of the contract: typed, complete, allowed, personal data as tokens."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from jobs.arrow_types import arrow_schema, arrow_type
from jobs.captured.capture import Delivery
from jobs.captured.rows import Batch, Lines, RefusedRow
from jobs.captured.tokens import Tokeniser
from jobs.captured.values import Mask, Problem, typed
from schemas.columns import BANK_CODE, CAPTURED_DATE
from schemas.table import BankTable, Column, Table


@dataclass(frozen=True)
class Conformed:
    """The good rows of a batch as the contract promises them, and the others.

    read: every readable cell by column, those of the refused rows included; personal cells are raw text.
    set_aside: the same cells of the refused rows alone.
    """

    rows: pa.RecordBatch
    lines: Lines
    refused: tuple[RefusedRow, ...]
    unusable_personal_values: int
    read: Mapping[str, pa.Array]
    set_aside: Mapping[str, pa.Array]


def delivered_columns(table: Table) -> tuple[Column, ...]:
    """The columns that the source itself brings: all but the day of capture, the bank and what is made here."""
    ours = {CAPTURED_DATE.name} | ({BANK_CODE.name} if isinstance(table.source, BankTable) else set())
    return tuple(column for column in table.columns if column.name not in ours and not column.is_made_at_capture)


def conform(delivery: Delivery, batch: Batch, tokeniser: Tokeniser) -> Conformed:
    """Every row is either among the rows or among the refused ones."""
    columns = delivered_columns(delivery.table)
    read: dict[str, pa.Array] = {}
    problems: list[Problem] = []
    for column in columns:
        read[column.name], found = typed(column, batch.columns[column.name_in_source])
        problems += found
    good = ~np.logical_or.reduce([p.rows for p in problems]) if problems else np.ones(len(batch.lines), dtype=bool)
    kept, set_aside = _only(read, good), _only(read, ~good)
    kept |= _made_of_others(delivery.table, kept, tokeniser)
    unusable = 0
    for column in columns:
        if column.personal:
            kept[column.name], count = tokeniser.tokens(column.personal, kept[column.name])
            unusable += count
    rows = _with_our_columns(delivery, batch.place, kept, int(good.sum()))
    return Conformed(rows, batch.lines[good], tuple(_refused(batch, problems, good)), unusable, read, set_aside)


def _made_of_others(table: Table, cells: Mapping[str, pa.Array], tokeniser: Tokeniser) -> dict[str, pa.Array]:
    """The encodings and the tokens of parts that the contract wants, of raw cells.

    What is unusable is counted with the column that it is made of.
    """
    made = {}
    for column in table.columns:
        if column.encodes:
            kind = table.column(column.encodes).personal
            made[column.name] = tokeniser.encoder.encodings(kind, cells[column.encodes])
        elif column.taken_from:
            made[column.name], _ = tokeniser.tokens(column.personal, cells[column.taken_from])
    return made


def _only(cells: Mapping[str, pa.Array], wanted: Mask) -> dict[str, pa.Array]:
    if wanted.all():
        return dict(cells)
    mask = pa.array(wanted)
    return {name: column.filter(mask) for name, column in cells.items()}


def _with_our_columns(delivery: Delivery, place: str, values: Mapping[str, pa.Array], count: int) -> pa.RecordBatch:
    constants = {CAPTURED_DATE.name: delivery.business_date, BANK_CODE.name: place}
    arrays = [
        values[column.name]
        if column.name in values
        else pa.repeat(pa.scalar(constants[column.name], arrow_type(column.type)), count)
        for column in delivery.table.columns
    ]
    return pa.RecordBatch.from_arrays(arrays, schema=arrow_schema(delivery.table))


def _refused(batch: Batch, problems: list[Problem], good: Mask) -> list[RefusedRow]:
    """One entry per row that is not good, with its first problem in the order of the columns."""
    refused = []
    for position in np.flatnonzero(~good).tolist():
        problem = next(problem for problem in problems if problem.rows[position])
        line = int(batch.lines[position])
        refused.append(RefusedRow(line, batch.raw_row(position), problem.column, problem.reason))
    return refused
