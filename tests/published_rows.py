"""A partition of a lake with the rows that a test gives."""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow.parquet as pq

from jobs.inputs import Dates
from jobs.lake import Lake
from jobs.origin import Origin
from schemas.table import Table
from tests.conftest import GivenRows, arrow_rows


def publish_rows(
    lake: Lake,
    table: Table,
    dates: Dates,
    given: GivenRows,
    origin: Origin | None = None,
    without: Sequence[str] = (),
) -> None:
    """Publish them, with the columns that are not given as `table` fills them, as if built from that origin.

    without: columns that the table did not have yet when it was built.
    """
    told = origin or Origin(table.address, dates, {}, "c", "c")
    rows = arrow_rows(table, given).drop_columns(list(without))
    with lake.writing(dates.partition(table)) as writer:
        path = writer.staging_folder / "part-00000.parquet"
        pq.write_table(rows, path)
        writer.publish(
            [path],
            known_by=dates.known_by,
            as_of=dates.as_of,
            contract=told.contract,
            code=told.code,
            inputs=told.inputs,
            seconds={},
        )
