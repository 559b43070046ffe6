"""Arrow tables become DataFrames with their columns, whether or not they have rows."""

from __future__ import annotations

import pyarrow as pa
import pytest
from pyspark.sql import SparkSession

from jobs.arrow_frames import frame_of

SCHEMA = pa.schema([("customer_id", pa.string()), ("tie_count", pa.int64()), ("since", pa.timestamp("us", tz="UTC"))])


@pytest.mark.parametrize("names", [["ann", "bob"], []])
def test_a_table_keeps_its_columns_even_without_rows(spark: SparkSession, names: list[str]) -> None:
    rows = pa.table([names, [1] * len(names), [0] * len(names)], schema=SCHEMA)
    frame = frame_of(spark, rows)
    assert frame.dtypes == [("customer_id", "string"), ("tie_count", "bigint"), ("since", "timestamp")]
    assert [row["customer_id"] for row in frame.collect()] == names
