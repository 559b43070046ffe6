"""Models of any table: what is learnt, what is refused in one line, and that the JSON alone gives the same scores."""

from __future__ import annotations

import json
from datetime import date
from typing import Any
from xml.etree import ElementTree as ET

import duckdb
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from jobs.models.any_table import fit_table, log_odds_of, score_table
from jobs.models.feature_bins import TrainingError
from jobs.models.scorecard import ScorecardError, read_scorecard
from jobs.models.scorecard_fit import Fit
from tests.models.borrowers import borrowers
from tests.models.conftest import NAMES
from tests.models.test_exports import score_by_pmml


def loans(count: int = 6000, *, seed: int = 3) -> pd.DataFrame:
    """Nothing of ours: words with gaps, a code for "not asked", truth values, rubbish, a protected column."""
    chance = np.random.default_rng(seed)
    income, job = np.exp(chance.normal(8, 0.6, count)).round(), chance.choice(["clerk", "smith", "miner"], count)
    owns = chance.random(count) < 0.4
    risk = -2.2 - 1.1 * (np.log(income) - 8) + np.where(job == "miner", 1.0, 0.0) - 0.8 * owns
    asked = chance.random(count) < 0.85
    return pd.DataFrame(
        {
            "went_bad": (chance.random(count) < 1 / (1 + np.exp(-risk))).astype(int),
            "month": pd.to_datetime(np.array([f"2025-{month:02d}-28" for month in chance.integers(1, 9, count)])),
            "income": np.where(asked, income, -999.0),
            "job": pd.Series(job).where(chance.random(count) < 0.9),
            "owns_home": owns,
            "age_years": chance.integers(18, 80, count),
            "always": 1,
            "never": np.nan,
            "endless": np.where(np.arange(count) % 2, np.inf, -np.inf),
        }
    )


@pytest.fixture(scope="module")
def files() -> dict[str, Any]:
    return fit_table(pa.Table.from_pandas(loans()), "went_bad", time="month", special_codes=(-999.0,))


def test_a_table_of_others_gives_a_scorecard_a_challenger_and_a_report(files: dict[str, Any]) -> None:
    scorecard, report = files["scorecard.json"], files["report.json"]
    features = {one["name"]: one for one in scorecard["features"]}
    assert set(features) == {"income", "job", "owns_home"}
    assert scorecard["model_version"].startswith("2025-08-28-")
    assert scorecard["population"] is None
    assert features["income"]["special"]["rows"] > 300  # the code has its own bin and no place among incomes
    assert features["job"]["missing"]["rows"] > 200
    left_out = {one["name"]: one["reason"] for one in report["left_out"]}
    assert left_out == {
        "age_years": "protected attribute",
        "always": "always the same value",
        "endless": "never a finite number",
        "never": "always missing",
    }
    assert report["judged_on"] == "out_of_time"
    assert report["parts"]["out_of_time"]["auc"] > 0.65
    assert {one["name"] for one in files["challenger.json"]["features"]} == {"income", "job", "owns_home"}
    assert "went_bad is 1" in files["report.html"]


def test_t22_the_stored_scorecard_scores_new_rows_in_any_order_without_the_libraries_that_fitted_it(
    files: dict[str, Any],
) -> None:
    stored, fresh = json.loads(json.dumps(files["scorecard.json"])), loans(2000, seed=4)
    scored = score_table(stored, fresh)
    turned = score_table(stored, fresh.iloc[::-1])
    assert np.array_equal(turned["log_odds"].to_numpy()[::-1], scored["log_odds"].to_numpy())
    assert scored["default_probability"].mean() == pytest.approx(fresh["went_bad"].mean(), rel=0.15)
    strange = fresh.head(3).assign(income=[np.nan, np.inf, -999.0], job=["unheard of", np.nan, "miner"])
    found = score_table(stored, strange)
    assert np.isfinite(found["log_odds"]).all()
    with pytest.raises(ScorecardError, match="the table has no column income"):
        score_table(stored, fresh.drop(columns="income"))


