"""DataFrames of Arrow tables, the empty ones included."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import pyarrow as pa
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql.pandas.types import from_arrow_schema

from jobs.arrow_types import arrow_schema
from jobs.spark_types import spark_schema
from schemas.table import Table


def frame_of(session: SparkSession, rows: pa.Table) -> DataFrame:
    """The rows as a DataFrame with the table's columns.

    Of a table without rows Spark Connect takes the columns only when they are given, and then not as an Arrow table.
    """
    if rows.num_rows:
        return session.createDataFrame(rows)
    return session.createDataFrame([], from_arrow_schema(rows.schema))


def frame_of_rows(
    session: SparkSession, contract: Table, rows: Iterable[tuple[Any, ...]], columns: Sequence[str] = ()
) -> DataFrame:
    """Rows of Python with the contract's columns; given as such, an embedded Spark would start a Python to read them.

    columns: what the values of a row are; by default the contract's columns in their order.
    """
    names = columns or contract.column_names
    named = [dict(zip(names, row, strict=True)) for row in rows]
    if not named:
        return session.createDataFrame([], spark_schema(contract))
    return session.createDataFrame(pa.Table.from_pylist(named, arrow_schema(contract)), spark_schema(contract))
