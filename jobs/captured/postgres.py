"""Captures the tables of the partner banks: a day's slice of each from one consistent snapshot per bank."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np

from jobs.captured.bank_connection import connected, record_batches
from jobs.captured.bank_sql import (
    BIND_SLICE,
    COLUMNS,
    DAY_IS_OVER,
    OPEN_SNAPSHOT,
    SCHEMA,
    SNAPSHOT,
    BankColumn,
    refuse_other_table,
    select_slice,
)
from jobs.captured.capture import BadSourceError, Capture, Delivery, SourceUnavailableError
from jobs.captured.intake import Intake
from jobs.captured.rows import Batch
from jobs.captured.tokens import Tokeniser
from jobs.settings import Settings
from schemas.table import BankTable, Table

ROWS_IN_BATCH = 65_536
LONG_AGO = "-infinity"  # where the first slice starts


def capture_banks(
    tables: Sequence[Table], business_date: date, settings: Settings, staging: Path
) -> dict[str, Capture]:
    """The slices of that day of all tables and banks, staged under `staging`/<dataset>, by address.

    Rows stand in the order of bank code and key. BadSourceError when a table is not as promised or has too many bad
    rows; SourceUnavailableError when a bank does not answer: then nothing is staged of any table.
    """
    tokeniser = Tokeniser(settings.keys().pseudonym)
    intakes = {
        table.address: Intake(Delivery(table, business_date), tokeniser, staging / table.name) for table in tables
    }
    snapshots = {}
    try:
        for bank, url in sorted(settings.banks.items()):
            with connected(bank, url, business_date) as cursor:
                snapshots[bank] = _capture_bank(bank, cursor, tables, business_date, settings, intakes)
        digests = slice_digests(tables, business_date, settings)
        notes = {f"snapshot of {bank}": snapshot for bank, snapshot in snapshots.items()}
        return {address: intake.finish(digests[address], notes) for address, intake in intakes.items()}
    except BaseException:
        for intake in intakes.values():
            intake.abandon()
        raise


def slice_digests(tables: Sequence[Table], business_date: date, settings: Settings) -> dict[str, dict[str, str]]:
    """Address -> bank -> digest of the question put to it: bank, table and slice. No server is asked.

    A past slice does not change by agreement with the banks, so the same question means the same rows.
    """
    start, end = day_slice(business_date, settings)
    return {
        table.address: {
            bank: hashlib.sha256(
                "\n".join((bank, table.address, ",".join(table.column_names), start, end)).encode()
            ).hexdigest()
            for bank in sorted(settings.banks)
        }
        for table in tables
    }


def banks_are_ready(business_date: date, settings: Settings) -> bool:
    """Whether every bank answers and has ended that day; BadSourceError as below."""
    return not why_banks_are_not_ready(business_date, settings)


def why_banks_are_not_ready(business_date: date, settings: Settings) -> list[str]:
    """One line for every bank that does not answer, or whose day is not over.

    BadSourceError when a bank answers and refuses us: a wrong password does not become right by waiting.
    """
    problems = []
    for bank in sorted(settings.banks):
        try:
            if not has_ended_the_day(bank, business_date, settings):
                problems.append(f"bank {bank} {business_date}: its day is not over; wait for midnight")
        except SourceUnavailableError as error:
            problems.append(str(error))
    return problems


def has_ended_the_day(bank: str, business_date: date, settings: Settings) -> bool:
    """Whether that day is over by the bank's own clock.

    SourceUnavailableError when the bank does not answer, BadSourceError when it refuses us.
    """
    with connected(bank, settings.banks[bank], business_date) as cursor:
        cursor.execute(DAY_IS_OVER, [day_slice(business_date, settings)[1]])
        return bool(cursor.fetchone()[0])


def refuse_other_tables(bank: str, tables: Sequence[Table], business_date: date, settings: Settings) -> None:
    """BadSourceError for the first table of the bank that is not as promised, or that we may not read."""
    with connected(bank, settings.banks[bank], business_date) as cursor:
        for table in tables:
            _columns_of(Delivery(table, business_date), bank, cursor)


def day_slice(business_date: date, settings: Settings) -> tuple[str, str]:
    """Start (included) and end (excluded) of the day in the alliance's zone; the first slice holds all history."""
    zone = ZoneInfo(settings.time_zone)
    start, end = (datetime.combine(business_date + timedelta(days=n), time.min, tzinfo=zone) for n in (0, 1))
    return LONG_AGO if business_date == settings.first_business_date else start.isoformat(), end.isoformat()


def _capture_bank(
    bank: str,
    cursor: Any,
    tables: Sequence[Table],
    business_date: date,
    settings: Settings,
    intakes: Mapping[str, Intake],
) -> str:
    """Feed every table's slice to its intake within one transaction; the snapshot they all come from."""
    for statement in OPEN_SNAPSHOT:
        cursor.execute(statement)
    slice_of_day = day_slice(business_date, settings)
    cursor.execute(DAY_IS_OVER, [slice_of_day[1]])
    if not cursor.fetchone()[0]:
        raise SourceUnavailableError(f"bank {bank} {business_date}: its day is not over; try again after midnight")
    cursor.execute(BIND_SLICE, list(slice_of_day))
    cursor.fetchall()
    cursor.execute(SNAPSHOT)
    snapshot = str(cursor.fetchone()[0])
    for table in tables:
        for batch in _slice_of(Delivery(table, business_date), bank, cursor):
            intakes[table.address].add(batch)
    cursor.execute("COMMIT")
    return snapshot


def _columns_of(delivery: Delivery, bank: str, cursor: Any) -> list[BankColumn]:
    """The columns of the bank's table; BadSourceError when they are not what the contract says."""
    source = delivery.table.source
    if not isinstance(source, BankTable):
        raise TypeError(f"{delivery.table.address} does not come from a bank")

    def fail(problem: str, cure: str) -> BadSourceError:
        return delivery.bad(f"bank {bank}", f"{SCHEMA}.{source.table}: {problem}", cure)

    cursor.execute(COLUMNS, [SCHEMA, source.table])
    found = [BankColumn(name, kind, scale, nullable == "YES") for name, kind, scale, nullable in cursor.fetchall()]
    refuse_other_table(delivery, found, fail)
    return found


def _slice_of(delivery: Delivery, bank: str, cursor: Any) -> Iterator[Batch]:
    found = _columns_of(delivery, bank, cursor)
    cursor.execute(select_slice(delivery, found))
    next_row = 1
    for whole in record_batches(cursor, bank, delivery.business_date):
        for start in range(0, whole.num_rows, ROWS_IN_BATCH):
            batch = whole.slice(start, ROWS_IN_BATCH)
            lines = np.arange(next_row, next_row + batch.num_rows, dtype=np.int64)
            yield Batch(bank, lines, dict(zip(batch.schema.names, batch.columns, strict=True)))
            next_row += batch.num_rows
