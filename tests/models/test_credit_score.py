"""What the scorecard learns, from borrowers whose true risk is known."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from pyspark.sql import SparkSession
from sklearn.metrics import roc_auc_score

from jobs.models.calibration import calibrate, calibrated_by_others
from jobs.models.credit_score import FEATURES, build, train
from jobs.models.feature_bins import NotAFeatureError, TrainingError, bin_feature
from jobs.models.scorecard_fit import learn_scorecard
from jobs.models.scorecard_report import calibration_error, probability_of
from jobs.models.training_split import first_half, split
from jobs.spark_types import spark_schema
from schemas.cleaned.bank_customers import BANK_CUSTOMERS
from schemas.cleaned.shop_users import SHOP_USERS
from schemas.customers.identities import IDENTITIES
from schemas.models.credit_score import is_protected
from schemas.models.credit_training_set import CREDIT_TRAINING_SET
from schemas.models.leak_audit import LEAK_AUDIT
from schemas.table import Column
from tests.conftest import TableMaker
from tests.models.borrowers import as_training_set, borrowers

AS_OF = date(2026, 3, 31)
ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def training_set() -> pd.DataFrame:
    return as_training_set(borrowers())


@pytest.fixture(scope="module")
def documents(training_set: pd.DataFrame) -> dict[str, Any]:
    return train(training_set, as_of=AS_OF)


def outcomes(rows: pd.DataFrame) -> np.ndarray[Any, np.dtype[np.int64]]:
    return rows["is_default"].to_numpy(dtype=np.int64)


def digest(documents: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(documents, sort_keys=True).encode()).hexdigest()


def test_a_known_risk_is_found_again_on_borrowers_never_seen() -> None:
    seen, fresh = borrowers(3000, seed=1), borrowers(3000, seed=2)
    fit = learn_scorecard(as_training_set(seen), outcomes(seen), FEATURES)
    probability = probability_of(fit.log_odds(as_training_set(fresh)))
    best_possible = roc_auc_score(fresh["is_default"], fresh["true_probability"])
    assert best_possible - 0.02 < roc_auc_score(fresh["is_default"], probability) <= best_possible
    assert {feature.name for feature in fit.features} == {
        "days_past_due",
        "balance_cents_last",
        "on_time_share_365d",
        "fee_count_180d",
    }
    assert all(0.7 < weight < 1.3 for weight in fit.weights)


def test_t24_the_expected_default_rate_is_the_observed_one() -> None:
    seen, fresh = borrowers(3000, seed=1), borrowers(3000, seed=2)
    fit = learn_scorecard(as_training_set(seen), outcomes(seen), FEATURES)
    learnt = probability_of(fit.log_odds(as_training_set(seen)))
    unseen = probability_of(fit.log_odds(as_training_set(fresh)))
    assert learnt.mean() == pytest.approx(seen["is_default"].mean(), abs=1e-9)
    assert 0.95 < unseen.mean() / fresh["is_default"].mean() < 1.05
    assert calibration_error(unseen, outcomes(fresh)) < 0.01


def distorted(log_odds: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Twice as sure as it should be, and of half the risk: what re-weighting or another year does to a model."""
    return 2 * log_odds + 0.7


def test_t24_what_another_time_has_distorted_is_put_right_by_later_outcomes() -> None:
    seen, fresh = borrowers(3000, seed=1), borrowers(3000, seed=2)
    fit = learn_scorecard(as_training_set(seen), outcomes(seen), FEATURES)
    wrong, is_bad = distorted(fit.log_odds(as_training_set(fresh))), outcomes(fresh)
    assert calibration_error(probability_of(wrong), is_bad) > 0.04
    found = calibrate(wrong, is_bad)
    assert found.method == "platt"
    assert found.slope == pytest.approx(0.5, abs=0.03)
    judged = calibrated_by_others(wrong, is_bad, first_half(fresh))
    assert calibration_error(probability_of(judged), is_bad) < 0.01
    assert 0.95 < probability_of(judged).mean() / is_bad.mean() < 1.05
    assert not np.array_equal(judged, found(wrong))  # nobody is judged by what they taught


def test_t24_a_calibrated_scorecard_is_a_scorecard_with_other_weights() -> None:
    seen = as_training_set(borrowers())
    fit = learn_scorecard(seen, outcomes(seen), FEATURES)
    calibrated = fit.recalibrated(-0.3, 0.8)
    assert np.abs(calibrated.log_odds(seen) - (-0.3 + 0.8 * fit.log_odds(seen))).max() < 1e-10


