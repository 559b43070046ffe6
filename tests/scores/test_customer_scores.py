"""Scores, grades and reasons that can be checked by hand: see small_scorecard."""

from __future__ import annotations

import math
from datetime import date
from typing import Any

import pytest
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from jobs.models.grades import GRADE_BELOW
from jobs.models.scorecard import Scorecard, ScorecardError
from jobs.scores.customer_scores import build
from jobs.scores.published_scores import grade, score
from jobs.scores.reason_texts import KNOWN_OF_ALL_WITH_A_ROW, WITHOUT_A_ROW
from schemas.families import READ_BY_MODELS
from schemas.profiles.customer_profiles import CUSTOMER_PROFILES
from schemas.scores.customer_scores import GRADES
from tests.conftest import TableMaker, rows
from tests.scores.small_scorecard import category, number, population, scorecard

AS_OF = date(2026, 4, 1)
DELAY = number("days_past_due", [0.5, 29.5], [20, -10, -100], missing=-5)
ON_TIME = number("on_time_share_365d", [0.5, 0.9], [-60, 0, 40], missing=-20, special=-30)
BALANCE = number("balance_cents_last", [100_000.0], [-10, 15], missing=25)
BUCKET = category("days_past_due_bucket", {"current": 20, "90+": -80}, missing=-40)


def scored(profiles: DataFrame, *features: dict[str, Any]) -> DataFrame:
    return build(profiles, {"scorecard.json": scorecard(*features)}, as_of=AS_OF)


def found(frame: DataFrame, column: str) -> dict[str, Any]:
    return {row["customer_id"]: row[column] for row in frame.select("customer_id", column).collect()}


def test_points_of_all_features_add_up_to_the_score(table: TableMaker) -> None:
    profiles = table(
        CUSTOMER_PROFILES,
        [
            {"customer_id": "ann", "days_past_due": 0, "on_time_share_365d": 0.95, "balance_cents_last": 500_000},
            {"customer_id": "bob", "days_past_due": 45, "on_time_share_365d": 0.4, "balance_cents_last": 0},
            {"customer_id": "carol", "days_past_due": 3, "on_time_share_365d": 0.5},
            {"customer_id": "dan"},
        ],
    )
    assert rows(scored(profiles, DELAY, ON_TIME, BALANCE), "customer_id", "score") == [
        ("ann", 600 + 20 + 40 + 15),
        ("bob", 600 - 100 - 60 - 10),
        ("carol", 600 - 10 + 0 + 25),
        ("dan", 600 - 5 - 20 + 25),
    ]


def test_a_value_on_an_edge_belongs_to_the_bin_above(table: TableMaker) -> None:
    edge = math.nextafter(0.9, 0)
    profiles = table(
        CUSTOMER_PROFILES,
        [
            {"customer_id": "ann", "on_time_share_365d": 0.9},
            {"customer_id": "bob", "on_time_share_365d": edge},
            {"customer_id": "carol", "on_time_share_365d": 0.5},
            {"customer_id": "dan", "on_time_share_365d": -1e300},
        ],
    )
    assert found(scored(profiles, ON_TIME), "score") == {"ann": 640, "bob": 600, "carol": 600, "dan": 540}


def test_t23_missing_special_and_unseen_values_have_their_own_points(table: TableMaker) -> None:
    profiles = table(
        CUSTOMER_PROFILES,
        [
            {"customer_id": "ann", "on_time_share_365d": None, "days_past_due_bucket": "current"},
            {"customer_id": "bob", "on_time_share_365d": math.nan, "days_past_due_bucket": "current"},
            {"customer_id": "carol", "on_time_share_365d": math.inf, "days_past_due_bucket": "current"},
            {"customer_id": "dan", "on_time_share_365d": -math.inf, "days_past_due_bucket": None},
            {"customer_id": "eve", "on_time_share_365d": 0.7, "days_past_due_bucket": "a new bucket"},
            {"customer_id": "fay", "on_time_share_365d": -999.0, "days_past_due_bucket": "current"},
            {"customer_id": "gil", "on_time_share_365d": -998.0, "days_past_due_bucket": "current"},
        ],
    )
    content = scorecard(ON_TIME, BUCKET, special_codes=[-999.0])
    assert found(build(profiles, {"scorecard.json": content}, as_of=AS_OF), "score") == {
        "fay": 600 - 30 + 20,
        "gil": 600 - 60 + 20,
        "ann": 600 - 20 + 20,
        "bob": 600 - 20 + 20,
        "carol": 600 - 30 + 20,
        "dan": 600 - 30 - 40,
        "eve": 600,
    }


