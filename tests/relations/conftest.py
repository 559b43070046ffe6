"""The Spark ways are many small plans: interpreted, as the road runs them on small data, they are soon done."""

from __future__ import annotations

import pytest
from pyspark.sql import SparkSession

from jobs.spark import session_for_small_data


@pytest.fixture(name="spark", scope="session")
def interpreting_spark(spark: SparkSession) -> SparkSession:
    """A session on the suite's Spark that interprets its plans."""
    return session_for_small_data(spark)
