"""What models that decide nothing yet would say of each customer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from functools import reduce
from typing import Any

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from jobs.models.challenger import read_challenger
from jobs.models.scorecard import read_scorecard, refuse_other_features
from jobs.models.scorecard_expressions import log_odds, score_expressions
from jobs.scores.trees_in_batches import log_odds_of_trees
from schemas.profiles.customer_profiles import CUSTOMER_PROFILES

SCHEMA = "customer_id string, model_version string, model_kind string, score int, default_probability double"


def build(customer_profiles: DataFrame, credit_score: Mapping[str, Any], *, as_of: date) -> DataFrame:  # noqa: ARG001
    """One row per customer and model in shadow; no row where the registry names none.

    credit_score: `challengers` lists the models in shadow: kind "scorecard" or "trees", and the files of its training.
    ScorecardError when a model is incomplete or altered, or was trained on other features than the profile's.
    """
    models: Sequence[Mapping[str, Any]] = credit_score["challengers"]
    scored = [_SCORED_BY[str(model["kind"])](customer_profiles, model["files"]) for model in models]
    if not scored:
        return customer_profiles.sparkSession.createDataFrame([], SCHEMA)
    return reduce(DataFrame.unionByName, scored)


def _by_scorecard(customer_profiles: DataFrame, files: Mapping[str, Any]) -> DataFrame:
    scorecard = read_scorecard(files["scorecard.json"])
    refuse_other_features(scorecard, CUSTOMER_PROFILES.columns)
    weighed = customer_profiles.select("customer_id", *score_expressions(scorecard))
    scored = weighed.select("customer_id", log_odds(scorecard).alias("log_odds"))
    return _described(scored, scorecard.model_version, "scorecard", scorecard.offset, scorecard.factor)


def _by_trees(customer_profiles: DataFrame, files: Mapping[str, Any]) -> DataFrame:
    challenger = read_challenger(files["challenger.json"], files["challenger.txt"])
    refuse_other_features(challenger, CUSTOMER_PROFILES.columns)
    scored = log_odds_of_trees(customer_profiles, challenger)
    return _described(scored, challenger.model_version, "trees", challenger.offset, challenger.factor)


def _described(scored: DataFrame, model_version: str, kind: str, offset: float, factor: float) -> DataFrame:
    return scored.select(
        "customer_id",
        F.lit(model_version).alias("model_version"),
        F.lit(kind).alias("model_kind"),
        _points(offset, factor).alias("score"),
        (F.lit(1.0) / (F.lit(1.0) + F.exp("log_odds"))).alias("default_probability"),
    )


def _points(offset: float, factor: float) -> Column:
    return F.floor(F.lit(offset) + F.lit(factor) * F.col("log_odds") + 0.5).cast("int")


_SCORED_BY = {"scorecard": _by_scorecard, "trees": _by_trees}
