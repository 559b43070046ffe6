"""Who is asked to look, because of what; a quiet night asks nobody."""

from __future__ import annotations

from datetime import date
from typing import Any

from jobs.scores.score_alerts import FIRST_STEPS, build
from schemas.scores.calibration_by_vintage import CALIBRATION_BY_VINTAGE
from schemas.scores.score_alerts import OWNERS, SCORE_ALERTS
from schemas.scores.score_stability import SCORE_STABILITY
from tests.conftest import TableMaker, rows

AS_OF = date(2026, 4, 30)


def line(measure: str, subject: str, beside: str, value: float, **more: Any) -> dict[str, Any]:
    return {"measure": measure, "subject": subject, "compared_with": beside, "value": value, **BOTH, **more}


def vintage(day: str, expected: float, observed: float, gini: float, **more: Any) -> dict[str, Any]:
    return {
        "observation_date": day, "was_learnt_from": False, "was_calibrated_on": False,
        "customers": 2000, "defaults": 100, "gini": gini,
        "expected_default_rate": expected, "observed_default_rate": observed,
        "expected_over_observed": expected / observed, "gini_when_trained": 0.6, **more,
    }  # fmt: skip


BOTH = {"customers": 500, "customers_before": 500}


def test_what_is_out_of_bounds_is_told_to_its_owner_and_nothing_else_is(table: TableMaker) -> None:
    stability = [
        line("characteristic_stability", "inflow", "training", 0.15),
        line("characteristic_stability", "few", "training", 0.9, customers=199),
        line("characteristic_stability", "calm", "training", 0.1),
        line("approval_rate", "up to grade C", "30_days_before", 0.5, value_before=0.61),
        line("approval_rate", "up to grade B", "30_days_before", 0.2, value_before=0.61),
        line("approval_ratio", "age_band: 18-24", "most_approved_group", 0.79),
        line("approval_ratio", "age_band: 25-34", "most_approved_group", 0.8),
    ]
    vintages = [
        vintage("2025-08-31", 0.05, 0.05, 0.49),
        vintage("2025-09-30", 0.07, 0.05, 0.6),
        vintage("2025-07-31", 0.07, 0.05, 0.1, was_learnt_from=True),
        vintage("2025-06-30", 0.07, 0.05, 0.1, defaults=29),
        vintage("2025-05-31", 0.07, 0.05, 0.6, customers=100),
        vintage("2025-04-30", 0.07, 0.05, 0.6, was_calibrated_on=True),
    ]
    found = build(table(SCORE_STABILITY, stability), table(CALIBRATION_BY_VINTAGE, vintages), as_of=AS_OF)
    assert rows(found, "alert", "subject", "severity", "owner") == [
        ("adverse_impact", "age_band: 18-24", "warning", "compliance"),  # t33
        ("approval_shift", "up to grade C", "warning", "credit_risk"),
        ("feature_shift", "inflow", "warning", "data_engineering"),
        ("lost_calibration", "2025-09-30", "warning", "credit_risk"),
        ("lost_discrimination", "2025-08-31", "warning", "credit_risk"),
    ]
    assert build(table(SCORE_STABILITY, []), table(CALIBRATION_BY_VINTAGE, []), as_of=AS_OF).collect() == []


def test_a_gini_that_falls_from_vintage_to_vintage_is_told_before_one_is_out_of_bounds(table: TableMaker) -> None:
    def told(slope: float, error: float, **more: Any) -> list[Any]:
        trend = {"gini_trend_per_month": slope, "gini_trend_error": error, "gini_trend_deviation": 0.01}
        before = vintage("2025-08-31", 0.05, 0.05, 0.6, gini_trend_per_month=-0.5, gini_trend_error=0.001)
        vintages = table(CALIBRATION_BY_VINTAGE, [before, vintage("2025-09-30", 0.05, 0.05, 0.55, **trend, **more)])
        return rows(build(table(SCORE_STABILITY, []), vintages, as_of=AS_OF), "alert", "subject", "value")

    assert told(-0.01, 0.002) == [("falling_discrimination", "2025-09-30", 0.12)]
    assert told(-0.01, 0.004) == []  # 2.5 errors: may be chance
    assert told(-0.004, 0.0001) == []  # sure, and little
    assert told(0.01, 0.0001) == []
    assert told(-0.01, 0.002, defaults=29) == []


def test_every_alert_of_the_contract_has_an_owner_and_a_first_step() -> None:
    assert set(FIRST_STEPS) == set(SCORE_ALERTS.column("alert").allowed)
    assert {owner for owner, _ in FIRST_STEPS.values()} <= set(OWNERS)
