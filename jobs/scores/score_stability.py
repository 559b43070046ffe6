"""Whether tonight's customers are still those the scorecard was learnt from, and what the score would decide."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs.arrow_frames import frame_of_rows
from jobs.models.baseline import read_baseline
from jobs.models.scorecard import Scorecard, read_scorecard, refuse_other_features
from jobs.people import people_by_records
from jobs.scores.by_scorecard import weighed
from jobs.scores.head_counts import Counts, count_heads
from jobs.scores.published_scores import default_probability, grade, readable
from jobs.scores.stability_measures import Line, approvals, group_ratios, indices
from schemas.profiles.customer_profiles import CUSTOMER_PROFILES
from schemas.scores.score_stability import SCORE_STABILITY

NIGHTS = {"30_days_before": "profiles_30d_ago", "365_days_before": "profiles_365d_ago"}


def build(
    customer_profiles: DataFrame,
    credit_score: Mapping[str, Any],
    customer_scores: DataFrame,
    identities: DataFrame,
    shop_users: DataFrame,
    bank_customers: DataFrame,
    *,
    profiles_30d_ago: DataFrame | None = None,
    profiles_365d_ago: DataFrame | None = None,
    as_of: date,  # noqa: ARG001
) -> DataFrame:
    """One row per measure, subject and what it is compared with.

    customer_profiles: one row per customer, as the profiles of earlier nights, which may lack columns; a night that
    lacks one the scorecard reads is not compared with. credit_score: the files of the champion. The last three say
    who is of which gender, which no model reads.
    ScorecardError when the scorecard was altered, or holds no frozen groups.
    """
    content = credit_score["scorecard.json"]
    scorecard, baseline = read_scorecard(content), read_baseline(content)
    refuse_other_features(scorecard, CUSTOMER_PROFILES.columns)
    gender = people_by_records(identities, shop_users, bank_customers).select("customer_id", "gender")
    described = customer_profiles.join(gender, "customer_id", how="left")
    given = {"tonight": described, "30_days_before": profiles_30d_ago, "365_days_before": profiles_365d_ago}
    nights = count_heads(scorecard, {name: frame for name, frame in given.items() if frame is not None})
    tonight, learnt = nights.pop("tonight"), Counts(baseline.points, baseline.bins)
    lines = [*group_ratios(tonight)]
    for name, before in {"training": learnt, **nights}.items():
        lines += [*indices(baseline, name, before, tonight), *approvals(scorecard, name, before, tonight)]
    scorable = readable(profiles_30d_ago, scorecard)
    if scorable is not None:
        lines += migrations(customer_scores, weighed(scorable, scorecard), scorecard)
    rows = [(scorecard.model_version, *line) for line in lines]
    return frame_of_rows(customer_profiles.sparkSession, SCORE_STABILITY, rows)


def migrations(scores: DataFrame, weighed_before: DataFrame, scorecard: Scorecard) -> Iterator[Line]:
    """Where the customers of each grade of 30 days before are now, both by the same scorecard.

    weighed_before: customer_id and log_odds of that day.
    """
    same_model = scores.where(F.col("model_version") == scorecard.model_version)
    before = weighed_before.select("customer_id", grade(default_probability()).alias("grade_before"))
    pairs = same_model.join(before, "customer_id", how="inner").groupBy("grade_before", "grade").count().toArrow()
    found = {(row["grade_before"], row["grade"]): row["count"] for row in pairs.to_pylist()}
    for (start, end), count in sorted(found.items()):
        of_grade = sum(others for (of_start, _), others in found.items() if of_start == start)
        yield ("grade_migration", f"{start} to {end}", "30_days_before", count / of_grade, None, count, of_grade)
