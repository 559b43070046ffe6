"""Trees scored in Arrow batches: Python sees columns of thousands of customers, never a row."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from jobs.models.challenger import Challenger, TreeFeature
from jobs.models.scorecard_expressions import is_inside

if TYPE_CHECKING:
    import pyarrow

Batches = Iterable["pyarrow.RecordBatch"]


def log_odds_of_trees(customers: DataFrame, challenger: Challenger) -> DataFrame:
    """customer_id and log_odds, ln(odds good:bad); null outside the population of the challenger.

    Reading the features is Spark's: null, NaN and infinite are one missing value, strings are codes, so that a batch
    is a matrix of numbers.
    """
    inside = F.lit(True) if challenger.population is None else is_inside(challenger.population)
    numbers = customers.select("customer_id", inside.alias("is_inside"), *map(_number, challenger.features))
    score = _score_batches(challenger.trees, len(challenger.features))
    raw = numbers.mapInArrow(score, "customer_id string, raw double")
    log_odds = F.lit(challenger.intercept) - F.lit(challenger.slope) * F.col("raw")
    return raw.select("customer_id", log_odds.alias("log_odds"))


def _number(feature: TreeFeature) -> Column:
    if feature.type == "string":
        codes = F.array(*map(F.lit, feature.categories))
        position = F.array_position(codes, F.col(feature.name)).cast("double") - 1
        return F.when(position >= 0, position).alias(feature.name)
    value = F.col(feature.name).cast("double")
    is_finite = ~F.isnan(value) & (F.abs(value) < float("inf"))
    return F.when(is_finite, value).otherwise(F.lit(feature.instead_of_missing).cast("double")).alias(feature.name)


def _score_batches(trees: str, feature_count: int) -> Callable[[Batches], Iterator[pyarrow.RecordBatch]]:
    """A function that carries the trees as text and imports nothing of this project, so that any worker can run it."""

    def score(batches: Batches) -> Iterator[pyarrow.RecordBatch]:
        import sys

        # LightGBM looks for scikit-learn, which takes longer to import than all the rest and is not needed to score.
        with_learning = "sklearn" in sys.modules or "lightgbm" in sys.modules
        if not with_learning:
            sys.modules["sklearn"] = None  # type: ignore[assignment]
        import lightgbm
        import numpy as np
        import pyarrow as pa

        if not with_learning:
            del sys.modules["sklearn"]
        booster = lightgbm.Booster(model_str=trees)
        for batch in batches:
            matrix = np.empty((batch.num_rows, feature_count))
            for position in range(feature_count):
                matrix[:, position] = batch.column(position + 2).to_numpy(zero_copy_only=False)
            # One thread: Spark runs as many of these side by side as it has cores.
            raw = booster.predict(matrix, raw_score=True, num_threads=1) if batch.num_rows else np.empty(0)
            is_outside = ~batch.column(1).to_numpy(zero_copy_only=False).astype(bool)
            columns = [batch.column(0).cast(pa.string()), pa.array(raw, pa.float64(), mask=is_outside)]
            yield pa.RecordBatch.from_arrays(columns, names=["customer_id", "raw"])

    return score
