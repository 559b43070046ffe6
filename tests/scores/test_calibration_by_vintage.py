"""How the scorecard has done on each vintage, in figures that can be checked by hand."""

from __future__ import annotations

import math
from datetime import date

import pytest
from scipy.stats import linregress

from jobs.models.scorecard import seal
from jobs.scores.calibration_by_vintage import build, dates_that_taught, gini_trend, measure_levels
from schemas.models.credit_training_set import CREDIT_TRAINING_SET
from schemas.scores.customer_scores import CUSTOMER_SCORES
from tests.conftest import TableMaker
from tests.scores.small_scorecard import FACTOR, TRAINED, number, scorecard

AS_OF = date(2026, 4, 30)


def test_each_vintage_is_measured_and_told_apart_from_those_learnt_from(table: TableMaker) -> None:
    card = scorecard(number("days_past_due", [0.5], [20, -60]))
    trained_on = {"learnt_from": {"observation_dates": ["2025-07-31"]}, "calibrated_on": {"observation_dates": []}}
    content = seal({**card, "trained_on": trained_on}, TRAINED)
    report = {"judged_on": "out_of_time", "parts": {"out_of_time": {"gini": 0.5}}}
    given = [
        {"observation_date": day, "customer_id": name, "days_past_due": late, "is_default": bad}
        for day, name, late, bad in (
            ("2025-07-31", "ann", 0, False),
            ("2025-08-31", "ann", 0, False),
            ("2025-08-31", "bob", 0, True),
            ("2025-08-31", "carol", 9, True),
            ("2025-08-31", "dan", 9, False),
            ("2025-08-31", "eve", 0, False),
        )
    ]
    files = {"scorecard.json": content, "report.json": report}
    july, august = (
        build(table(CREDIT_TRAINING_SET, given), files, table(CUSTOMER_SCORES, []), as_of=AS_OF)
        .orderBy("observation_date")
        .collect()
    )
    assert (july["was_learnt_from"], july["customers"], july["defaults"], july["auc"]) == (True, 1, 0, None)
    assert july["expected_over_observed"] is None
    assert (august["was_learnt_from"], august["customers"], august["defaults"]) == (False, 5, 2)
    assert (july["was_calibrated_on"], august["was_calibrated_on"]) == (True, False)
    assert (august["gini_trend_per_month"], august["gini_trend_error"]) == (None, None)
    assert august["auc"] == pytest.approx((0.5 * 1 + 2 + 0.5 * 2) / 6, abs=1e-6)
    assert august["ks"] == pytest.approx(1 / 2 - 1 / 3, abs=1e-6)
    risks = [1 / (1 + 30 * math.exp(points / FACTOR)) for points in (20, 20, -60, -60, 20)]
    assert august["expected_default_rate"] == pytest.approx(sum(risks) / 5, abs=1e-6)
    assert (august["gini_when_trained"], august["model_version"]) == (0.5, content["model_version"])
    assert build(table(CREDIT_TRAINING_SET, []), files, table(CUSTOMER_SCORES, []), as_of=AS_OF).collect() == []


def test_a_vintage_of_one_outcome_has_no_figures_of_discrimination() -> None:
    assert measure_levels([{"customers": 3, "defaults": 3, "expected": 0.6}])[-3:] == (None, None, None)


def test_dates_that_taught_the_calibration_have_taught_the_scorecard_too() -> None:
    july, august, september = "2025-07-31", "2025-08-31", "2025-09-30"
    told = {"learnt_from": {"observation_dates": [july]}, "observation_dates": [july, august, september]}
    for calibrated, newest in (([], july), ([august], august), ([august, september], september)):
        given = {**told, "calibrated_on": {"observation_dates": calibrated}}
        assert dates_that_taught(given) == (date(2025, 7, 31), date.fromisoformat(newest))
    assert dates_that_taught(told) == (date(2025, 7, 31), date(2025, 9, 30))  # it did not say


def test_the_trend_of_gini_is_that_of_a_least_squares_line() -> None:
    days = [date(2025, month, 28) for month in (1, 2, 3, 5, 6)]
    ginis = [0.61, 0.58, 0.59, 0.52, 0.53]
    found = linregress([1, 2, 3, 5, 6], ginis)
    residuals = [
        gini - found.intercept - found.slope * month for month, gini in zip((1, 2, 3, 5, 6), ginis, strict=True)
    ]
    deviation = math.sqrt(sum(one**2 for one in residuals) / 3)
    assert gini_trend(list(zip(days, ginis, strict=True))) == pytest.approx(
        (found.slope, found.stderr, deviation), abs=1e-6
    )
    assert gini_trend([(day, 0.5) for day in days]) == (0.0, 0.0, 0.0)
    assert gini_trend([(day, 0.5) for day in days[:3]]) == (None, None, None)
