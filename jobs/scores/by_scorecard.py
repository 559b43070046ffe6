"""Profiles scored by a scorecard, with the reasons; everything in native Spark expressions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from jobs.models.scorecard import Feature, Scorecard
from jobs.models.scorecard_expressions import is_inside, log_odds, points_lost, score_expressions
from jobs.scores.published_scores import is_low_identity_confidence, published, readable, with_change
from jobs.scores.reason_texts import MOST_REASONS, POINTS_DIGITS, reason_text

NO_HISTORY = "instalment_history"
NO_HISTORY_TEXT = "No instalment history with us yet: the score rests on what else is known"


def score_by_scorecard(profiles: DataFrame, scorecard: Scorecard, profiles_30d_ago: DataFrame | None) -> DataFrame:
    """One row per customer, as all scores are published.

    profiles_30d_ago: the same of 30 days before, which the same scorecard scores anew: a model of another training
    that scored them then would say how the models differ, not how the customer has changed.
    """
    scored = weighed(profiles, scorecard).select(
        "customer_id",
        "log_odds",
        reasons(scorecard).alias("reasons"),
        is_thin_file(scorecard).alias("is_thin_file"),
        is_low_identity_confidence().alias("is_low_identity_confidence"),
    )
    before = readable(profiles_30d_ago, scorecard)
    return with_change(published(scored, scorecard), None if before is None else weighed(before, scorecard), scorecard)


def weighed(profiles: DataFrame, scorecard: Scorecard) -> DataFrame:
    """The profiles with a weight of evidence for each feature, and log_odds, ln(odds good:bad)."""
    return profiles.select("*", *score_expressions(scorecard)).withColumn("log_odds", log_odds(scorecard))


def is_thin_file(scorecard: Scorecard) -> Column:
    """Whether the customer is outside the population the scorecard was learnt on."""
    return F.lit(False) if scorecard.population is None else ~is_inside(scorecard.population)


def reasons(scorecard: Scorecard) -> Column:
    """Up to MOST_REASONS features with most points lost, most first, then by name; only what was really lost.

    A thin file loses all points that only history can earn in one reason, since none of those features was looked at.
    """
    of_everyone = [f for f in scorecard.features if not scorecard.is_known_of_population_only(f)]
    of_members = [f for f in scorecard.features if scorecard.is_known_of_population_only(f)]
    texts = {feature.name: reason_text(feature) for feature in scorecard.features}
    candidates = F.array(*(_candidate(points_lost(scorecard, feature), feature.name) for feature in of_everyone))
    if of_members:
        texts[NO_HISTORY] = F.lit(NO_HISTORY_TEXT)
        told = F.array(*(_candidate(points_lost(scorecard, feature), feature.name) for feature in of_members))
        instead = F.array(_no_history(scorecard, of_members))
        candidates = F.concat(candidates, F.when(is_thin_file(scorecard), instead).otherwise(told))
    lost = F.array_sort(F.filter(candidates, lambda reason: reason["points_gained"] < 0))
    return F.transform(
        F.slice(lost, 1, MOST_REASONS),
        lambda reason: F.struct(
            reason["feature"].alias("feature"),
            (-reason["points_gained"]).alias("points_lost"),
            _text_of(reason["feature"], texts).alias("text"),
        ),
    )


def _text_of(name: Column, texts: Mapping[str, Column]) -> Column:
    """The text of the feature that is named, and no other's: to write a number costs more than to score a customer."""
    *others, last = texts.values()
    for feature, text in reversed([*zip(texts, others, strict=False)]):
        last = F.when(name == F.lit(feature), text).otherwise(last)
    return last


def _no_history(scorecard: Scorecard, features: Sequence[Feature]) -> Column:
    lost = sum((points_lost(scorecard, feature) for feature in features), F.lit(0.0))
    return _candidate(lost, NO_HISTORY)


def _candidate(lost: Column, feature: str) -> Column:
    gained = (-F.round(lost, POINTS_DIGITS)).alias("points_gained")
    return F.struct(gained, F.lit(feature).alias("feature"))
