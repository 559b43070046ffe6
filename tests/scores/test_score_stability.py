"""Whether tonight's customers are those of the training: frozen groups, last year's season, approvals and groups."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

import numpy as np
import pytest
from pyspark.sql import DataFrame

from jobs.models.baseline import baseline_content, read_baseline
from jobs.models.scorecard import ScorecardError, seal
from jobs.scores.customer_scores import build as score_now
from jobs.scores.score_alerts import build as raise_alerts
from jobs.scores.score_stability import build
from schemas.cleaned.bank_customers import BANK_CUSTOMERS
from schemas.cleaned.shop_users import SHOP_USERS
from schemas.customers.identities import IDENTITIES
from schemas.models.credit_score import is_protected
from schemas.profiles.customer_profiles import CUSTOMER_PROFILES
from schemas.scores.calibration_by_vintage import CALIBRATION_BY_VINTAGE
from schemas.scores.customer_scores import CUSTOMER_SCORES
from tests.conftest import TableMaker
from tests.scores.small_scorecard import TRAINED, number, scorecard

AS_OF = date(2026, 4, 30)
PEOPLE = 400


def trained(on_time: int) -> dict[str, Any]:
    """A scorecard learnt from 400 rows, of which so many had paid 5 instalments on time: 620 points, the rest 580."""
    feature = number("days_since_last_payment", [20.0], [20, -20])
    counts = [on_time, PEOPLE - on_time]
    feature["bins"] = [{**one, "rows": rows} for one, rows in zip(feature["bins"], counts, strict=True)]
    feature |= {name: {**feature[name], "rows": 0} for name in ("missing", "special")}
    points = np.repeat([620, 580], counts)
    return seal({**scorecard(feature), "baseline": baseline_content(points)}, TRAINED)


def customers(table: TableMaker, recent: int) -> DataFrame:
    """400 customers who owe something, so many of whom paid lately; and one who owes nothing, and one in default."""
    asked = [
        {
            "customer_id": f"c{place:03d}",
            "active_plan_count": 1,
            "plan_count": 1,
            "days_past_due": 0,
            "days_since_last_payment": 5 if place < recent else 40,
            "age_band": "18-24" if place % 2 else "35-44",
        }
        for place in range(PEOPLE)
    ]
    others: list[dict[str, Any]] = [
        {"customer_id": "free", "active_plan_count": 0, "days_since_last_payment": 5},
        {"customer_id": "late", "active_plan_count": 1, "days_past_due": 60, "days_since_last_payment": 5},
    ]
    return table(CUSTOMER_PROFILES, [*asked, *others])


def records(table: TableMaker, genders: Mapping[str, str] | None = None) -> tuple[DataFrame, DataFrame, DataFrame]:
    """Identities, shop users and bank customers: one record for each customer of whom a gender is told."""
    known = genders or {}
    return (
        table(IDENTITIES, [{"source_record_id": f"shop:{name}", "customer_id": name} for name in known]),
        table(SHOP_USERS, [{"source_record_id": f"shop:{name}", "gender": told} for name, told in known.items()]),
        table(BANK_CUSTOMERS, []),
    )


def measured(table: TableMaker, tonight: int, learnt: int, last_year: int | None = None) -> DataFrame:
    return build(
        customers(table, tonight),
        {"scorecard.json": trained(learnt)},
        table(CUSTOMER_SCORES, []),
        *records(table),
        profiles_365d_ago=None if last_year is None else customers(table, last_year),
        as_of=AS_OF,
    )


def alerts(table: TableMaker, stability: DataFrame) -> set[tuple[str, str, str]]:
    found = raise_alerts(stability, table(CALIBRATION_BY_VINTAGE, []), as_of=AS_OF).collect()
    assert all(row["owner"] and row["what_to_do"] for row in found)
    return {(row["alert"], row["subject"], row["severity"]) for row in found}


def test_t26_indices_are_over_groups_frozen_in_the_sealed_scorecard(table: TableMaker) -> None:
    rows = {(r["measure"], r["subject"]): r for r in measured(table, 200, 200).collect()}
    for name in (("population_stability", "score"), ("characteristic_stability", "days_since_last_payment")):
        assert rows[name]["value"] == pytest.approx(0, abs=1e-3)
        assert (rows[name]["customers"], rows[name]["customers_before"]) == (PEOPLE, PEOPLE)
    assert rows["approval_rate", "up to grade C"]["value"] == 1.0  # 580 points are 6 % default, give or take
    assert rows["approval_rate", "up to grade B"]["value"] == 0.5
    empty = {r["measure"]: r["value"] for r in measured(table, PEOPLE, 200).collect() if r["subject"] == "score"}
    assert 0.25 < empty["population_stability"] < 20  # a group without anybody gives a finite value
    altered = {**trained(200), "baseline": baseline_content(np.repeat([620], PEOPLE))}
    with pytest.raises(ScorecardError, match="was altered after it was sealed"):
        read_baseline(altered)
    with pytest.raises(ScorecardError, match="before its rows were kept"):
        read_baseline(scorecard(number("days_past_due", [0.5], [20, -10])))


def test_t37_a_season_raises_no_alarm_and_a_shift_does(table: TableMaker) -> None:
    season = measured(table, tonight=80, learnt=320, last_year=90)
    assert not {name for name, _, _ in alerts(table, season)} & {"population_shift", "feature_shift"}
    shift = measured(table, tonight=80, learnt=320, last_year=310)
    assert {("population_shift", "score", "critical"), ("feature_shift", "days_since_last_payment", "critical")} <= (
        alerts(table, shift)
    )
    unknown = measured(table, tonight=80, learnt=320)  # there was no lake a year ago
    assert ("population_shift", "score", "critical") in alerts(table, unknown)


def test_grades_migrate_by_tonights_scorecard_on_both_days(table: TableMaker) -> None:
    content = trained(200)
    scorecard_of_then = scorecard(number("days_since_last_payment", [20.0], [80, -80]))
    assert scorecard_of_then["model_version"] != content["model_version"]
    files = {"scorecard.json": content}
    tonight = customers(table, 100)
    scores = score_now(tonight, files, as_of=AS_OF).select(*CUSTOMER_SCORES.column_names)
    before = customers(table, 300)
    found = build(tonight, files, scores, *records(table), profiles_30d_ago=before, as_of=AS_OF).collect()
    moved = {row["subject"]: row for row in found if row["measure"] == "grade_migration"}
    assert {name: (row["customers"], row["customers_before"]) for name, row in moved.items()} == {
        "B to B": (102, 302), "B to C": (200, 302), "C to C": (100, 100),
    }  # fmt: skip
    assert moved["B to C"]["value"] == pytest.approx(200 / 302)
    assert {row["model_version"] for row in found} == {content["model_version"]}
    of_another = scores.replace(content["model_version"], "2026-02-28-0123456789ab", ["model_version"])
    refused = build(tonight, files, of_another, *records(table), profiles_30d_ago=before, as_of=AS_OF).collect()
    assert [row for row in refused if row["measure"] == "grade_migration"] == []


def test_t33_approval_by_gender_is_watched_though_no_profile_knows_it(table: TableMaker) -> None:
    """Of 100 men half are approved, of 100 women all; 10 others are too few to tell; most did not say."""
    wide = number("days_since_last_payment", [20.0], [20, -60])
    rows_of = [{**one, "rows": 200} for one in wide["bins"]]
    wide |= {"bins": rows_of} | {name: {**wide[name], "rows": 0} for name in ("missing", "special")}
    content = seal({**scorecard(wide), "baseline": baseline_content(np.repeat([620, 540], 200))}, TRAINED)
    told = dict.fromkeys([f"c{place:03d}" for place in range(100)], "female")
    told |= dict.fromkeys([f"c{place:03d}" for place in (*range(100, 150), *range(200, 250))], "male")
    told |= dict.fromkeys([f"c{place:03d}" for place in range(150, 160)], "other")
    given = (customers(table, 200), {"scorecard.json": content}, table(CUSTOMER_SCORES, []), *records(table, told))
    stability = build(*given, as_of=AS_OF)
    ratios = {row["subject"]: row for row in stability.collect() if row["measure"] == "approval_ratio"}
    assert {name: row["value"] for name, row in ratios.items() if name.startswith("gender")} == {
        "gender: female": 1.0, "gender: male": 0.5,
    }  # fmt: skip
    assert ratios["gender: male"]["customers"] == 100
    assert ("adverse_impact", "gender: male", "warning") in alerts(table, stability)
    assert is_protected("gender")
    assert "gender" not in CUSTOMER_PROFILES.column_names
