"""The questions put to a bank's PostgreSQL: identifiers from the contract, values bound, never the other way round."""

from __future__ import annotations

import re
from dataclasses import dataclass

from jobs.captured.capture import Delivery
from jobs.captured.conform import delivered_columns
from jobs.captured.headers import CHANGED_COLUMNS, refuse_other_columns
from jobs.captured.lines import Fail
from schemas.columns import BANK_CODE
from schemas.table import BankTable, Column

SCHEMA = "bank"
IDENTIFIER = re.compile(r"[a-z][a-z0-9_]{0,62}")

OPEN_SNAPSHOT = (
    "BEGIN TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY",
    "SET LOCAL TIME ZONE 'UTC'",
    "SET LOCAL statement_timeout = '60min'",  # the first night reads years of history
    "SET LOCAL lock_timeout = '30s'",
    "SET LOCAL idle_in_transaction_session_timeout = '60min'",
)
SNAPSHOT = "SELECT pg_current_snapshot()::text"
# COPY, the fast road, takes no parameters: they are bound here and read back within the statement.
BIND_SLICE = (
    "SELECT set_config('nightledger.slice_start', $1::text, true), set_config('nightledger.slice_end', $2::text, true)"
)
DAY_IS_OVER = "SELECT now() >= $1::text::timestamptz"
COLUMNS = (
    "SELECT column_name::text, data_type::text, numeric_scale::int, is_nullable::text "
    "FROM information_schema.columns WHERE table_schema = $1::text AND table_name = $2::text ORDER BY ordinal_position"
)

TEXT_TYPES = frozenset({"text", "character varying", "character", "uuid"})
INTEGER_TYPES = frozenset({"smallint", "integer", "bigint", "numeric"})
TYPES = {
    "string": TEXT_TYPES,
    "int": INTEGER_TYPES,
    "bigint": INTEGER_TYPES,  # never double: it cannot hold every amount; never numeric with decimals: other units
    "double": frozenset({"double precision", "real", "numeric"}),
    "boolean": frozenset({"boolean"}),
    "date": frozenset({"date"}),
    "timestamp": frozenset({"timestamp with time zone"}),
}


@dataclass(frozen=True)
class BankColumn:
    """A column as the bank's catalogue describes it."""

    name: str
    data_type: str
    numeric_scale: int | None
    is_nullable: bool


def refuse_other_table(delivery: Delivery, found: list[BankColumn], fail: Fail) -> None:
    """BadSourceError with every missing, unknown and differently typed column of the bank's table."""
    columns = delivered_columns(delivery.table)
    if not found:
        raise fail("the table is not there, or we may not read it", "ask the bank to grant SELECT on it")
    refuse_other_columns([column.name for column in found], [column.name_in_source for column in columns], fail)
    by_name = {column.name: column for column in found}
    wrong = [
        f"{column.name_in_source} is {_described(by_name[column.name_in_source])} instead of {column.type}"
        for column in columns
        if not _is_as_promised(by_name[column.name_in_source], column.type)
    ]
    if wrong:
        raise fail(f"columns of another type: {', '.join(wrong)}", CHANGED_COLUMNS)


def select_slice(delivery: Delivery, found: list[BankColumn]) -> str:
    """Rows changed within the bound slice, in the order of their key, the same in every collation.

    Rows without a moment of change belong to no slice: they come every day, to be quarantined rather than lost.
    """
    source = delivery.table.source
    if not isinstance(source, BankTable):
        raise TypeError(f"{delivery.table.address} does not come from a bank")
    changed = _quoted(source.changed)
    columns = {column.name: column for column in delivered_columns(delivery.table)}
    key = [columns[name] for name in delivery.table.key if name != BANK_CODE.name]
    may_be_null = any(column.name == source.changed and column.is_nullable for column in found)
    numeric = {column.name for column in found if column.data_type == "numeric"}
    return (
        f"SELECT {', '.join(_selected(column, numeric) for column in columns.values())} "  # noqa: S608 (see IDENTIFIER)
        f"FROM {_quoted(SCHEMA)}.{_quoted(source.table)} "
        f"WHERE ({changed} >= current_setting('nightledger.slice_start')::timestamptz "
        f"AND {changed} < current_setting('nightledger.slice_end')::timestamptz)"
        f"{f' OR {changed} IS NULL' if may_be_null else ''} "
        f"ORDER BY {', '.join(map(_ordered, key))}"
    )


def _is_as_promised(found: BankColumn, promised: str) -> bool:
    has_decimals = found.data_type == "numeric" and bool(found.numeric_scale) and promised != "double"
    return found.data_type in TYPES[promised] and not has_decimals


def _described(column: BankColumn) -> str:
    scale = f" with {column.numeric_scale} decimals" if column.data_type == "numeric" and column.numeric_scale else ""
    return column.data_type + scale


def _selected(column: Column, numeric: set[str]) -> str:
    name = _quoted(column.name_in_source)
    as_text = column.type == "string" or column.name_in_source in numeric
    return f"{name}::text AS {name}" if as_text else name


def _ordered(column: Column) -> str:
    name = _quoted(column.name_in_source)
    return f'{name}::text COLLATE "C"' if column.type == "string" else name


def _quoted(name: str) -> str:
    if not IDENTIFIER.fullmatch(name):
        raise ValueError(f"{name} in the contract is no plain identifier")
    return f'"{name}"'