def test_the_probability_is_exact_and_not_that_of_the_rounded_score(table: TableMaker) -> None:
    profiles = table(CUSTOMER_PROFILES, [{"customer_id": "ann", "days_past_due": 0}, {"customer_id": "bob"}])
    content = scorecard(number("days_past_due", [0.5], [40.3, -40]), neutral_odds=30.0)
    probabilities = found(build(profiles, {"scorecard.json": content}, as_of=AS_OF), "default_probability")
    assert probabilities["bob"] == pytest.approx(1 / 31, rel=1e-14)
    assert probabilities["ann"] == pytest.approx(1 / (1 + 30 * 2 ** (40.3 / 40)), rel=1e-14)


def test_the_score_is_rounded_once_and_halves_go_up(spark: SparkSession) -> None:
    plain = Scorecard("v", intercept=0.0, offset=0.0, factor=1.0, features=())
    totals = [600.5, 601.5, 600.49999, -0.5]
    frame = spark.createDataFrame([(total,) for total in totals], "log_odds double")
    assert [row[0] for row in frame.select(score(plain)).collect()] == [601, 602, 600, 0]


def test_a_grade_begins_where_the_one_before_ends(spark: SparkSession) -> None:
    bounds = list(GRADE_BELOW.values())
    just_below = [math.nextafter(bound, 0) for bound in bounds]
    frame = spark.createDataFrame([(value,) for value in [0.0, *just_below, *bounds, 1.0]], "probability double")
    grades = [row[0] for row in frame.select(grade(F.col("probability"))).collect()]
    assert grades == ["A", "A", "B", "C", "D", "B", "C", "D", "E", "E"]
    assert (*GRADE_BELOW, "E") == GRADES


def test_grades_follow_the_probability(table: TableMaker) -> None:
    profiles = table(
        CUSTOMER_PROFILES,
        [{"customer_id": name, "days_past_due": days} for name, days in (("ann", 0), ("bob", 10), ("carol", 60))],
    )
    wide = number("days_past_due", [0.5, 29.5], [80, 0, -120])
    # 30 x 4, 30 and 30 / 8 good to 1 bad: 0.8 %, 3.2 % and 21 % default
    assert found(scored(profiles, wide), "grade") == {"ann": "A", "bob": "C", "carol": "E"}


def test_reasons_are_what_cost_most_against_the_best_bin_and_only_what_cost_something(table: TableMaker) -> None:
    profiles = table(
        CUSTOMER_PROFILES,
        [
            {"customer_id": "ann", "days_past_due": 0, "on_time_share_365d": 0.95, "balance_cents_last": 500_000},
            {"customer_id": "bob", "days_past_due": 45, "on_time_share_365d": 0.724, "balance_cents_last": 123_450},
            {"customer_id": "carol", "days_past_due": 3, "on_time_share_365d": None, "balance_cents_last": None},
        ],
    )
    reasons = found(scored(profiles, ON_TIME, BALANCE, DELAY), "reasons")
    assert reasons["ann"] == []
    assert [(reason.feature, reason.points_lost, reason.text) for reason in reasons["bob"]] == [
        ("days_past_due", 120.0, "Days your oldest unpaid instalment is past due: 45 (best: 0 or less)"),
        (
            "on_time_share_365d",
            40.0,
            "Share of instalments paid on time in the last 365 days: 72.4 % (best: 90.0 % or more)",
        ),
    ]
    # carol has no bank account, which is better than the best balance: that is no reason.
    assert [(reason.feature, reason.points_lost) for reason in reasons["carol"]] == [
        ("on_time_share_365d", 60.0),
        ("days_past_due", 30.0),
    ]
    assert reasons["carol"][0].text.startswith(
        "Share of instalments paid on time in the last 365 days: not known (best"
    )


def test_who_has_no_row_in_a_family_is_told_what_that_means_and_not_that_nothing_is_known(table: TableMaker) -> None:
    """Bob has visits but never bought, and nothing fell due for him: of the last, his plans say no more."""
    features = [number(name, [2.5], [0, 30], missing=-40) for name in ("login_count_30d", "purchase_count_365d")]
    features.append(number("on_time_share_365d", [0.5], [0, 30], missing=-10))
    features.append(number("balance_cents_last", [0.5], [0, 30], missing=-5))
    profiles = table(
        CUSTOMER_PROFILES,
        [{"customer_id": "ann", "days_past_due": 0}, {"customer_id": "bob", "days_past_due": 0, "login_count_30d": 0}],
    )
    reasons = found(scored(profiles, *features), "reasons")
    told = {name: [reason.text for reason in reasons[name]] for name in ("ann", "bob")}
    visits = "Logins to your account in the last 30 days"
    assert told["ann"][:2] == [
        f"{visits}: no visit with your account in the last 90 days (best: 3 or more)",
        "Purchases in the last 365 days: no purchase at the shop that we know of (best: 3 or more)",
    ]
    assert told["bob"][0] == "Purchases in the last 365 days: no purchase at the shop that we know of (best: 3 or more)"
    assert f"{visits}: 0 (best: 3 or more)" in told["bob"]
    rest = told["ann"][2:]
    assert [text.split(": ")[1].split(" (")[0] for text in rest] == ["not known", "not known"]


