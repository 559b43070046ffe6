"""What those a customer is tied to were scored the night before."""

from __future__ import annotations

from datetime import date

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs.relations.neighbours import neighbours_of
from jobs.windows import count_where


def build(
    transfers: DataFrame,
    shared_identifiers: DataFrame,
    favours: DataFrame,
    *,
    as_of: date,
    scores_before: DataFrame | None,
) -> DataFrame:
    """One row per customer with a neighbour who was scored the night before; none on a night without one before.

    scores_before: scores/customer_scores of the night before. A customer who has become part of another since is
    nobody's neighbour tonight, and that score is left out.
    """
    neighbours = neighbours_of(transfers, shared_identifiers, favours, as_of).select("customer_id", "neighbour_id")
    if scores_before is None:
        nothing = (F.lit(None).cast("int").alias("score"), F.lit(None).cast("boolean").alias("is_thin_file"))
        return _described(neighbours.where(F.lit(False)).select("customer_id", *nothing))
    scores = scores_before.select(F.col("customer_id").alias("neighbour_id"), "score", "is_thin_file")
    return _described(neighbours.join(scores, "neighbour_id", how="inner"))


def _described(scored: DataFrame) -> DataFrame:
    """The mean is of whole numbers, summed before they are divided: no order of rows changes it."""
    known = F.when(~F.col("is_thin_file"), F.col("score"))
    return scored.groupBy("customer_id").agg(
        F.count("score").alias("scored_neighbour_count"),
        count_where(F.col("is_thin_file")).alias("thin_file_neighbour_count"),
        F.avg(known).alias("neighbour_score_mean"),
        F.min(known).alias("neighbour_score_min"),
    )
