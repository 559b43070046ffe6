"""DataFrames of Arrow tables, the empty ones included."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pyarrow as pa
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql.pandas.types import from_arrow_schema

from jobs.arrow_types import unchecked_schema
from schemas.table import Table


def frame_of(session: SparkSession, rows: pa.Table) -> DataFrame:
    """The rows as a DataFrame with the table's columns.

    Of a table without rows Spark Connect takes the columns only when they are given, and then not as an Arrow table.
    """
    if rows.num_rows:
        return session.createDataFrame(rows)
    return session.createDataFrame([], from_arrow_schema(rows.schema))


def frame_of_rows(session: SparkSession, contract: Table, rows: Iterable[tuple[Any, ...]]) -> DataFrame:
    """Rows of Python, each the values of the contract's columns in their order.

    Given to Spark as they are, an embedded one would start a Python to read them.
    """
    named = [dict(zip(contract.column_names, row, strict=True)) for row in rows]
    return frame_of(session, pa.Table.from_pylist(named, unchecked_schema(contract)))