def test_to_have_no_row_is_not_set_against_a_best_of_nothing(table: TableMaker) -> None:
    """Ann never visits, which is not the best; bob logs in often. Only bob is told that not to log in is best."""
    logins = number("login_count_30d", [0.5], [30, 0], missing=-10)
    profiles = table(CUSTOMER_PROFILES, [{"customer_id": "ann"}, {"customer_id": "bob", "login_count_30d": 4}])
    reasons = found(scored(profiles, logins), "reasons")
    visits = "Logins to your account in the last 30 days"
    assert [one.text for one in reasons["ann"]] == [f"{visits}: no visit with your account in the last 90 days"]
    assert [one.text for one in reasons["bob"]] == [f"{visits}: 4 (best: 0 or less)"]


def test_every_family_of_which_models_read_a_number_says_what_it_means_to_have_no_row() -> None:
    read = {family for family, columns in READ_BY_MODELS.items() if columns}
    assert set(WITHOUT_A_ROW) == read
    assert KNOWN_OF_ALL_WITH_A_ROW["login_count_30d"] == WITHOUT_A_ROW["browsing"]
    # null of who never bought, and of who bought long ago: true of both
    assert KNOWN_OF_ALL_WITH_A_ROW["instalment_share_365d"] == "no purchase at the shop in the last 365 days"
    assert "days_since_last_salary" not in KNOWN_OF_ALL_WITH_A_ROW  # null for two reasons, so neither is told


def test_t17_equal_losses_are_ordered_by_name_and_no_more_than_four_are_told(table: TableMaker) -> None:
    names = ["plan_count", "fee_count_180d", "session_count_30d", "neighbour_count", "days_past_due", "view_count_30d"]
    features = [number(name, [0.5], [30, 0]) for name in names]
    features[0] = number("plan_count", [0.5], [30, -1])
    profiles = table(CUSTOMER_PROFILES, [{"customer_id": "ann", **dict.fromkeys(names, 1)}])
    (reasons,) = found(scored(profiles, *features), "reasons").values()
    assert [reason.feature for reason in reasons] == [
        "plan_count",
        "days_past_due",
        "fee_count_180d",
        "neighbour_count",
    ]


def test_money_categories_and_features_without_a_phrase_are_readable(table: TableMaker) -> None:
    money = number("balance_cents_last", [150_000.0, 1_000_000.0], [-50, 40, 0])
    unnamed = number("session_count_30d", [4.5, 5.5], [-10, 20, 0])
    profiles = table(
        CUSTOMER_PROFILES,
        [
            {
                "customer_id": "ann",
                "balance_cents_last": -1_234_567,
                "days_past_due_bucket": "90+",
                "session_count_30d": 1200,
            }
        ],
    )
    (reasons,) = found(scored(profiles, money, BUCKET, unnamed), "reasons").values()
    assert [reason.text for reason in reasons] == [
        "Days your oldest unpaid instalment is past due: 90+ (best: current)",
        "Money on your bank accounts: -12,345.67 (best: 1,500.00 to 10,000.00)",
        "Sessions in the last 30 days: 1,200 (best: 5)",
    ]


def thin_and_known(table: TableMaker) -> DataFrame:
    return table(
        CUSTOMER_PROFILES,
        [
            {"customer_id": "ann", "plan_count": 1, "days_past_due": 0, "balance_cents_last": 500_000},
            {"customer_id": "bob", "plan_count": 0, "balance_cents_last": 500_000},
            {"customer_id": "carol"},
            {"customer_id": "dan", "plan_count": 2, "balance_cents_last": 0},
        ],
    )


def test_t22_a_thin_file_is_flagged_and_history_it_cannot_have_counts_neither_way(table: TableMaker) -> None:
    content = scorecard(DELAY, ON_TIME, BALANCE, learnt_on=population("days_past_due", "on_time_share_365d"))
    frame = build(thin_and_known(table), {"scorecard.json": content}, as_of=AS_OF)
    assert rows(frame, "customer_id", "is_thin_file", "score", "model_version") == [
        ("ann", False, 600 + 20 - 20 + 15, content["model_version"]),
        ("bob", True, 600 + 15, content["model_version"]),
        ("carol", True, 600 + 25, content["model_version"]),
        ("dan", False, 600 - 5 - 20 - 10, content["model_version"]),  # has plans: missing means what was learnt
    ]


