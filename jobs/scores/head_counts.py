"""How many customers lie in each bin, at each number of points and in each group: all that stability is measured from.

One pass over the customers and one small shuffle, whatever their number; what is collected is one row for each bin.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import reduce

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from jobs.models.grades import GRADE_BELOW, LAST_APPROVED, least_points
from jobs.models.scorecard import Scorecard
from jobs.models.scorecard_expressions import bin_number
from jobs.scores.by_scorecard import weighed
from jobs.scores.published_scores import readable, score

DEFAULT_DAYS = 60
GROUPED_BY = ("age_band", "city_tier_best", "gender")
ASKED_ABOUT = ("active_plan_count", "days_past_due")
POINTS = "points"
GROUP_PREFIX = "group "


@dataclass(frozen=True)
class Counts:
    """points -> customers; feature -> bin -> customers; group of people -> (approved, all)."""

    points: Mapping[int, int]
    bins: Mapping[str, Mapping[int, int]]
    groups: Mapping[str, tuple[int, int]] = field(default_factory=dict)


def count_heads(scorecard: Scorecard, nights: Mapping[str, DataFrame]) -> dict[str, Counts]:
    """The counts of each night; of an earlier one that lacks a column there are none.

    Groups are counted by what a night tells of GROUPED_BY; only tonight's approvals of groups are measured.
    """
    read = {name: frame for name, frame in nights.items() if readable(frame, scorecard, also=ASKED_ABOUT) is not None}
    marked = [_marks(scorecard, frame, name) for name, frame in read.items()]
    found = reduce(DataFrame.unionByName, marked).groupBy("night", "subject", "number").count().toArrow().to_pylist()
    return {
        name: _counts({(row["subject"], row["number"]): row["count"] for row in found if row["night"] == name})
        for name in read
    }


def is_asked_about() -> Column:
    """Whether a training would ask how it turns out: something is owed, and it is not in default already."""
    owes = F.coalesce(F.col("active_plan_count") >= 1, F.lit(False))
    return owes & (F.coalesce("days_past_due", F.lit(0)) < DEFAULT_DAYS)


def _marks(scorecard: Scorecard, profiles: DataFrame, night: str) -> DataFrame:
    """One row per customer and subject: the score, every feature, and every group the customer is of."""
    is_approved = (F.col(POINTS) >= least_points(scorecard, GRADE_BELOW[LAST_APPROVED])).cast("int")
    scored = weighed(profiles.where(is_asked_about()), scorecard).withColumn(POINTS, score(scorecard))
    marks = [
        _mark(F.lit(POINTS), F.col(POINTS)),
        *(_mark(F.lit(feature.name), bin_number(feature)) for feature in scorecard.features),
        *(_mark(_group(name), is_approved) for name in GROUPED_BY if name in profiles.columns),
    ]
    exploded = scored.select(F.explode(F.array(*marks)).alias("mark"))
    return exploded.where("mark.subject IS NOT NULL").select(F.lit(night).alias("night"), "mark.*")


def _mark(subject: Column, number: Column) -> Column:
    return F.struct(subject.alias("subject"), number.alias("number"))


def _group(name: str) -> Column:
    """Null where it is not known of the customer."""
    return F.concat(F.lit(f"{GROUP_PREFIX}{name}: "), F.col(name).cast("string"))


def _counts(found: Mapping[tuple[str, int], int]) -> Counts:
    by_subject: dict[str, dict[int, int]] = {}
    for (subject, number), count in found.items():
        by_subject.setdefault(subject, {})[number] = count
    groups = {name: by_subject.pop(name) for name in list(by_subject) if name.startswith(GROUP_PREFIX)}
    return Counts(
        points=by_subject.pop(POINTS, {}),
        bins=by_subject,
        groups={
            name.removeprefix(GROUP_PREFIX): (counts.get(1, 0), sum(counts.values()))
            for name, counts in sorted(groups.items())
        },
    )
