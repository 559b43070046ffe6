"""Records of a Parquet file of one's own, in the columns that are compared."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from jobs.customers.comparing import RECORDS
from jobs.customers.naming import LAST_NIGHT, MOMENT
from jobs.standing_files import IS_GONE

SINCE = pa.field("record_since", MOMENT)


class RecordsFileError(ValueError):
    """The file holds no records that can be compared; the message says what to change."""

    exit_code = 2


def read_records(path: Path) -> pa.Table:
    """The rows of the file, with the types of RECORDS and whatever columns it has besides.

    RecordsFileError names the file and every column that is missing or of another type, or a record that stands twice.
    """
    return _read(path, RECORDS)


def read_records_with_since(path: Path) -> pa.Table:
    """The same with record_since, a moment, which every record has that is not gone."""
    rows = _read(path, pa.schema([*RECORDS, SINCE]))
    is_missing = pc.is_null(rows[SINCE.name])
    if IS_GONE.name in rows.column_names:
        is_missing = pc.and_(is_missing, pc.invert(pc.fill_null(rows[IS_GONE.name], False)))
    if pc.any(is_missing).as_py():
        raise RecordsFileError(f"{path.name}: column {SINCE.name}: a null on a record that is there")
    return rows


def read_customers(path: Path) -> pa.Table:
    """Who was who, from a file with the columns of customers/identities; RecordsFileError as for records."""
    return _read(path, LAST_NIGHT).select(LAST_NIGHT.names)


def _read(path: Path, expected: pa.Schema) -> pa.Table:
    try:
        rows = pq.read_table(path)
    except (OSError, pa.ArrowInvalid):
        raise RecordsFileError(f"{path.name}: no Parquet file that can be read") from None
    missing = [name for name in expected.names if name not in rows.column_names]
    if missing:
        raise RecordsFileError(f"{path.name}: has no column {', '.join(missing)}; a column may hold nulls alone")
    for field in (*expected, *([IS_GONE] if IS_GONE.name in rows.column_names else ())):
        place = rows.schema.get_field_index(field.name)
        try:
            rows = rows.set_column(place, field, rows[field.name].cast(field.type))
        except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
            told = rows.schema.field(field.name).type
            raise RecordsFileError(f"{path.name}: column {field.name} is {told} instead of {field.type}") from None
    names = rows["source_record_id"]
    if names.null_count or len(names.unique()) != len(names):
        raise RecordsFileError(f"{path.name}: every source_record_id once, and no null")
    return rows