def test_t22_the_reasons_of_a_thin_file_say_so_once_and_still_add_up_to_the_score(table: TableMaker) -> None:
    content = scorecard(DELAY, ON_TIME, BALANCE, learnt_on=population("days_past_due", "on_time_share_365d"))
    frame = build(thin_and_known(table), {"scorecard.json": content}, as_of=AS_OF)
    reasons, scores = found(frame, "reasons"), found(frame, "score")
    assert [(one.feature, one.points_lost) for one in reasons["bob"]] == [("instalment_history", 20 + 40)]
    assert reasons["bob"][0].text == "No instalment history with us yet: the score rests on what else is known"
    assert {one.feature for one in reasons["dan"]} == {"days_past_due", "on_time_share_365d", "balance_cents_last"}
    best = 600 + 20 + 40 + 15
    for name in ("ann", "bob", "dan"):
        assert best - sum(one.points_lost for one in reasons[name]) == scores[name]


def test_without_a_population_everyone_is_scored_alike(table: TableMaker) -> None:
    assert found(scored(thin_and_known(table), DELAY), "is_thin_file") == dict.fromkeys(
        ["ann", "bob", "carol", "dan"], False
    )


def test_no_customers_give_no_scores(table: TableMaker) -> None:
    assert rows(scored(table(CUSTOMER_PROFILES, []), DELAY), "customer_id") == []


def test_t22_a_scorecard_for_other_features_is_refused(table: TableMaker) -> None:
    profiles = table(CUSTOMER_PROFILES, [{"customer_id": "ann"}])
    other = {**DELAY, "meaning": "days since the newest instalment was due"}
    with pytest.raises(ScorecardError, match="another type or meaning now: days_past_due; train again"):
        scored(profiles, other)
    unknown = scorecard(DELAY, learnt_on={**population(), "marker": "contract_count"})
    with pytest.raises(ScorecardError, match="meaning now: contract_count; train again"):
        build(profiles, {"scorecard.json": unknown}, as_of=AS_OF)


def test_t23_an_altered_scorecard_is_refused(table: TableMaker) -> None:
    content = scorecard(DELAY)
    content["log_odds"]["intercept"] += 0.1
    with pytest.raises(ScorecardError, match="was altered after it was sealed"):
        build(table(CUSTOMER_PROFILES, []), {"scorecard.json": content}, as_of=AS_OF)


def test_no_python_runs_for_a_row(table: TableMaker, capsys: pytest.CaptureFixture[str]) -> None:
    scored(table(CUSTOMER_PROFILES, [{"customer_id": "ann"}]), DELAY, ON_TIME, BUCKET).explain()
    plan = capsys.readouterr().out
    assert "CASE WHEN" in plan
    assert "python" not in plan.lower().replace("mappartitionsinpython", "python")


def test_the_change_of_30_days_is_the_customers_whatever_model_scored_them_then(table: TableMaker) -> None:
    """The profile of 30 days ago is scored anew: a training in between is on nearly every night."""
    then = [
        {"customer_id": "ann", "days_past_due": 3, "identity_confidence": 0.1},
        {"customer_id": "bob", "days_past_due": 0},
        {"customer_id": "zoe", "days_past_due": 0},
    ]
    now = [
        {"customer_id": "ann", "days_past_due": 0, "identity_confidence": 0.99},
        {"customer_id": "bob", "days_past_due": 45, "identity_confidence": 0.45},
        {"customer_id": "carol", "days_past_due": 0},
    ]
    before, tonight = table(CUSTOMER_PROFILES, then), table(CUSTOMER_PROFILES, now)
    old, new = scorecard(DELAY), scorecard(number("days_past_due", [0.5, 29.5], [30, -20, -70]))
    assert old["model_version"] != new["model_version"]
    for content, changes in ((old, {"ann": 30, "bob": -120}), (new, {"ann": 50, "bob": -100})):
        given = build(tonight, {"scorecard.json": content}, profiles_30d_ago=before, as_of=AS_OF)
        assert rows(given, "customer_id", "score_change_30d", "is_low_identity_confidence") == [
            ("ann", changes["ann"], False),
            ("bob", changes["bob"], True),
            ("carol", None, True),
        ]
    unknown = (None, before.drop("days_past_due"))  # not published; of a contract without what is read
    for profiles in unknown:
        given = build(tonight, {"scorecard.json": new}, profiles_30d_ago=profiles, as_of=AS_OF)
        assert {row["score_change_30d"] for row in given.collect()} == {None}
