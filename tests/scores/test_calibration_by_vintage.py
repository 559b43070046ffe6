"""How the scorecard has done on each vintage, in figures that can be checked by hand."""

from __future__ import annotations

import math
from datetime import date

import pytest

from jobs.models.scorecard import seal
from jobs.scores.calibration_by_vintage import build, measure_levels
from schemas.models.credit_training_set import CREDIT_TRAINING_SET
from schemas.scores.customer_scores import CUSTOMER_SCORES
from tests.conftest import TableMaker
from tests.scores.small_scorecard import FACTOR, TRAINED, number, scorecard

AS_OF = date(2026, 4, 30)


def test_each_vintage_is_measured_and_told_apart_from_those_learnt_from(table: TableMaker) -> None:
    card = scorecard(number("days_past_due", [0.5], [20, -60]))
    content = seal({**card, "trained_on": {"learnt_from": {"observation_dates": ["2025-07-31"]}}}, TRAINED)
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
    assert august["auc"] == pytest.approx((0.5 * 1 + 2 + 0.5 * 2) / 6, abs=1e-6)
    assert august["ks"] == pytest.approx(1 / 2 - 1 / 3, abs=1e-6)
    risks = [1 / (1 + 30 * math.exp(points / FACTOR)) for points in (20, 20, -60, -60, 20)]
    assert august["expected_default_rate"] == pytest.approx(sum(risks) / 5, abs=1e-6)
    assert (august["gini_when_trained"], august["model_version"]) == (0.5, content["model_version"])
    assert build(table(CREDIT_TRAINING_SET, []), files, table(CUSTOMER_SCORES, []), as_of=AS_OF).collect() == []


def test_a_vintage_of_one_outcome_has_no_figures_of_discrimination() -> None:
    assert measure_levels([{"customers": 3, "defaults": 3, "expected": 0.6}])[-3:] == (None, None, None)
