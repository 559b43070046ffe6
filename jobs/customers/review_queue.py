"""Pairs of records that wait for a person to say whether they are one person."""

from __future__ import annotations

from datetime import date

from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F


def build(record_pairs: DataFrame, *, as_of: date, previous: DataFrame | None = None) -> DataFrame:
    """One row per pair under review. previous: last night's queue; a pair that left it and comes back waits anew."""
    waiting = record_pairs.where(F.col("decision") == "review")
    if previous is None:
        queue = waiting.withColumn("waiting_since_date", F.lit(as_of))
    else:
        key = ("left_record_id", "right_record_id")
        since = previous.select(*key, F.col("waiting_since_date").alias("_since"))
        queue = waiting.join(since, list(key), how="left").withColumn(
            "waiting_since_date", F.coalesce("_since", F.lit(as_of))
        )
    order = Window.orderBy(
        F.col("match_probability").desc(), "waiting_since_date", "left_record_id", "right_record_id"
    )  # one task sorts it: a queue that people can work through is short
    return queue.withColumn("place_in_queue", F.row_number().over(order))