def test_t23_a_special_code_is_part_of_the_scorecard_and_of_its_exports(files: dict[str, Any]) -> None:
    stored = json.loads(json.dumps(files["scorecard.json"]))
    assert stored["special_codes"] == [-999.0]
    asked = pd.DataFrame({"income": [-999.0, np.inf, -998.0], "job": "clerk", "owns_home": 1.0})
    customer_profiles = asked.assign(customer_id=["a", "b", "c"])
    code, infinite, number = score_table(stored, asked)["log_odds"]
    assert code == infinite != number
    in_sql = duckdb.sql(f"SELECT * FROM ({files['scorecard.sql']}) ORDER BY customer_id").fetchnumpy()["log_odds"]
    assert in_sql == pytest.approx([code, infinite, number], abs=1e-12)
    assert len(customer_profiles) == 3
    pmml = ET.fromstring(files["scorecard.pmml"])  # noqa: S314 our own document
    points = [score_by_pmml(pmml, row) for row in asked.to_dict("records")]
    assert points[0] == points[1] != points[2]
    assert "infinite, -999" in files["points.csv"]
    assert "infinite, -999" in files["points.html"]
    del stored["special_codes"]
    with pytest.raises(ScorecardError, match="lacks 'special_codes'"):
        score_table(stored, asked)


def test_t22_categories_of_pandas_score_as_the_words_they_are_and_words_are_no_numbers(files: dict[str, Any]) -> None:
    fresh = loans(200, seed=5)
    scored = score_table(files["scorecard.json"], fresh.astype({"job": "category"}))
    assert scored.equals(score_table(files["scorecard.json"], fresh))
    with pytest.raises(ScorecardError, match="column income: the scorecard reads numbers"):
        score_table(files["scorecard.json"], fresh.assign(income="plenty"))


def test_t22_plain_numbers_give_the_same_log_odds_as_the_fit(
    content: dict[str, Any], fit: Fit, training_rows: pd.DataFrame, awkward_rows: pd.DataFrame
) -> None:
    rows = pd.concat([awkward_rows[NAMES], training_rows[NAMES]], ignore_index=True)
    found = log_odds_of(read_scorecard(content), rows)
    assert np.abs(found - fit.log_odds(rows)).max() < 1e-12


def test_without_time_nothing_is_out_of_time_and_the_report_says_so() -> None:
    report = fit_table(loans().drop(columns="month"), "went_bad", as_of=date(2026, 1, 1))["report.json"]
    assert report["judged_on"] == "random_split"
    assert report["warnings"][0].startswith("nothing out of time to judge by")
    assert report["challenger"]["judged_on"] == "random_split"


def test_t09_rows_of_one_customer_are_never_learnt_from_and_judged_by() -> None:
    rows = borrowers(400)[["observation_date", "customer_id", "is_default", "days_past_due", "on_time_share_365d"]]
    named = rows.rename(columns={"observation_date": "seen_on", "customer_id": "who", "is_default": "bad"})
    found = fit_table(named, "bad", time="seen_on", customer="who")["scorecard.json"]["trained_on"]
    assert 250 < found["learnt_from"]["customers"] < 310  # seven in ten of 400
    assert found["observation_dates"] == [f"2025-0{month}-28" for month in range(1, 9)]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"went_bad": 0}, "no defaults at all"),
        ({"went_bad": 1}, "no customers who did not default"),
        ({"went_bad": 2}, "target went_bad: holds something else than 0 and 1"),
        ({"went_bad": None}, "target went_bad: holds something else than 0 and 1"),
        ({"month": "soon"}, "time month: 600 rows hold no day like 2026-03-31"),
        ({"two words": 1}, "column 'two words': rename it"),
        ({"customer_id": 1}, "column 'customer_id': rename it"),
    ],
)
def test_what_cannot_be_learnt_from_is_refused_in_one_line(change: dict[str, Any], message: str) -> None:
    with pytest.raises(TrainingError, match=message) as error:
        fit_table(loans(600).assign(**change), "went_bad", time="month")
    assert "\n" not in str(error.value)


def test_a_target_or_time_that_is_not_there_is_named() -> None:
    with pytest.raises(TrainingError, match="the table has no column outcome, day; it has went_bad, month, income"):
        fit_table(loans(600), "outcome", time="day")
    with pytest.raises(TrainingError, match="a list is no table"):
        fit_table([1, 2], "outcome")
