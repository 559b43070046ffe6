"""Why trees give a score: what each feature adds to it, and of those that cost most, which and with what value.

TreeSHAP, Lundberg, Erion and Lee 2018, as LightGBM computes it: what the features add and what everybody starts with
are together the raw score. It is measured against the average of the rows learnt from, where the points of a scorecard
are against its best bin; so a feature that is better than the average is no reason, however much better it might be.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from pyspark.sql import Column
from pyspark.sql import functions as F

from jobs.models.challenger import TreeFeature
from jobs.scores.reason_texts import MOST_REASONS, POINTS_DIGITS, plain_text
from schemas.scores.customer_scores import CUSTOMER_SCORES

if TYPE_CHECKING:
    import pyarrow

REASONS_TYPE = "array<struct<feature:string,points_lost:double,number:double,category:string>>"


def told(reasons: Column, features: Sequence[TreeFeature]) -> Column:
    """The reasons as every score publishes them: feature, points lost, and both in words; none where null."""
    in_words = F.transform(
        reasons,
        lambda one: F.struct(
            one["feature"].alias("feature"),
            one["points_lost"].alias("points_lost"),
            plain_text(features, one["feature"], one["number"], one["category"]).alias("text"),
        ),
    )
    return F.coalesce(in_words, no_reasons())


def no_reasons() -> Column:
    """An empty list of reasons."""
    return F.array().cast(CUSTOMER_SCORES.column("reasons").type)


def reasons_of_batches() -> Callable[[Any, Any, Any, Mapping[str, Any]], pyarrow.ListArray]:
    """A function, carried to the workers by value: the reasons of each customer of a batch, most points first.

    Equal losses are told apart by name. Customers whose truth value at the head's place `reasons_if` does not hold are
    not asked about; without a place all are.
    """
    most, digits = MOST_REASONS, POINTS_DIGITS

    def values_of(batch: Any, head: Mapping[str, Any], rows: Any, places: Any) -> tuple[Any, Any]:
        """The value of the feature at each place in each row: as a number, or as a category."""
        import numpy as np
        import pyarrow as pa

        numbers, categories = np.full(len(rows), np.nan), np.full(len(rows), None, dtype=object)
        for place in np.unique(places):
            position, constant, known_categories, *_ = head["features"][place]
            chosen = places == place
            if constant is not None:
                numbers[chosen] = constant
            elif known_categories:
                categories[chosen] = batch.column(position).take(pa.array(rows[chosen])).to_pylist()
            else:
                numbers[chosen] = batch.column(position).take(pa.array(rows[chosen])).to_numpy(zero_copy_only=False)
        return pa.array(numbers, pa.float64(), from_pandas=True), pa.array(categories, pa.string())

    def reasons_of(batch: Any, matrix: Any, booster: Any, head: Mapping[str, Any]) -> pyarrow.ListArray:
        import numpy as np
        import pyarrow as pa

        asked = np.arange(batch.num_rows)
        if head["reasons_if"] is not None:
            asked = np.flatnonzero(batch.column(head["reasons_if"]).to_numpy(zero_copy_only=False))
        by_name = np.argsort(np.array(head["names"]), kind="stable")
        added = np.zeros((0, len(by_name) + 1))
        if len(asked):
            added = booster.predict(matrix[asked], pred_contrib=True, num_threads=1)
        lost = np.round(added[:, by_name] * head["points_per_raw"], digits)
        lost[:, [head["features"][place][1] is not None for place in by_name]] = 0.0  # not the customer's: no reason
        worst = np.argsort(-lost, axis=1, kind="stable")[:, :most]
        row, place = np.repeat(np.arange(len(asked)), worst.shape[1]), worst.ravel()
        costs = lost[row, place]
        row, place, costs = row[costs > 0], by_name[place[costs > 0]], costs[costs > 0]
        counts = np.zeros(len(matrix), dtype=np.int64)
        counts[asked] = np.bincount(row, minlength=len(asked))
        numbers, categories = values_of(batch, head, asked[row], place)
        names = pa.array([head["names"][one] for one in place], pa.string())
        told = pa.StructArray.from_arrays(
            [names, pa.array(costs, pa.float64()), numbers, categories],
            names=["feature", "points_lost", "number", "category"],
        )
        return pa.ListArray.from_arrays(pa.array(np.r_[0, np.cumsum(counts)], pa.int32()), told)

    return reasons_of