def test_t24_too_few_defaults_or_contrary_ones_calibrate_nothing() -> None:
    few = calibrate(np.linspace(0, 3, 500), np.r_[np.ones(99), np.zeros(401)].astype(np.int64))
    assert (few.method, few.reason) == ("none", "99 of the rarer outcome, 100 needed")
    contrary = calibrate(np.r_[np.full(100, 3.0), np.zeros(400)], np.r_[np.ones(100), np.zeros(400)].astype(np.int64))
    assert (contrary.method, contrary.slope) == ("none", 1.0)
    assert np.array_equal(contrary(np.array([1.5])), [1.5])


def test_t24_the_report_shows_calibration_before_and_after() -> None:
    documents: dict[str, Any] = train(as_training_set(borrowers(2400, seed=8)), as_of=AS_OF)
    made, after = documents["report.json"]["calibration"], documents["report.json"]["parts"]["out_of_time"]
    assert made["method"] == "platt"
    assert made["defaults"] == after["bads"] >= 100
    assert made["before"]["bad_rate"] == after["bad_rate"]
    assert 0.9 < after["expected_bad_rate"] / after["bad_rate"] < 1.1
    assert "before" not in documents["scorecard.json"]["calibration"]


def test_with_few_defaults_few_features_are_taken_and_chance_is_not() -> None:
    """Sixty features of pure chance beside one that tells: the report says why each was left out."""
    chance = np.random.default_rng(12)
    cause = chance.normal(size=1500)
    is_bad = (chance.random(1500) < 1 / (1 + np.exp(3.2 - 1.2 * cause))).astype(np.int64)
    noise = {f"noise_{number:02d}": chance.normal(size=1500).round(2) for number in range(60)}
    columns = [Column(name, "double", "a test") for name in ("cause", *noise)]
    fit = learn_scorecard(pd.DataFrame({"cause": cause, **noise}), is_bad, columns)
    assert [feature.name for feature in fit.features] == ["cause"]
    assert all(fit.left_out[name].startswith(("adds too little", "its weight", "information")) for name in noise)


def test_every_feature_earns_its_place_and_the_report_says_why_the_others_did_not(documents: dict[str, Any]) -> None:
    left_out = {one["name"]: one["reason"] for one in documents["report.json"]["left_out"]}
    assert left_out["plan_count"] == "always the same value"
    assert left_out["view_count_30d"] == "always missing"
    assert left_out["purchase_count_365d"].startswith("information value 0.00")
    assert left_out["days_past_due_bucket"].startswith("correlates with the stronger days_past_due")
    kept = {feature["name"] for feature in documents["scorecard.json"]["features"]}
    assert kept.isdisjoint(left_out)
    assert kept | set(left_out) == {feature.name for feature in FEATURES}


def test_more_of_what_is_dangerous_never_gives_more_points(documents: dict[str, Any]) -> None:
    features = {feature["name"]: feature for feature in documents["scorecard.json"]["features"]}
    points = [one["points"] for one in features["days_past_due"]["bins"]]
    assert points == sorted(points, reverse=True)
    assert all(feature["weight"] > 0 for feature in features.values())
    rows = documents["scorecard.json"]["trained_on"]["learnt_from"]["rows"]
    assert all(one["rows"] >= 0.01 * rows for feature in features.values() for one in feature["bins"])


def test_what_is_rare_and_tells_most_has_a_bin_of_its_own() -> None:
    """One borrower in fifty is past due, and half of them default; with bins of a twentieth nobody would see it."""
    chance = np.random.default_rng(5)
    late = np.where(chance.random(8000) < 0.02, chance.integers(5, 60, 8000), 0).astype(np.float64)
    is_bad = (chance.random(8000) < np.where(late > 0, 0.5, 0.03)).astype(np.int64)
    fit = learn_scorecard(pd.DataFrame({"late": late}), is_bad, [Column("late", "double", "a test")])
    assert fit.features[0].information_value > 0.5
    assert 0 < fit.features[0].binning.splits[0] < 10


def test_a_feature_whose_weight_would_reward_risk_is_left_out() -> None:
    chance = np.random.default_rng(3)
    cause = chance.normal(size=20_000)
    suppressor = 0.6 * cause + 0.8 * chance.normal(size=20_000)
    is_bad = (chance.random(20_000) < 1 / (1 + np.exp(2.5 - 1.2 * cause + 0.5 * suppressor))).astype(np.int64)
    rows = pd.DataFrame({"cause": cause, "suppressor": suppressor})
    columns = [Column(name, "double", "a test") for name in ("cause", "suppressor")]
    assert bin_feature(columns[1], rows, is_bad).information_value > 0.02
    fit = learn_scorecard(rows, is_bad, columns)
    assert [feature.name for feature in fit.features] == ["cause"]
    assert fit.left_out["suppressor"].startswith("its weight beside the others would reward risk (-")


