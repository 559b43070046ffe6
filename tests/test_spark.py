"""The two sessions of one Spark: for few rows, and for many."""

from __future__ import annotations

from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from jobs.spark import another_session

PARTITIONS = "spark.sql.shuffle.partitions"


def test_few_rows_are_dealt_into_as_many_parts_as_asked_for_and_many_rows_into_theirs(compiling: SparkSession) -> None:
    few = another_session(compiling, shuffle_partitions=1, few_rows=True)
    assert (few.conf.get(PARTITIONS), compiling.conf.get(PARTITIONS)) == ("1", "2")
    dealt = few.range(10).groupBy(F.col("id") % 3).count()
    assert dealt.rdd.getNumPartitions() == 1


def test_a_compiled_plan_is_not_compiled_again_after_more_plans_than_a_night_has_datasets(
    compiling: SparkSession,
) -> None:
    java = compiling.sparkContext._jvm
    assert java
    compilations = java.org.apache.spark.metrics.source.CodegenMetrics.METRIC_COMPILATION_TIME()

    def compiled_by(plans: int) -> int:
        before = compilations.getCount()
        for number in range(plans):
            assert compiling.range(1).select(F.col("id") * F.lit(7_919 + number)).collect() == [(0,)]
        return int(compilations.getCount() - before)

    assert compiled_by(120) >= 120
    assert compiled_by(120) == 0
