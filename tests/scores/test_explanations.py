"""Explanations that add up to the score, say what would raise it, and can be traced: see small_scorecard."""

from __future__ import annotations

import math
from datetime import date
from typing import Any

import pytest
from pyspark.sql import DataFrame, Row

from jobs.models.scorecard import ScorecardError
from jobs.scores import customer_scores, explanations
from schemas.profiles.customer_profiles import CUSTOMER_PROFILES
from schemas.scores.customer_scores import CUSTOMER_SCORES
from tests.conftest import TableMaker
from tests.scores.small_scorecard import category, number, population, scorecard

AS_OF = date(2026, 4, 1)
DELAY = number("days_past_due", [0.5, 29.5], [20, -10, -100], missing=-5)
ON_TIME = number("on_time_share_365d", [0.5, 0.9], [-60, 0, 40], missing=-20, special=-30)
BALANCE = number("balance_cents_last", [100_000.0], [-10, 15.3], missing=25)
BUCKET = category("days_past_due_bucket", {"current": 20, "90+": -80}, missing=-40)
CONTENT = scorecard(
    DELAY, ON_TIME, BALANCE, BUCKET, learnt_on=population("days_past_due", "on_time_share_365d", "days_past_due_bucket")
)
CUSTOMERS: list[dict[str, Any]] = [
    {"customer_id": "ann", "plan_count": 1, "days_past_due": 0, "on_time_share_365d": 0.95,
     "balance_cents_last": 500_000, "days_past_due_bucket": "current"},
    {"customer_id": "bob", "plan_count": 3, "days_past_due": 45, "on_time_share_365d": math.nan,
     "balance_cents_last": 0},
    {"customer_id": "carol", "balance_cents_last": 0},
    {"customer_id": "dan", "plan_count": 1, "on_time_share_365d": math.inf, "days_past_due_bucket": "a new bucket"},
    {"customer_id": "eve"},
]  # fmt: skip


def explain(profiles: DataFrame, table: TableMaker, content: dict[str, Any] = CONTENT) -> DataFrame:
    """The explanations of scores that the same scorecard gave."""
    scores = table(CUSTOMER_SCORES, [{"customer_id": "ann", "model_version": content["model_version"]}])
    return explanations.build(profiles, {"scorecard.json": content}, scores, as_of=AS_OF)


@pytest.fixture
def explained(table: TableMaker) -> dict[str, Row]:
    profiles = table(CUSTOMER_PROFILES, CUSTOMERS)
    found = explain(profiles, table)
    return {row["customer_id"]: row for row in found.collect()}


def test_t22_start_and_features_add_up_to_the_score_of_everyone(explained: dict[str, Row], table: TableMaker) -> None:
    profiles = table(CUSTOMER_PROFILES, CUSTOMERS)
    scores = customer_scores.build(profiles, {"scorecard.json": CONTENT}, as_of=AS_OF).collect()
    assert {row["customer_id"] for row in scores} == set(explained)
    for row in scores:
        told = explained[row["customer_id"]]
        points = told["start_points"] + sum(one["points"] for one in told["feature_points"])
        log_odds = math.log((1 - row["default_probability"]) / row["default_probability"])
        assert points == pytest.approx(600 + 40 / math.log(2) * (log_odds - math.log(30)), abs=1e-9)
        assert row["score"] == math.floor(points + 0.5)
        assert told["model_version"] == row["model_version"]
    assert sum(one["points"] for one in explained["ann"]["feature_points"]) == pytest.approx(20 + 40 + 15.3 + 20)


def test_every_feature_is_told_with_the_customers_own_value(explained: dict[str, Row]) -> None:
    told = {one["feature"]: (one["value"], round(one["points"], 6)) for one in explained["bob"]["feature_points"]}
    assert told == {
        "days_past_due": ("45", -100.0),
        "on_time_share_365d": ("not known", -20.0),
        "balance_cents_last": ("0.00", -10.0),
        "days_past_due_bucket": ("no instalment plan at the shop", -40.0),  # no real row has a plan and no bucket
    }
    assert [one["points"] for one in explained["eve"]["feature_points"]] == pytest.approx([0, 0, 25, 0])


def test_the_changes_that_would_add_most_come_first_and_only_what_can_be_gained(explained: dict[str, Row]) -> None:
    changes = {
        name: [(one["feature"], one["points"]) for one in row["counterfactuals"]] for name, row in explained.items()
    }
    assert changes["ann"] == []
    assert changes["bob"] == [("days_past_due", 120.0), ("days_past_due_bucket", 60.0), ("on_time_share_365d", 60.0)]
    assert changes["carol"] == [("balance_cents_last", 25.3)]  # a thin file: history is not one change
    assert changes["eve"] == []  # without an account it has more than the best balance gives
    texts = [one["text"] for one in explained["bob"]["counterfactuals"]]
    assert texts[0] == "+120 points if this were 0 or less: Days your oldest unpaid instalment is past due"
    assert texts[1].startswith("+60 points if this were current: ")
    of_no_row = [one["text"] for one in explained["dan"]["counterfactuals"] if one["feature"] == "days_past_due"]
    assert of_no_row == ["+25 points if this were known and 0 or less: Days your oldest unpaid instalment is past due"]


def test_equal_values_have_equal_hashes_and_a_missing_value_is_no_other_value(table: TableMaker) -> None:
    given = [
        {"customer_id": "ann", "plan_count": 1, "days_past_due": 0},
        {"customer_id": "bob", "plan_count": 1, "days_past_due": 0, "view_count_30d": 7},  # not read by the scorecard
        {"customer_id": "carol", "plan_count": 1},
        {"customer_id": "dan", "plan_count": 2, "days_past_due": 0},
        {"customer_id": "eve", "plan_count": 1, "days_past_due": 0, "days_past_due_bucket": "missing"},
    ]
    found = explain(table(CUSTOMER_PROFILES, given), table).collect()
    hashes = {row["customer_id"]: row["lineage_hash"] for row in found}
    assert hashes["ann"] == hashes["bob"]
    assert len(set(hashes.values())) == 4
    other = scorecard(DELAY, learnt_on=population())
    again = explain(table(CUSTOMER_PROFILES, given[:1]), table, other).collect()
    assert again[0]["lineage_hash"] != hashes["ann"]


def test_t23_an_altered_scorecard_explains_nothing(table: TableMaker) -> None:
    altered = {**CONTENT, "log_odds": {"intercept": 1.0}}
    with pytest.raises(ScorecardError, match="was altered after it was sealed"):
        explain(table(CUSTOMER_PROFILES, []), table, altered)


def test_t23_scores_of_another_model_are_not_explained(table: TableMaker) -> None:
    profiles = table(CUSTOMER_PROFILES, CUSTOMERS[:2])
    versions = {"ann": CONTENT["model_version"], "bob": "2026-02-28-0123456789ab"}
    scores = table(CUSTOMER_SCORES, [{"customer_id": name, "model_version": one} for name, one in versions.items()])
    with pytest.raises(
        ScorecardError, match=r"scores/explanations 2026-04-01: .* is of 2026-02-28-0123456789ab; run: "
    ):
        explanations.build(profiles, {"scorecard.json": CONTENT}, scores, as_of=AS_OF)