def test_missing_has_its_own_weight_where_enough_rows_show_it_and_none_where_not() -> None:
    rows = as_training_set(borrowers())
    rows.loc[:20, "on_time_share_365d"] = np.nan
    fit = learn_scorecard(rows, outcomes(rows), FEATURES)
    missing = {feature.name: feature.missing for feature in fit.features}
    assert missing["balance_cents_last"] < -0.3  # no bank account was riskier in truth
    assert missing["on_time_share_365d"] == 0.0  # 21 rows of 9 600
    assert missing["days_past_due"] == 0.0


@pytest.mark.parametrize(
    ("bads", "message"),
    [(0, "no defaults at all"), (29, "29 defaults among the 5166 rows to learn from, 30 are needed")],
)
def test_too_few_defaults_are_refused_in_one_line(training_set: pd.DataFrame, bads: int, message: str) -> None:
    learnt = np.flatnonzero(split(training_set)["training"])
    rows = training_set.assign(is_default=False)
    rows.loc[learnt[:bads], "is_default"] = True
    with pytest.raises(TrainingError, match=message) as error:
        train(rows, as_of=AS_OF)
    assert "\n" not in str(error.value)


def test_nothing_but_defaults_is_refused(training_set: pd.DataFrame) -> None:
    with pytest.raises(TrainingError, match="no customers who did not default"):
        train(training_set.assign(is_default=True), as_of=AS_OF)


def test_an_empty_training_set_is_refused(training_set: pd.DataFrame) -> None:
    with pytest.raises(TrainingError, match="training set is empty"):
        train(training_set.head(0), as_of=AS_OF)


def test_t07_labels_without_any_cause_are_refused_or_judged_as_chance() -> None:
    """A feature that knew the label would still predict it; chance alone may only look good where it was learnt."""
    rows = as_training_set(borrowers(3000))
    rows["is_default"] = np.random.default_rng(5).permutation(rows["is_default"].to_numpy())
    with pytest.raises(TrainingError, match="no feature predicts default"):
        train(rows, as_of=AS_OF)


def test_a_training_set_of_nothing_that_varies_is_refused(training_set: pd.DataFrame) -> None:
    nothing = training_set.assign(**{column.name: None for column in FEATURES})
    with pytest.raises(TrainingError, match="no feature predicts default"):
        train(nothing.assign(plan_count=1.0), as_of=AS_OF)
    with pytest.raises(TrainingError, match="nobody in the training set is of the population: customers with an inst"):
        train(nothing, as_of=AS_OF)


def test_t22_who_is_outside_the_population_is_neither_learnt_from_nor_judged_by(training_set: pd.DataFrame) -> None:
    thin = training_set.head(900).assign(
        plan_count=0.0, is_default=True, customer_id=lambda rows: "thin" + rows.customer_id
    )
    mixed = pd.concat([training_set, thin], ignore_index=True)
    mixed = mixed.sort_values(["observation_date", "customer_id"], ignore_index=True)
    alone: Any = train(training_set, as_of=AS_OF)["report.json"]
    beside: Any = train(mixed, as_of=AS_OF)["report.json"]
    assert beside["trained_on"]["rows_outside_population"] == 900
    assert {**beside["trained_on"], "rows_outside_population": 0} == alone["trained_on"]
    assert beside["parts"] == alone["parts"]
    assert beside["population"]["marker"] == "plan_count"
    assert set(beside["population"]["known_of_it_only"]) == {"days_past_due", "on_time_share_365d"}


@pytest.mark.parametrize(
    ("kind", "values", "reason"),
    [
        ("double", [np.inf, -np.inf, np.nan, np.inf], "never a finite number"),
        ("date", [1.0, 0.0, 1.0, 1.0], "a date is not a feature"),
        ("string", [None, None, None, None], "always missing"),
        ("bigint", [3.0, 3.0, 3.0, 3.0], "always the same value"),
    ],
)
def test_a_column_that_cannot_be_a_feature_says_why(kind: str, values: list[Any], reason: str) -> None:
    rows = pd.DataFrame({"x": pd.Series(values, dtype="object" if kind == "string" else "float64")})
    with pytest.raises(NotAFeatureError, match=reason):
        bin_feature(Column("x", kind, "a test"), rows, np.array([0, 1, 0, 1]))


