"""How likely a customer is to default, as a score, and why; everything in native Spark expressions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from jobs.models.grades import GRADE_BELOW, LAST_GRADE
from jobs.models.scorecard import Feature, Scorecard, read_scorecard, refuse_other_features
from jobs.models.scorecard_expressions import is_inside, log_odds, points_lost, score_expressions
from jobs.scores.reason_texts import reason_text
from schemas.profiles.customer_profiles import CUSTOMER_PROFILES
from schemas.scores.customer_scores import LEAST_IDENTITY_CONFIDENCE

MOST_REASONS = 4  # more than four do not help the reader: commentary to Regulation B, 12 CFR 1002.9(b)(2)
POINTS_DIGITS = 2  # finer differences between reasons are noise; equal losses are told apart by name

NO_HISTORY = "instalment_history"
NO_HISTORY_TEXT = "No instalment history with us yet: the score rests on what else is known"


def build(
    customer_profiles: DataFrame,
    credit_score: Mapping[str, Any],
    *,
    scores_30d_ago: DataFrame | None = None,
    as_of: date,  # noqa: ARG001
) -> DataFrame:
    """One row per customer.

    customer_profiles: one row per customer; a missing feature is null and gets the weight the scorecard gives it.
    credit_score: file name -> parsed JSON of the model that decides on the night.
    scores_30d_ago: this dataset as it was published 30 days before; None where it was not.
    as_of is the day that the profiles describe already; which model a night may know is settled where it is read.
    ScorecardError when the scorecard is incomplete or altered, or was trained on other features than the profile's.
    """
    scorecard = read_scorecard(credit_score["scorecard.json"])
    refuse_other_features(scorecard, CUSTOMER_PROFILES.columns)
    weighed = customer_profiles.select("*", *score_expressions(scorecard))
    scored = weighed.withColumn("log_odds", log_odds(scorecard)).select(
        "customer_id",
        score(scorecard).alias("score"),
        default_probability().alias("default_probability"),
        grade(default_probability()).alias("grade"),
        reasons(scorecard).alias("reasons"),
        is_thin_file(scorecard).alias("is_thin_file"),
        F.coalesce(F.col("identity_confidence") < LEAST_IDENTITY_CONFIDENCE, F.lit(True)).alias(
            "is_low_identity_confidence"
        ),
        F.lit(scorecard.model_version).alias("model_version"),
    )
    return with_change(scored, scores_30d_ago, scorecard)


def with_change(scored: DataFrame, scores_before: DataFrame | None, scorecard: Scorecard) -> DataFrame:
    """The scores with how far they have moved, where the same model gave both."""
    if scores_before is None:
        return scored.withColumn("score_change_30d", F.lit(None).cast("int"))
    same_model = scores_before.where(F.col("model_version") == scorecard.model_version)
    before = same_model.select("customer_id", F.col("score").alias("score_before"))
    return scored.join(before, "customer_id", how="left").withColumn(
        "score_change_30d", F.col("score") - F.col("score_before")
    )


def is_thin_file(scorecard: Scorecard) -> Column:
    """Whether the customer is outside the population the scorecard was learnt on."""
    return F.lit(False) if scorecard.population is None else ~is_inside(scorecard.population)


def score(scorecard: Scorecard) -> Column:
    """Points rounded once, halves up, from the column log_odds: ln(odds good:bad)."""
    points = F.lit(scorecard.offset) + F.lit(scorecard.factor) * F.col("log_odds")
    return F.floor(points + 0.5).cast("int")


def default_probability() -> Column:
    """The exact probability from the log-odds; the rounded score would lose about 1 % of it."""
    return F.lit(1.0) / (F.lit(1.0) + F.exp("log_odds"))


def grade(probability: Column) -> Column:
    """The first grade whose bound the probability stays below."""
    below = [F.when(probability < bound, F.lit(name)) for name, bound in GRADE_BELOW.items()]
    return F.coalesce(*below, F.when(probability <= 1, F.lit(LAST_GRADE)))


def reasons(scorecard: Scorecard) -> Column:
    """Up to MOST_REASONS features with most points lost, most first, then by name; only what was really lost.

    A thin file loses all points that only history can earn in one reason, since none of those features was looked at.
    """
    of_everyone = [f for f in scorecard.features if not scorecard.is_known_of_population_only(f)]
    of_members = [f for f in scorecard.features if scorecard.is_known_of_population_only(f)]
    candidates = F.array(*(_reason(scorecard, feature) for feature in of_everyone))
    if of_members:
        told = F.array(*(_reason(scorecard, feature) for feature in of_members))
        instead = F.array(_no_history(scorecard, of_members))
        candidates = F.concat(candidates, F.when(is_thin_file(scorecard), instead).otherwise(told))
    lost = F.array_sort(F.filter(candidates, lambda reason: reason["points_gained"] < 0))
    return F.transform(
        F.slice(lost, 1, MOST_REASONS),
        lambda reason: F.struct(
            reason["feature"].alias("feature"),
            (-reason["points_gained"]).alias("points_lost"),
            reason["text"].alias("text"),
        ),
    )


def _reason(scorecard: Scorecard, feature: Feature) -> Column:
    return _candidate(points_lost(scorecard, feature), feature.name, reason_text(feature))


def _no_history(scorecard: Scorecard, features: Sequence[Feature]) -> Column:
    lost = sum((points_lost(scorecard, feature) for feature in features), F.lit(0.0))
    return _candidate(lost, NO_HISTORY, F.lit(NO_HISTORY_TEXT))


def _candidate(lost: Column, feature: str, text: Column) -> Column:
    gained = (-F.round(lost, POINTS_DIGITS)).alias("points_gained")
    return F.struct(gained, F.lit(feature).alias("feature"), text.alias("text"))
