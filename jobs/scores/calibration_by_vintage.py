"""How the deciding scorecard has done on each vintage whose outcome is settled."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import numpy as np
import pyarrow as pa
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs.arrow_frames import frame_of_rows
from jobs.models.scorecard import Scorecard, read_scorecard, refuse_other_features
from jobs.models.scorecard_expressions import is_inside
from jobs.scores.by_scorecard import weighed
from jobs.scores.published_scores import score
from schemas.models.credit_training_set import CREDIT_TRAINING_SET
from schemas.scores.calibration_by_vintage import CALIBRATION_BY_VINTAGE, LEAST_DATES_OF_A_TREND

DIGITS = 6
GINI = 6  # its place in what `measure_levels` returns


def build(
    credit_training_set: DataFrame,
    credit_score: Mapping[str, Any],
    customer_scores: DataFrame,  # noqa: ARG001 - a night that could not be scored says nothing of its score
    *,
    as_of: date,  # noqa: ARG001 - the vintages are those of the training
) -> DataFrame:
    """One row per observation date of the training set.

    credit_training_set: one row per labelled customer and matured observation date, of the newest training before the
    night. credit_score: the files of the champion, which may be older: dates after those it was learnt from judge it.
    ScorecardError when the scorecard was altered, or was trained on other features than those of the training set.
    """
    content, report = credit_score["scorecard.json"], credit_score["report.json"]
    scorecard = read_scorecard(content)
    refuse_other_features(scorecard, CREDIT_TRAINING_SET.columns)
    newest_learnt, newest_taught = dates_that_taught(content["trained_on"])
    signed_with = report["parts"][report["judged_on"]]["gini"]
    levels = count_levels(credit_training_set, scorecard)
    rows, judged = [], list[tuple[date, float]]()
    for day in sorted({row["observation_date"] for row in levels}):
        measured = measure_levels([row for row in levels if row["observation_date"] == day])
        gini = measured[GINI]
        judged += [] if day <= newest_learnt or gini is None else [(day, gini)]
        trend = (None, None, None) if day <= newest_learnt else gini_trend(judged)
        taught = (day <= newest_learnt, day <= newest_taught)
        *before_trend, ks = measured
        rows.append((day, scorecard.model_version, *taught, *before_trend, *trend, ks, signed_with))
    return frame_of_rows(credit_training_set.sparkSession, CALIBRATION_BY_VINTAGE, rows)


def dates_that_taught(trained_on: Mapping[str, Any]) -> tuple[date, date]:
    """The newest date that weights were learnt from, and the newest that anything was learnt from.

    A scorecard of a training that did not tell which dates taught its calibration may have been calibrated on any.
    """
    learnt = trained_on["learnt_from"]["observation_dates"][-1]
    calibrated = trained_on.get("calibrated_on", trained_on)["observation_dates"]
    return date.fromisoformat(learnt), date.fromisoformat(max([learnt, *calibrated]))


def gini_trend(ginis: Sequence[tuple[date, float]]) -> tuple[float | None, float | None, float | None]:
    """Slope for each month, its standard error, and the deviation about the line; of too few dates there is none."""
    if len(ginis) < LEAST_DATES_OF_A_TREND:
        return None, None, None
    months = np.array([12.0 * day.year + day.month for day, _ in ginis])
    values = np.array([gini for _, gini in ginis])
    apart = months - months.mean()
    slope = float(apart @ values / (apart @ apart))
    residuals = values - values.mean() - slope * apart
    deviation = math.sqrt(float(residuals @ residuals) / (len(ginis) - 2))
    error = deviation / math.sqrt(float(apart @ apart))
    return round(slope, DIGITS), round(error, DIGITS), round(deviation, DIGITS)


def count_levels(training_set: DataFrame, scorecard: Scorecard) -> list[dict[str, Any]]:
    """Customers, defaults and expected defaults at each number of points of each date: few rows, whatever the people.

    Expected defaults are those of the rounded points, so that the sum is of the same numbers in any order.
    """
    inside = training_set if scorecard.population is None else training_set.where(is_inside(scorecard.population))
    scored = weighed(inside, scorecard)
    counted = scored.groupBy("observation_date", score(scorecard).alias("points")).agg(
        F.count(F.lit(1)).alias("customers"), F.sum(F.col("is_default").cast("bigint")).alias("defaults")
    )
    table: pa.Table = counted.toArrow()
    offset, factor = scorecard.offset, scorecard.factor
    expected = 1 / (1 + np.exp((table["points"].to_numpy() - offset) / factor)) * table["customers"].to_numpy()
    ordered = table.append_column("expected", pa.array(expected)).sort_by(
        [("observation_date", "ascending"), ("points", "ascending")]
    )
    found: list[dict[str, Any]] = ordered.to_pylist()
    return found


def measure_levels(levels: Sequence[Mapping[str, Any]]) -> tuple[float | None, ...]:
    """Customers, defaults, both rates and their ratio, AUC, Gini and KS of levels in ascending order of points."""
    customers, bads = (np.array([one[name] for one in levels], dtype=np.int64) for name in ("customers", "defaults"))
    goods, expected = customers - bads, sum(one["expected"] for one in levels) / customers.sum()
    observed = bads.sum() / customers.sum()
    rates = (int(customers.sum()), int(bads.sum()), float(observed), round(float(expected), DIGITS))
    ratio = round(float(expected / observed), DIGITS) if bads.sum() else None
    if not bads.sum() or not goods.sum():
        return (*rates, ratio, None, None, None)
    safer = goods.sum() - np.cumsum(goods)  # goods with more points than the level
    auc = float((bads * (safer + goods / 2)).sum() / (bads.sum() * goods.sum()))
    ks = float(np.max(np.abs(np.cumsum(bads) / bads.sum() - np.cumsum(goods) / goods.sum())))
    return (*rates, ratio, round(auc, DIGITS), round(2 * auc - 1, DIGITS), round(ks, DIGITS))
