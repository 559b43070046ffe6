"""What is published of any model of default, from its ln(odds good:bad): points, probability, grade and change."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from jobs.models.grades import GRADE_BELOW, LAST_GRADE
from jobs.models.scorecard import LearntModel
from schemas.scores.customer_scores import LEAST_IDENTITY_CONFIDENCE


class ScoredBy(LearntModel, Protocol):
    """A model with a scale: score = offset + factor * ln(odds good:bad)."""

    @property
    def offset(self) -> float: ...  # noqa: D102
    @property
    def factor(self) -> float: ...  # noqa: D102


def published(scored: DataFrame, model: ScoredBy) -> DataFrame:
    """One row per customer as all scores are published, but for the change.

    scored: customer_id, log_odds, reasons, is_thin_file and is_low_identity_confidence; log_odds is null where the
    model is silent, and so are score, probability and grade.
    """
    return scored.select(
        "customer_id",
        score(model).alias("score"),
        default_probability().alias("default_probability"),
        grade(default_probability()).alias("grade"),
        "reasons",
        "is_thin_file",
        "is_low_identity_confidence",
        F.lit(model.model_version).alias("model_version"),
    )


def with_change(scores: DataFrame, log_odds_before: DataFrame | None, model: ScoredBy) -> DataFrame:
    """The scores with how far each is from what the same model says of the same customer 30 days before.

    log_odds_before: customer_id and log_odds of that day; None where its profiles cannot be scored.
    """
    if log_odds_before is None:
        return scores.withColumn("score_change_30d", F.lit(None).cast("int"))
    before = log_odds_before.select("customer_id", score(model).alias("score_before"))
    return scores.join(before, "customer_id", how="left").withColumn(
        "score_change_30d", F.col("score") - F.col("score_before")
    )


def readable(profiles: DataFrame | None, model: LearntModel, *, also: Sequence[str] = ()) -> DataFrame | None:
    """Profiles of an earlier night, where they hold every column that the model reads; the contract may have grown."""
    if profiles is None:
        return None
    needed = {feature.name for feature in model.features} | set(also)
    needed |= {model.population.marker} if model.population else set()
    return profiles if needed <= set(profiles.columns) else None


def score(model: ScoredBy) -> Column:
    """Points rounded once, halves up, from the column log_odds."""
    points = F.lit(model.offset) + F.lit(model.factor) * F.col("log_odds")
    return F.floor(points + 0.5).cast("int")


def default_probability() -> Column:
    """The exact probability from the log-odds; the rounded score would lose about 1 % of it."""
    return F.lit(1.0) / (F.lit(1.0) + F.exp("log_odds"))


def grade(probability: Column) -> Column:
    """The first grade whose bound the probability stays below."""
    below = [F.when(probability < bound, F.lit(name)) for name, bound in GRADE_BELOW.items()]
    return F.coalesce(*below, F.when(probability <= 1, F.lit(LAST_GRADE)))


def is_low_identity_confidence() -> Column:
    """Whether the score may mix two people; a profile that does not say how sure it is counts as not sure."""
    return F.coalesce(F.col("identity_confidence") < LEAST_IDENTITY_CONFIDENCE, F.lit(True))