def test_t33_what_a_person_is_never_becomes_a_feature() -> None:
    assert [column.name for column in CREDIT_TRAINING_SET.columns if is_protected(column.name)] == []
    assert all(map(is_protected, ("gender", "birth_date", "age_years", "nationality", "city_tier", "stated_religion")))
    written_otherwise = (
        "AGE",
        "Sex",
        "ageYears",
        "customerAGE",
        "AGEYears",
        "age2",
        "is_female",
        "birth_year",
        "zip code",
    )
    assert [name for name in written_otherwise if not is_protected(name)] == []
    other_words = (
        "marriage",
        "race",
        "zip_code",
        "postcode",
        "province",
        "children",
        "city-code",
        "DOB",
        "ages",
        "postCode",
    )
    assert [name for name in other_words if not is_protected(name)] == []
    assert not any(
        map(is_protected, ("usage", "Average", "trace_id", "embrace", "sextet_count", "mailed", "zipper", ""))
    )
    assert not any(map(is_protected, ("days_past_due", "average_balance_cents", "package_count", "sessions_90d")))
    rows = pd.DataFrame({"customer_gender": [1.0, 2.0] * 50})
    with pytest.raises(NotAFeatureError, match="protected attribute"):
        bin_feature(Column("customer_gender", "int", "a test"), rows, np.array([0, 1] * 50))


def test_t09_no_customer_and_no_date_is_both_learnt_from_and_judged_by(training_set: pd.DataFrame) -> None:
    parts = split(training_set)
    customers = {name: set(training_set.loc[which, "customer_id"]) for name, which in parts.items()}
    dates = {name: set(training_set.loc[which, "observation_date"]) for name, which in parts.items()}
    assert np.array_equal(sum(part.astype(int) for part in parts.values()), np.ones(len(training_set)))
    assert customers["training"].isdisjoint(customers["random_split"] | customers["out_of_time"])
    assert max(dates["training"]) < min(dates["out_of_time"])
    assert len(dates["out_of_time"]) == 2  # a quarter of eight
    assert 0.25 < len(customers["out_of_time"]) / training_set["customer_id"].nunique() < 0.35


