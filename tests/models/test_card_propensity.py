"""Three steps to the card, learnt from shoppers whose true wishes are known."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from pyspark.sql import SparkSession

from demo.oracle import area_under_curve
from jobs.models.card_propensity import DECLARED_RATE, KEY, build, train
from jobs.models.learning_rows import FEATURES, collect, everybody
from jobs.models.propensity import NO_TREES, read_propensity
from jobs.models.propensity_fit import MIN_CUSTOMERS, find_directions, fit_propensity
from jobs.models.propensity_page import write_propensity_page
from jobs.models.propensity_report import describe_propensity, raw_scores
from jobs.models.scorecard import ScorecardError, seal
from jobs.models.training_split import first_half, split
from schemas.catalogue import all_datasets
from schemas.labels.card_uptake import APPLIES
from schemas.models.card_propensity import STEPS
from schemas.models.credit_score import is_protected
from schemas.models.observations import OBSERVATIONS
from schemas.table import Document, ancestors
from tests.models.shoppers import shoppers

AS_OF = date(2026, 3, 31)


@pytest.fixture(scope="module")
def rows() -> pd.DataFrame:
    return shoppers(4000)


@pytest.fixture(scope="module")
def files(rows: pd.DataFrame) -> dict[str, Any]:
    return train(rows, as_of=AS_OF)


def test_each_step_is_learnt_from_those_who_took_the_one_before(rows: pd.DataFrame, files: dict[str, Any]) -> None:
    asked = {step: files[f"{step}.json"]["trained_on"] for step in STEPS}
    assert asked["applies"]["rows"] == len(rows)
    assert asked["is_approved"]["rows"] == asked["applies"]["events"] == rows["applies"].sum()
    assert asked["activates"]["rows"] == asked["is_approved"]["events"] == (rows["is_approved"] == True).sum()  # noqa: E712
    labels = files["data_sheet.json"]["labels"]
    assert labels["applies"]["window_days"] == 60
    assert [vintage["bads"] for vintage in labels["applies"]["vintages"]] == list(
        rows.groupby("observation_date")["applies"].sum()
    )


def test_t24_a_wish_is_found_again_among_households_never_seen_and_means_what_it_says(files: dict[str, Any]) -> None:
    content = files["applies.json"]
    measured = content["measured"]["out_of_time"]
    assert content["fallback"] == ""
    assert measured["auc"] > 0.72  # the truth reaches 0.77
    assert 0.9 < measured["expected_bad_rate"] / measured["bad_rate"] < 1.1
    assert measured["expected_calibration_error"] < 0.02
    assert content["calibration"]["method"] == "platt"


def test_t9_households_stay_on_one_side_and_later_dates_are_judged_beside_a_random_split(
    rows: pd.DataFrame, files: dict[str, Any]
) -> None:
    parts = split(rows)
    sides = [
        set(rows.loc[parts[one] | parts[other], "household_id"])
        for one, other in (
            ("training", "later"),
            ("random_split", "out_of_time"),
        )
    ]
    assert sides[0].isdisjoint(sides[1])
    assert sides[0] | sides[1] == set(rows["household_id"])
    assert len(set(rows["household_id"])) < rows["customer_id"].nunique()
    halves = first_half(rows)
    assert set(rows.loc[halves, "household_id"]).isdisjoint(rows.loc[~halves, "household_id"])
    measured = files["applies.json"]["measured"]
    assert abs(measured["random_split"]["auc"] - measured["out_of_time"]["auc"]) < 0.03
    alone = rows.assign(household_id=None)
    assert np.array_equal(split(alone)["training"], split(rows.drop(columns="household_id"))["training"])


def test_t7_labels_of_pure_chance_teach_nothing(rows: pd.DataFrame) -> None:
    """Seven thousand rows held back know the area under the curve to 0.0075, so 0.02 is beyond chance.

    Of forty draws of labels one passes the interval by luck; this draw is not that one.
    """
    chance = np.random.default_rng(9).random(len(rows)) < 0.3
    content, trees = fit_propensity(rows, chance.astype(np.int64), APPLIES, declared_rate=0.01, as_of=AS_OF)
    assert content["fallback"] == "no better than chance among households never seen"
    assert (trees, content["features"], content["log_odds"]["slope"]) == (NO_TREES, [], 0.0)
    measured = content["measured"]
    assert measured["held_back"]["rows"] > 7000
    assert abs(measured["held_back"]["auc"] - 0.5) < 0.02
    assert measured["held_back"]["auc_of_trees_low"] < 0.5 < measured["held_back"]["auc_of_trees_high"]
    assert content["base_rate"] == pytest.approx(chance.mean(), abs=0.01)


def test_a_number_goes_one_way_in_a_propensity_and_what_turns_round_with_time_is_not_read(
    rows: pd.DataFrame, files: dict[str, Any]
) -> None:
    """Who looks at much applies more: alone, more of it must never make an application less likely."""
    content, trees = files["applies.json"], files["applies.txt"]
    directions = {one["name"]: one["direction"] for one in content["features"]}
    assert directions["checkout_count_90d"] == 1
    constraints = content["parameters_of_trees"]["monotone_constraints"]
    assert constraints == [one["direction"] for one in content["features"]]
    asked = pd.concat([rows.iloc[:50]] * 40, ignore_index=True).assign(checkout_count_90d=np.repeat(np.arange(40), 50))
    raw = raw_scores(content, trees, asked).reshape(40, 50)
    assert (np.diff(raw, axis=0) >= 0).all()
    assert (raw[-1] > raw[0]).all()
    looks = rows["checkout_count_90d"]
    turning_back = np.sort(looks)[::-1][looks.rank(method="first").to_numpy(dtype=np.int64) - 1]
    days = sorted(set(rows["observation_date"]))
    early = rows["observation_date"] < days[2]
    turned = rows.assign(checkout_count_90d=looks.where(early, turning_back))
    bins = find_directions(turned, turned["applies"].to_numpy(dtype=np.int64), FEATURES)
    assert bins.turning == {"checkout_count_90d"}
    again, _ = fit_propensity(
        turned, turned["applies"].to_numpy(dtype=np.int64), APPLIES, declared_rate=0.01, as_of=AS_OF
    )
    assert "checkout_count_90d" not in {one["name"] for one in again["features"]}
    assert again["directions"]["turns_with_time"] == ["checkout_count_90d"]
    assert content["directions"]["turns_with_time"] == []


def test_directions_are_found_in_some_rows_of_each_outcome_as_in_all_of_them(
    rows: pd.DataFrame, monkeypatch: pytest.MonkeyPatch
) -> None:
    applied = rows["applies"].to_numpy(dtype=np.int64)
    column = [column for column in FEATURES if column.name == "checkout_count_90d"]
    everybody_asked = find_directions(rows, applied, column)
    monkeypatch.setattr("jobs.models.propensity_fit.ROWS_TO_BIN", 2_000)
    few = find_directions(rows, applied, column)
    assert everybody_asked.directions == few.directions == {"checkout_count_90d": 1}
    counted = [
        int(one.binned[0].binning.binning_table.build().loc["Totals", "Count"]) for one in (everybody_asked, few)
    ]
    assert counted[0] == len(rows)
    assert abs(counted[1] - 2 * 2_000) < 500
    rare = find_directions(rows, 1 - applied, column)
    assert rare.directions == {"checkout_count_90d": -1}
    assert int(rare.binned[0].binning.binning_table.build().loc["Totals", "Count"]) == counted[1]


def test_trees_answer_only_where_households_never_seen_leave_no_doubt(rows: pd.DataFrame) -> None:
    """The same wish told by a feature that knows a little: of few rows it may be chance, of many it cannot be."""
    chance = np.random.default_rng(8)
    told = rows.assign(checkout_count_90d=chance.normal(size=len(rows)))
    wish = chance.random(len(rows)) < 1 / (1 + np.exp(1.5 - 0.3 * told["checkout_count_90d"].to_numpy()))
    names = sorted(set(told["customer_id"]))
    found = {}
    for name, count in (("few", 200), ("many", 600)):
        which = told["customer_id"].isin(names[:count]).to_numpy()
        asked = told[which].reset_index(drop=True)
        found[name], _ = fit_propensity(asked, wish[which].astype(np.int64), APPLIES, declared_rate=0.01, as_of=AS_OF)
    area = {name: content["measured"]["held_back"] for name, content in found.items()}
    assert area["few"]["auc_of_trees_low"] < 0.5 < area["many"]["auc_of_trees_low"]
    assert area["few"]["auc_of_trees"] > 0.5  # better than a coin, but who knows
    assert found["few"]["fallback"] == "no better than chance among households never seen"
    assert found["many"]["fallback"] == ""


def test_t7_a_label_and_the_features_beside_it_share_nothing_but_what_happened() -> None:
    models = [one for one in all_datasets() if isinstance(one, Document)]
    labels = [parent for model in models for parent in ancestors(model) if parent.layer == "labels"]
    assert {label.name for label in labels} == {"credit_default", "card_uptake", "churn", "response"}
    for label in labels:
        assert {parent.layer for parent in ancestors(label)} <= {"captured", "cleaned", "customers"}
    assert "labels" not in {parent.layer for parent in ancestors(OBSERVATIONS)}


def test_a_step_that_few_took_is_answered_by_a_declared_rate_and_says_so(rows: pd.DataFrame) -> None:
    few = rows.copy()
    few.loc[few.groupby("observation_date").cumcount() >= 30, STEPS] = [False, None, None]
    files = train(few, as_of=AS_OF)
    for step in STEPS:
        content = files[f"{step}.json"]
        assert content["fallback"].endswith(f"of the rarer outcome to learn from, {MIN_CUSTOMERS} needed")
        assert files[f"{step}.txt"] == NO_TREES
        model = read_propensity(step, content, files[f"{step}.txt"])
        asked = few[step].dropna().astype(int)
        expected = (asked.sum() + 100 * DECLARED_RATE[step]) / (len(asked) + 100)
        assert 1 / (1 + np.exp(-model.intercept)) == pytest.approx(expected, abs=1e-9)
    nobody = train(rows.iloc[:0], as_of=AS_OF)
    assert nobody["applies.json"]["fallback"] == "nobody was asked"
    assert nobody["applies.json"]["base_rate"] == pytest.approx(DECLARED_RATE["applies"])


def test_t33_no_model_reads_a_protected_attribute(files: dict[str, Any]) -> None:
    read = {feature["name"] for step in STEPS for feature in files[f"{step}.json"]["features"]}
    assert len(read) > 3
    assert [name for name in read if is_protected(name)] == []


def test_t17_rows_in_another_order_and_layout_give_the_same_bytes(spark: SparkSession) -> None:
    """Both tables come shuffled, in other partitions, and are joined anew: the one order is made after that."""
    rows = shoppers(300)
    newest = rows[rows["observation_date"] == rows["observation_date"].max()]
    expected = train(rows, as_of=AS_OF, scored=newest.sort_values("customer_id", ignore_index=True))
    assert sum(count for _, count in expected["applies.json"]["baseline"]["points"]) == len(newest) < len(rows)
    for partitions, seed in ((1, 3), (5, 4)):
        mixed = pa.Table.from_pandas(rows.sample(frac=1, random_state=seed), preserve_index=False)
        given = spark.createDataFrame(mixed).repartition(partitions)
        labels = given.select("observation_date", "customer_id", *STEPS)
        observations = given.drop(*STEPS).repartition(partitions + 1, "customer_id")
        joined = labels.select("customer_id", "observation_date").join(
            observations.select("customer_id", "observation_date"), ["customer_id", "observation_date"]
        )
        as_joined = [row["customer_id"] for row in joined.collect()]
        found = collect(labels, observations, *STEPS, key=KEY)
        assert found["customer_id"].tolist() == rows["customer_id"].tolist() != as_joined
        assert build(observations, labels, as_of=AS_OF) == expected


def test_everybody_of_the_newest_date_is_compared_with_asked_or_not_and_of_many_the_same_ones_in_any_layout(
    spark: SparkSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = shoppers(300)
    observations = spark.createDataFrame(pa.Table.from_pandas(rows.drop(columns=list(STEPS)), preserve_index=False))
    newest = set(rows.loc[rows["observation_date"] == rows["observation_date"].max(), "customer_id"])
    found = everybody(observations.repartition(3))
    assert found["customer_id"].tolist() == sorted(newest)
    assert list(found.columns[1:]) == [column.name for column in FEATURES]
    monkeypatch.setattr("jobs.models.learning_rows.MOST_FROZEN", 50)
    few = [everybody(observations.repartition(parts))["customer_id"].tolist() for parts in (1, 4)]
    assert few[0] == few[1] == sorted(few[0])
    assert len(set(few[0])) == 50 < len(newest)
    assert few[0] != sorted(newest)[:50]


def test_t23_a_stored_model_that_was_touched_is_refused(files: dict[str, Any]) -> None:
    content, trees = files["applies.json"], files["applies.txt"]
    assert read_propensity("applies.json", content, trees).slope > 0
    with pytest.raises(ScorecardError, match=r"applies.json was altered after it was sealed.*jobs.run train"):
        read_propensity("applies.json", {**content, "base_rate": 0.5}, trees)
    with pytest.raises(ScorecardError, match=r"names other trees than those beside it"):
        read_propensity("applies.json", content, trees + " ")
    other = seal({**content, "feature_fingerprint": "0" * 64}, AS_OF)
    with pytest.raises(ScorecardError, match=r"feature fingerprint that its features contradict; publish it again"):
        read_propensity("applies.json", other, trees)
    lacking = seal({name: value for name, value in content.items() if name != "features"}, AS_OF)
    with pytest.raises(ScorecardError, match=r"lacks 'features'"):
        read_propensity("applies.json", lacking, trees)
    turned = seal({**content, "log_odds": {"intercept": 0.0, "slope": -1.0}}, AS_OF)
    with pytest.raises(ScorecardError, match=r"turns the order of its scores"):
        read_propensity("applies.json", turned, trees)


def test_the_truth_of_the_shoppers_is_what_the_tests_say(rows: pd.DataFrame) -> None:
    auc = area_under_curve(rows["true_application"].to_numpy(), rows["applies"].to_numpy(dtype=bool))
    assert 0.75 < auc < 0.8


def test_the_report_needs_nothing_from_elsewhere_and_shows_each_step_as_it_was_judged(files: dict[str, Any]) -> None:
    page = files["report.html"]
    assert re.findall(r"https?:|src=|href=|url\(|@import|<script|<link|<img", page) == []
    assert "nan" not in page.lower()
    for step in STEPS:
        content = files[f"{step}.json"]
        shown = page.split(f"<h2>{step.replace('_', ' ')}</h2>")[1].split("</section>")[0]
        assert content["model_version"] in shown
        assert shown.count("<svg") == (0 if content["fallback"] else 4)
        told = content["fallback"] or f"{content['measured']['held_back']['gini']:.3f}"
        assert told in shown


def test_the_report_names_what_turns_round_with_time_even_where_nothing_was_learnt(
    rows: pd.DataFrame, files: dict[str, Any]
) -> None:
    content, asked = files["applies.json"], rows["applies"].to_numpy(dtype=np.int64)
    told = describe_propensity("applies", content, files["applies.txt"], rows, asked)
    sentence = "Not read, since they turn round between the halves of time: checkout_count_90d, view_count_30d."
    turning = told | {"turns_with_time": ["checkout_count_90d", "view_count_30d"]}
    assert sentence not in write_propensity_page("steps", AS_OF, [told])
    assert sentence in write_propensity_page("steps", AS_OF, [turning])
    assert sentence in write_propensity_page("steps", AS_OF, [turning | {"fallback": "no column can be a feature"}])


def test_what_is_drawn_is_what_was_measured(rows: pd.DataFrame, files: dict[str, Any]) -> None:
    content, asked = files["applies.json"], rows["applies"].to_numpy(dtype=np.int64)
    told = describe_propensity("applies", content, files["applies.txt"], rows, asked)
    roc = np.array([[0.0, 0.0], *told["roc"], [1.0, 1.0]])
    held_back = content["measured"]["held_back"]
    assert 2 * np.trapezoid(roc[:, 1], roc[:, 0]) - 1 == pytest.approx(held_back["gini"], abs=0.01)
    assert sum(one["rows"] for one in told["groups"]) == held_back["rows"]
    observed = sum(one["rows"] * one["observed"] for one in told["groups"])
    assert observed == pytest.approx(held_back["bads"], abs=1e-2)
    assert sum(share for _, share, _ in told["strongest"]) <= 1.0001
    name, share, direction = told["strongest"][0]
    assert (name, direction) == ("checkout_count_90d", 1)
    assert share > 0.5  # all that moves an application in this world
