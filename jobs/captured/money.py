"""Sums of money on their way from the source to staging: what was read is what was staged plus what was set aside."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

import pyarrow as pa

from jobs.captured.capture import CentsSum
from schemas.table import Column, Table


def money_columns(table: Table) -> tuple[str, ...]:
    """The columns that hold an amount in cents."""
    return tuple(column.name for column in table.columns if is_money(column))


def is_money(column: Column) -> bool:
    """Whether a column holds an amount in cents."""
    return column.name.endswith("_cents") and column.type == "bigint"


def sum_of_cents(cells: pa.Array) -> int:
    """The exact sum; nulls count as nothing. Summed in two halves, so that no 64-bit sum overflows."""
    amounts = cells.fill_null(0).to_numpy(zero_copy_only=False)
    return (int((amounts >> 32).sum()) << 32) + int((amounts & 0xFFFFFFFF).sum())


class MoneyLedger:
    """Adds up every column of money three times over."""

    def __init__(self, table: Table) -> None:
        self._names = money_columns(table)
        self._read: Counter[str] = Counter()
        self._staged: Counter[str] = Counter()
        self._set_aside: Counter[str] = Counter()

    def read(self, cells: Mapping[str, pa.Array]) -> None:
        """Cells as they were read, those of rows that will be refused included."""
        self._add(self._read, cells)

    def staged(self, cells: Mapping[str, pa.Array]) -> None:
        """Cells of rows that were written to the files handed back."""
        self._add(self._staged, cells)

    def set_aside(self, cells: Mapping[str, pa.Array]) -> None:
        """Cells of rows that were refused or dropped as duplicates."""
        self._add(self._set_aside, cells)

    def sums(self) -> dict[str, CentsSum]:
        """The three sums of every column of money."""
        return {name: CentsSum(self._read[name], self._staged[name], self._set_aside[name]) for name in self._names}

    def _add(self, sums: Counter[str], cells: Mapping[str, pa.Array]) -> None:
        for name in self._names:
            sums[name] += sum_of_cents(cells[name])
