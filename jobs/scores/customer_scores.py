"""How likely a customer is to default, as a score, and why; everything in native Spark expressions."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from pyspark.sql import DataFrame

from jobs.models.scorecard import read_scorecard, refuse_other_features
from jobs.scores.by_scorecard import score_by_scorecard
from schemas.profiles.customer_profiles import CUSTOMER_PROFILES


def build(
    customer_profiles: DataFrame,
    credit_score: Mapping[str, Any],
    *,
    profiles_30d_ago: DataFrame | None = None,
    as_of: date,  # noqa: ARG001
) -> DataFrame:
    """One row per customer.

    customer_profiles: one row per customer; a missing feature is null and gets the weight the scorecard gives it.
    credit_score: file name -> parsed JSON of the model that decides on the night.
    profiles_30d_ago: as they were published 30 days before, and scored anew by tonight's scorecard; None where they
    were not. They may lack columns; where they lack one that the scorecard reads, no change is known.
    as_of is the day that the profiles describe already; which model a night may know is settled where it is read.
    ScorecardError when the scorecard is incomplete or altered, or was trained on other features than the profile's.
    """
    scorecard = read_scorecard(credit_score["scorecard.json"])
    refuse_other_features(scorecard, CUSTOMER_PROFILES.columns)
    return score_by_scorecard(customer_profiles, scorecard, profiles_30d_ago)
