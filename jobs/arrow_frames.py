"""DataFrames of Arrow tables, the empty ones included."""

from __future__ import annotations

import pyarrow as pa
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql.pandas.types import from_arrow_schema


def frame_of(session: SparkSession, rows: pa.Table) -> DataFrame:
    """The rows as a DataFrame with the table's columns.

    Of a table without rows Spark Connect takes the columns only when they are given, and then not as an Arrow table.
    """
    if rows.num_rows:
        return session.createDataFrame(rows)
    return session.createDataFrame([], from_arrow_schema(rows.schema))
