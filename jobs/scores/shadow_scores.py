"""What models that decide nothing yet would say of each customer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from functools import reduce
from typing import Any

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs.arrow_frames import frame_of_rows
from jobs.models.challenger import read_challenger
from jobs.models.scorecard import read_scorecard, refuse_other_features
from jobs.scores.by_scorecard import score_by_scorecard
from jobs.scores.by_trees import score_by_trees
from schemas.profiles.customer_profiles import CUSTOMER_PROFILES
from schemas.scores.shadow_scores import SHADOW_SCORES


def build(
    customer_profiles: DataFrame,
    credit_score: Mapping[str, Any],
    *,
    profiles_30d_ago: DataFrame | None = None,
    as_of: date,  # noqa: ARG001
) -> DataFrame:
    """One row per customer and model in shadow; no row where the registry names none.

    credit_score: `challengers` lists the models in shadow: kind "scorecard" or "trees", and the files of its training.
    profiles_30d_ago: see scores/customer_scores; each model scores them anew.
    ScorecardError when a model is incomplete or altered, or was trained on other features than the profile's.
    """
    models: Sequence[Mapping[str, Any]] = credit_score["challengers"]
    scored = [
        _SCORED_BY[str(model["kind"])](customer_profiles, model["files"], profiles_30d_ago).withColumn(
            "model_kind", F.lit(str(model["kind"]))
        )
        for model in models
    ]
    if not scored:
        return frame_of_rows(customer_profiles.sparkSession, SHADOW_SCORES, [])
    return reduce(DataFrame.unionByName, scored)


def _by_scorecard(profiles: DataFrame, files: Mapping[str, Any], before: DataFrame | None) -> DataFrame:
    scorecard = read_scorecard(files["scorecard.json"])
    refuse_other_features(scorecard, CUSTOMER_PROFILES.columns)
    return score_by_scorecard(profiles, scorecard, before)


def _by_trees(profiles: DataFrame, files: Mapping[str, Any], before: DataFrame | None) -> DataFrame:
    challenger = read_challenger(files["challenger.json"], files["challenger.txt"])
    refuse_other_features(challenger, CUSTOMER_PROFILES.columns)
    return score_by_trees(profiles, challenger, before)


_SCORED_BY = {"scorecard": _by_scorecard, "trees": _by_trees}
