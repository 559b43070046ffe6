"""Why a customer has this score, in full; everything in native Spark expressions."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from jobs.models.scorecard import Feature, Scorecard, ScorecardError, read_scorecard, refuse_other_features
from jobs.models.scorecard_expressions import is_inside, points_lost, score_expressions, woe_column
from jobs.scores.reason_texts import POINTS_DIGITS, change_text, told_value
from schemas.profiles.customer_profiles import CUSTOMER_PROFILES

MOST_COUNTERFACTUALS = 3  # what fits into one conversation
WORTH_TELLING = 1.0  # points; less moves no grade


def build(
    customer_profiles: DataFrame, credit_score: Mapping[str, Any], customer_scores: DataFrame, *, as_of: date
) -> DataFrame:
    """One row per customer.

    customer_profiles: one row per customer. credit_score: the files of the champion. customer_scores: what is
    explained. ScorecardError when another model gave the scores, or when the scorecard is incomplete or
    altered, or was trained on other features than the profile's.
    """
    scorecard = read_scorecard(credit_score["scorecard.json"])
    refuse_other_features(scorecard, CUSTOMER_PROFILES.columns)
    _refuse_scores_of_another_model(customer_scores, scorecard, as_of)
    weighed = customer_profiles.select("*", *score_expressions(scorecard))
    return weighed.select(
        "customer_id",
        F.lit(scorecard.model_version).alias("model_version"),
        F.lit(scorecard.offset + scorecard.factor * scorecard.intercept).alias("start_points"),
        F.array(*(_feature_points(scorecard, feature) for feature in scorecard.features)).alias("feature_points"),
        _counterfactuals(scorecard).alias("counterfactuals"),
        _lineage_hash(scorecard).alias("lineage_hash"),
    )


def _refuse_scores_of_another_model(customer_scores: DataFrame, scorecard: Scorecard, as_of: date) -> None:
    """A reason must be the reason of the score that was given, whatever is decided in the middle of a night."""
    others = customer_scores.where(F.col("model_version") != scorecard.model_version).select("model_version").take(1)
    if others:
        raise ScorecardError(
            f"scores/explanations {as_of}: {scorecard.model_version} decides, but scores/customer_scores is of "
            f"{others[0].model_version}; run: python -m jobs.run scores/customer_scores --business-date {as_of}"
        )


def _feature_points(scorecard: Scorecard, feature: Feature) -> Column:
    points = F.lit(scorecard.factor * feature.weight) * F.col(woe_column(feature))
    return F.struct(
        F.lit(feature.name).alias("feature"),
        told_value(feature).alias("value"),
        points.alias("points"),
    )


def _counterfactuals(scorecard: Scorecard) -> Column:
    """Each feature alone in its best bin; for a thin file only what it has, since history is not one change."""
    candidates = F.array(
        *(
            F.struct(
                (-_gain(scorecard, feature)).alias("points_lost"),
                F.lit(feature.name).alias("feature"),
                change_text(feature, _gain(scorecard, feature)).alias("text"),
            )
            for feature in scorecard.features
        )
    )
    gained = F.array_sort(F.filter(candidates, lambda change: change["points_lost"] <= -WORTH_TELLING))
    return F.transform(
        F.slice(gained, 1, MOST_COUNTERFACTUALS),
        lambda change: F.struct(
            change["feature"].alias("feature"),
            (-change["points_lost"]).alias("points"),
            change["text"].alias("text"),
        ),
    )


def _gain(scorecard: Scorecard, feature: Feature) -> Column:
    """Rounded, as reasons are; the points of features are exact, since they must add up."""
    gain = F.round(points_lost(scorecard, feature), POINTS_DIGITS)
    if scorecard.population is None or not scorecard.is_known_of_population_only(feature):
        return gain
    return F.when(is_inside(scorecard.population), gain).otherwise(F.lit(0.0))


def _lineage_hash(scorecard: Scorecard) -> Column:
    """Values by name, each marked as there or not, so that no two sets of values read the same."""
    names = sorted({feature.name for feature in scorecard.features} | _marker(scorecard))
    values = (
        F.coalesce(F.concat(F.lit(f"{name}="), F.col(name).cast("string")), F.lit(f"{name} missing")) for name in names
    )
    return F.sha2(F.concat_ws("\0", F.lit(scorecard.model_version), *values), 256)


def _marker(scorecard: Scorecard) -> set[str]:
    return set() if scorecard.population is None else {scorecard.population.marker}
