"""Records of a Parquet file of one's own, in the columns that are compared."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from jobs.customers.comparing import RECORDS


class RecordsFileError(ValueError):
    """The file holds no records that can be compared; the message says what to change."""

    exit_code = 2


def read_records(path: Path) -> pa.Table:
    """The rows of the file, with the types of RECORDS and whatever columns it has besides.

    RecordsFileError names the file and every column that is missing or of another type, or a record that stands twice.
    """
    try:
        rows = pq.read_table(path)
    except (OSError, pa.ArrowInvalid):
        raise RecordsFileError(f"{path.name}: no Parquet file that can be read") from None
    missing = [name for name in RECORDS.names if name not in rows.column_names]
    if missing:
        raise RecordsFileError(f"{path.name}: has no column {', '.join(missing)}; a column may hold nulls alone")
    for field in RECORDS:
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
