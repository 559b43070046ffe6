"""Whether tonight's customers are, to each propensity, still those of its training and of 30 days before."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from jobs.arrow_frames import frame_of_rows
from jobs.models.baseline import baseline_of_points
from jobs.models.stability import stability_of_counts
from schemas.scores.propensities import MODEL_OF
from schemas.scores.propensity_stability import PROPENSITY_STABILITY
from schemas.stability_bounds import CHANGING, FEWEST_CUSTOMERS

TONIGHT, STAYED, BEFORE, TRAINING = "tonight", "tonight of those before", "30_days_before", "training"

PointCounts = Mapping[int, int]
Line = tuple[str, str, str, str, float | None, float | None, int, int, str | None]


def build(
    propensities: DataFrame,
    card_propensity: Mapping[str, Any],
    churn: Mapping[str, Any],
    response: Mapping[str, Any],
    *,
    as_of: date,  # noqa: ARG001
) -> DataFrame:
    """One row per measure, propensity and what it is compared with; none of a propensity that a declared rate answers.

    propensities: tonight's, scored by these models.
    """
    files = {**card_propensity, **churn, **response}
    learnt = {what: files[f"{name}.json"] for what, name in MODEL_OF.items()}
    learnt = {what: content for what, content in learnt.items() if not content["fallback"]}
    counts = _count_points(propensities, list(learnt)) if learnt else {}
    lines = [line for what, content in learnt.items() for line in _lines(what, content, counts)]
    return frame_of_rows(propensities.sparkSession, PROPENSITY_STABILITY, lines)


def _count_points(propensities: DataFrame, told: list[str]) -> Mapping[tuple[str, str], PointCounts]:
    """How many customers have so many points, by night and by what is told; one pass, whatever their number."""
    marks = [
        F.struct(F.lit(night).alias("night"), F.lit(what).alias("subject"), points.alias("points"))
        for what in told
        for night, points in _points_of(F.col(f"{what}_points"), F.col(f"{what}_change_30d"))
    ]
    exploded = propensities.select(F.explode(F.array(*marks)).alias("mark")).where("mark.points IS NOT NULL")
    counts: dict[tuple[str, str], dict[int, int]] = {}
    for row in exploded.groupBy("mark.night", "mark.subject", "mark.points").count().toArrow().to_pylist():
        counts.setdefault((row["night"], row["subject"]), {})[row["points"]] = row["count"]
    return counts


def _points_of(points: Column, change: Column) -> tuple[tuple[str, Column], ...]:
    """Tonight's; and of customers who had points on both days, those of tonight and of then."""
    return (TONIGHT, points), (STAYED, F.when(change.isNotNull(), points)), (BEFORE, points - change)


def _lines(what: str, content: Mapping[str, Any], counts: Mapping[tuple[str, str], PointCounts]) -> Iterator[Line]:
    tonight, stayed, then = (counts.get((night, what), {}) for night in (TONIGHT, STAYED, BEFORE))
    baseline, version = baseline_of_points(content), content["model_version"]
    compared = {BEFORE: (stayed, then)} | ({} if baseline is None else {TRAINING: (tonight, baseline.points)})
    for beside, (now, before) in compared.items():
        heads = sum(now.values()), sum(before.values())
        rates = [_expected_rate(content, side) for side in (now, before)]
        yield (version, "expected_rate", what, beside, *rates, *heads, None)
        if baseline is not None:
            index = stability_of_counts(baseline.groups_of(before), baseline.groups_of(now))
            is_shift = beside == TRAINING and min(heads) >= FEWEST_CUSTOMERS and (index or 0) > CHANGING
            yield (version, "population_stability", what, beside, index, None, *heads, "warning" if is_shift else None)


def _expected_rate(content: Mapping[str, Any], points: PointCounts) -> float | None:
    """The mean probability that the points mean: whole numbers of customers, added in the order of the points."""
    if not points:
        return None
    offset, factor = content["scale"]["offset"], content["scale"]["factor"]
    expected = (count / (1 + math.exp((offset - level) / factor)) for level, count in sorted(points.items()))
    return math.fsum(expected) / sum(points.values())
