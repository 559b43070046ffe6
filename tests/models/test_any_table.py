"""Models of any table: what is learnt, what is refused in one line, and that the JSON alone gives the same scores."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal
from typing import Any
from xml.etree import ElementTree as ET

import adbc_driver_postgresql.dbapi as postgresql
import duckdb
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from demo.servers import Partners
from jobs.models.any_table import fit_challenger, fit_scorecard, fit_table, log_odds_of, score_table
from jobs.models.feature_bins import TrainingError
from jobs.models.scorecard import ScorecardError, read_scorecard, seal
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
    asked = pd.DataFrame({"income": [-999.0, np.inf, -998.0], "job": "clerk", "owns_home": True})
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


def test_t22_the_sql_of_truth_values_and_nan_scores_in_postgresql_which_mixes_no_types(
    files: dict[str, Any], servers: Partners
) -> None:
    """A truth value is no number there, NaN no null, and a number with an exponent an exact decimal."""
    asked = loans(300, seed=9)[["income", "job", "owns_home"]]
    asked.loc[:4, "income"] = [np.nan, np.inf, -np.inf, -999.0, 0.0]
    asked.loc[5:7, "job"] = [None, "unheard of", "o'clock"]
    asked["owns_home"] = asked["owns_home"].astype("boolean").mask(asked.index == 8)
    named = pa.Table.from_pandas(asked.assign(customer_id=[f"c{place:03d}" for place in range(300)]))
    income = pa.array(asked["income"].to_numpy())  # from_pandas makes NaN a null
    named = named.set_column(named.schema.get_field_index("income"), "income", income)
    with postgresql.connect(servers.replicas.owner_url("postgres")) as connection, connection.cursor() as cursor:
        cursor.adbc_ingest("customer_profiles", named, temporary=True)
        cursor.execute(
            f"SELECT log_odds::float8 AS log_odds, score FROM ({files['scorecard.sql']}) AS t ORDER BY customer_id"
        )
        found = cursor.fetch_arrow_table().to_pandas()
    expected = score_table(files["scorecard.json"], asked)
    assert np.abs(found["log_odds"] - expected["log_odds"]).max() < 1e-12
    assert found["score"].tolist() == expected["score"].tolist()


def test_t22_categories_of_pandas_score_as_the_words_they_are_and_words_are_no_numbers(files: dict[str, Any]) -> None:
    fresh = loans(200, seed=5)
    scored = score_table(files["scorecard.json"], fresh.astype({"job": "category"}))
    assert scored.equals(score_table(files["scorecard.json"], fresh))
    with pytest.raises(ScorecardError, match="column income: the model reads numbers"):
        score_table(files["scorecard.json"], fresh.assign(income="plenty"))


def test_t22_plain_numbers_give_the_same_log_odds_as_the_fit(
    content: dict[str, Any], fit: Fit, training_rows: pd.DataFrame, awkward_rows: pd.DataFrame
) -> None:
    rows = pd.concat([awkward_rows[NAMES], training_rows[NAMES]], ignore_index=True)
    found = log_odds_of(read_scorecard(content), rows)
    assert np.abs(found - fit.log_odds(rows)).max() < 1e-12


def test_t22_trees_of_any_table_score_as_they_were_learnt_and_a_code_is_missing_to_them(files: dict[str, Any]) -> None:
    trees = {name: files[name] for name in ("challenger.json", "challenger.txt")}
    fresh = loans(300, seed=6)
    fresh.index = pd.Index([f"loan {position}" for position in range(300)])
    scored = score_table(trees, fresh)
    assert scored.index.equals(fresh.index)
    assert scored["default_probability"].corr(score_table(files, fresh)["default_probability"]) > 0.9
    same = pd.DataFrame({"income": [-999.0, np.nan, np.inf, 100.0], "job": "clerk", "owns_home": True})
    code, missing, infinite, number = score_table(trees, same)["log_odds"]
    assert code == missing == infinite != number
    with pytest.raises(ScorecardError, match="the table has no column job"):
        score_table(trees, fresh.drop(columns="job"))


def test_each_model_can_be_fitted_alone_and_is_the_one_that_a_whole_training_publishes(files: dict[str, Any]) -> None:
    options: dict[str, Any] = {"time": "month", "special_codes": (-999.0,)}
    assert fit_scorecard(loans(), "went_bad", **options) == files["scorecard.json"]
    alone = fit_challenger(pa.Table.from_pandas(loans()), "went_bad", **options)
    assert alone == {name: files[name] for name in ("challenger.json", "challenger.txt")}


def test_scores_keep_the_index_of_the_table(files: dict[str, Any]) -> None:
    """Whoever puts them beside the rows by index, as pandas does, must not put them beside others."""
    some = loans(300, seed=8).sample(frac=0.5, random_state=1)
    scored = some.assign(score=score_table(files["scorecard.json"], some)["score"])
    apart = [score_table(files["scorecard.json"], some.loc[[label]])["score"].item() for label in some.index[:20]]
    assert scored["score"].head(20).tolist() == apart
    assert len(set(apart)) > 5


def test_numbers_are_numbers_in_whatever_column_they_are_kept(files: dict[str, Any]) -> None:
    rows = loans()
    kept = rows.assign(
        income=rows["income"].map(lambda value: Decimal(str(value))),
        owns_home=rows["owns_home"].astype(object),
    )
    arrow = pa.Table.from_pandas(rows)
    cents = pa.array([Decimal(f"{value:.2f}") for value in rows["income"]], pa.decimal128(20, 2))
    arrow = arrow.set_column(arrow.schema.get_field_index("income"), "income", cents)
    for table in (kept, arrow):
        assert fit_scorecard(table, "went_bad", time="month", special_codes=(-999.0,)) == files["scorecard.json"]
        assert score_table(files["scorecard.json"], table)["score"].tolist() == (
            score_table(files["scorecard.json"], rows)["score"].tolist()
        )
    features = {one["name"]: one["type"] for one in files["scorecard.json"]["features"]}
    assert features == {"income": "double", "job": "string", "owns_home": "boolean"}


def test_ids_and_days_written_as_text_are_left_out_with_a_reason_and_never_scored() -> None:
    rows = loans()
    chance = np.random.default_rng(9)
    days = pd.to_datetime("2025-01-01") + pd.to_timedelta(chance.integers(0, 300, len(rows)), unit="D")
    rows["loan"] = [f"loan {position}" for position in range(len(rows))]
    rows["opened"] = days.strftime("%Y-%m-%d")
    rows["closed"] = days.date
    rows["told_on"] = days.strftime("%d.%m.%Y")  # in words: three hundred of them, none in thirty rows
    found = fit_table(rows, "went_bad", time="month", special_codes=(-999.0,))
    left_out = {one["name"]: one["reason"] for one in found["report.json"]["left_out"]}
    assert left_out["loan"].endswith("it names rows rather than kinds")
    assert left_out["opened"] == left_out["closed"] == "a date is not a feature"
    assert left_out["told_on"].startswith("none of its ")
    read = {one["name"] for one in found["challenger.json"]["features"]}
    assert read == {"income", "job", "owns_home"}


def test_rows_whose_customer_is_not_known_are_not_one_customer() -> None:
    rows = borrowers(400)[["observation_date", "customer_id", "is_default", "days_past_due", "on_time_share_365d"]]
    named = rows.rename(columns={"observation_date": "seen_on", "customer_id": "who", "is_default": "bad"})
    nameless = named.assign(who=named["who"].where(np.arange(len(named)) % 2 == 0))
    found = fit_scorecard(nameless, "bad", time="seen_on", customer="who")["trained_on"]["learnt_from"]
    known = nameless["who"].nunique()
    assert 0.6 * (known + len(named) / 2 * 0.75) < found["customers"] < 0.8 * (known + len(named) / 2 * 0.75)


def test_a_table_without_time_gives_a_model_without_a_day() -> None:
    files = fit_table(loans().drop(columns="month"), "went_bad")
    for name in ("scorecard.json", "challenger.json", "report.json"):
        assert files[name]["model_version"].startswith("undated-")
        assert files[name]["trained_on"]["observation_dates"] == []
    assert files["data_sheet.json"]["vintages"] == []
    assert [name for name, told in files.items() if "1970-01-01" in json.dumps(told)] == []
    assert "without a time" in files["report.html"]
    scored = score_table(files["scorecard.json"], loans(50, seed=4))
    assert scored["default_probability"].between(0, 1).all()


def test_errors_about_any_table_talk_of_nothing_but_the_table(files: dict[str, Any]) -> None:
    broken = {name: value for name, value in files["scorecard.json"].items() if name != "features"}
    altered = {**files["challenger.json"], "special_codes": []}
    resealed = seal({**files["scorecard.json"], "features": []}, date(2025, 8, 28))
    tries: list[tuple[Any, str]] = [
        (lambda: fit_scorecard(loans(600).assign(went_bad=0), "went_bad"), "no defaults at all among the "),
        (lambda: fit_scorecard(loans(60), "went_bad"), "defaults among the .* rows to learn from, 30 are needed"),
        (lambda: fit_challenger(loans(600)[["went_bad", "always"]], "went_bad"), "no column can be a feature"),
        (lambda: fit_scorecard(loans(600)[["went_bad", "always"]], "went_bad"), "no feature predicts default in"),
        (lambda: score_table(broken, loans(5)), "scorecard.json lacks 'features'; fit it again"),
        (lambda: score_table(resealed, loans(5)), "scorecard.json has no features; fit it again"),
        (lambda: score_table({**files, "scorecard.json": {}}, loans(5)), "scorecard.json lacks 'scale'; fit it again"),
        (
            lambda: score_table({"challenger.json": altered, "challenger.txt": files["challenger.txt"]}, loans(5)),
            "challenger.json was altered after it was sealed: its hash differs; fit it again",
        ),
    ]
    for attempt, message in tries:
        with pytest.raises((TrainingError, ScorecardError), match=f"^.*{message}") as error:
            attempt()
        assert not {"models/credit_score", "jobs.run", "families"} & set(str(error.value).replace(":", " ").split())
        assert "jobs.run" not in str(error.value)


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