def test_t09_no_household_of_a_credit_training_is_both_learnt_from_and_judged_by(training_set: pd.DataFrame) -> None:
    """Two customers of each home; one in ten has none that is known, and stands alone."""
    number = training_set["customer_id"].str.slice(1).astype(int)
    homes = ("home " + (number // 2).astype(str)).where(number % 10 != 0)
    housed = training_set.assign(household_id=homes)
    parts = split(housed)
    learnt, judged = (
        parts[one] | parts[other] for one, other in (("training", "later"), ("random_split", "out_of_time"))
    )
    assert set(homes[learnt].dropna()).isdisjoint(homes[judged].dropna())
    apart = split(training_set.assign(household_id=None))
    assert set(homes[apart["training"]].dropna()) & set(homes[apart["out_of_time"]].dropna())
    told: Any = train(housed, as_of=AS_OF)["report.json"]
    assert told["trained_on"]["learnt_from"]["rows"] == int(parts["training"].sum()) != int(apart["training"].sum())
    assert told["parts"]["out_of_time"]["rows"] == int(parts["out_of_time"].sum())
    assert told["trained_on"]["learnt_from"]["customers"] == housed.loc[parts["training"], "customer_id"].nunique()


def test_t09_the_report_shows_a_random_split_beside_the_later_dates(documents: dict[str, Any]) -> None:
    parts = documents["report.json"]["parts"]
    assert documents["report.json"]["judged_on"] == "out_of_time"
    assert all(0.65 < parts[name]["auc"] < 0.85 for name in ("training", "random_split", "later", "out_of_time"))


def test_t09_a_score_that_fails_on_later_dates_is_called_out(training_set: pd.DataFrame) -> None:
    newest = split(training_set)
    later = newest["later"] | newest["out_of_time"]
    rows = training_set.copy()
    shuffled = np.random.default_rng(4).permutation(rows.loc[later, "is_default"].to_numpy())
    rows.loc[later, "is_default"] = shuffled
    documents: dict[str, Any] = train(rows, as_of=AS_OF)
    assert any(warning.startswith("AUC falls from 0.7") for warning in documents["report.json"]["warnings"])


def test_a_single_observation_date_is_judged_by_customers_held_back() -> None:
    rows = borrowers(6000)
    rows = as_training_set(rows[rows["observation_date"] == rows["observation_date"].max()].reset_index(drop=True))
    report: Any = train(rows, as_of=AS_OF)["report.json"]
    assert report["judged_on"] == "random_split"
    assert report["parts"]["out_of_time"]["auc"] is None
    assert report["warnings"][0].startswith("nothing out of time to judge by")


def test_t17_rows_in_another_order_and_layout_give_the_same_bytes(
    spark: SparkSession, table: TableMaker, training_set: pd.DataFrame
) -> None:
    shuffled = training_set.sample(frac=1.0, random_state=9)
    schema = spark_schema(CREDIT_TRAINING_SET)
    arrow = pa.Table.from_pandas(shuffled, preserve_index=False)
    frame = spark.createDataFrame(arrow).to(schema).repartition(3, "customer_id")
    names = sorted(set(training_set["customer_id"]))
    told: list[dict[str, Any]] = [
        {"source_record_id": f"shop:{name}", "gender": ("female", "male")[place % 2], "city_tier": place % 3 + 1,
         "birth_date": f"{1950 + place % 55}-06-01"}
        for place, name in enumerate(names)
    ]  # fmt: skip
    identities = table(IDENTITIES, [{"source_record_id": f"shop:{name}", "customer_id": name} for name in names])
    of_bank = [{"source_record_id": "harbour:1", "gender": "male"}]
    attack = {"observation_date": date(2025, 8, 31), "attack": "ties of the day after", "customer_count": 40}
    attacks = [
        {**attack, "family": family, "feature": "every column", "changed_customer_count": count, "verdict": verdict}
        for family, count, verdict in (("neighbourhood", 7, "failed"), ("identifier_risk", 0, "passed"))
    ]
    people_given = (table(SHOP_USERS, told), table(BANK_CUSTOMERS, of_bank))
    found: Any = build(frame, identities, *people_given, table(LEAK_AUDIT, attacks), as_of=AS_OF)
    days = {name: date.fromisoformat(line["birth_date"]) for name, line in zip(names, told, strict=True)}
    people = pd.DataFrame(
        {
            "customer_id": names,
            "gender": [line["gender"] for line in told],
            "birth_date": [days[name] for name in names],
            "city_tier": [line["city_tier"] for line in told],
        }
    )
    sorted_attacks = sorted(table(LEAK_AUDIT, attacks).toArrow().to_pylist(), key=lambda one: str(one["family"]))
    assert digest(found) == digest(train(training_set, as_of=AS_OF, people=people, attacks=sorted_attacks))
    assert any("7 of 40 customers changed" in warning for warning in found["report.json"]["warnings"])
    assert not any("identifier_risk" in warning for warning in found["report.json"]["warnings"])
    fair = found["report.json"]["fairness"]
    assert [one["attribute"] for one in fair["attributes"]] == ["age_band", "gender", "city_tier"]
    ratios = {group["group"]: group["approval_ratio"] for group in fair["attributes"][1]["groups"]}
    assert set(ratios) == {"female", "male"}
    assert max(ratios.values()) == 1.0
    blind = [one["auc"] for one in fair["proxies"] if one["attribute"] == "gender"]
    assert all(0.35 < auc < 0.65 for auc in blind)  # t33: the world's features know nothing of it


def test_t17_another_process_with_one_thread_gives_the_same_bytes(documents: dict[str, Any]) -> None:
    program = """
from datetime import date
from jobs.models.credit_score import train
from tests.models.borrowers import as_training_set, borrowers
from tests.models.test_credit_score import digest
print(digest(train(as_training_set(borrowers()), as_of=date(2026, 3, 31))))
"""
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "PYTHONHASHSEED": "1"}
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, env=environment, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == digest(documents)


def test_the_scorecard_says_what_it_was_learnt_from(documents: dict[str, Any], training_set: pd.DataFrame) -> None:
    scorecard = documents["scorecard.json"]
    learnt = training_set[split(training_set)["training"]]
    assert scorecard["model_version"] == f"2026-03-31-{scorecard['content_sha256'][:12]}"
    assert scorecard["trained_on"]["rows"] == 9600
    assert scorecard["trained_on"]["bads"] == int(training_set["is_default"].sum())
    assert scorecard["trained_on"]["observation_dates"] == [f"2025-0{month}-28" for month in range(1, 9)]
    assert scorecard["trained_on"]["learnt_from"]["rows"] == len(learnt)
    assert scorecard["trained_on"]["learnt_from"]["bads"] == int(learnt["is_default"].sum())
    assert scorecard["libraries"]["optbinning"].startswith("1.")
    assert json.loads(json.dumps(scorecard, allow_nan=False)) == scorecard
