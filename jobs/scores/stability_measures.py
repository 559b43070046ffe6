"""What counts of customers say: stability indices over frozen groups, approvals at each grade, and those of groups."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from jobs.models.baseline import Baseline
from jobs.models.grades import GRADE_BELOW, least_points, probability_of_points
from jobs.models.scorecard import Scorecard
from jobs.models.stability import stability_of_counts
from jobs.scores.head_counts import Counts

Line = tuple[str, str, str, float | None, float | None, int, int]
"""Measure, subject, compared with, value, value before, customers, customers before."""

FEW = 30
"""Of fewer customers no rate is told as a group's: one more approval would move it by more than three per cent."""


def indices(baseline: Baseline, name: str, before: Counts, tonight: Counts) -> Iterator[Line]:
    """The score's stability index over the frozen deciles, and each feature's over its bins."""
    heads = sum(before.points.values()), sum(tonight.points.values())
    groups = (baseline.groups_of(counts.points) for counts in (before, tonight))
    yield ("population_stability", "score", name, stability_of_counts(*groups), None, heads[1], heads[0])
    for feature, bins in baseline.bins.items():
        counts = ([side.bins.get(feature, {}).get(number, 0) for number in bins] for side in (before, tonight))
        yield ("characteristic_stability", feature, name, stability_of_counts(*counts), None, heads[1], heads[0])


def approvals(scorecard: Scorecard, name: str, before: Counts, tonight: Counts) -> Iterator[Line]:
    """Who would be approved if a bank said yes up to a grade, and how many of those are expected to default."""
    heads = sum(before.points.values()), sum(tonight.points.values())
    for grade, bound in GRADE_BELOW.items():
        least = least_points(scorecard, bound)
        sides = [{p: n for p, n in counts.points.items() if p >= least} for counts in (before, tonight)]
        shares = [sum(side.values()) / all_ if all_ else None for side, all_ in zip(sides, heads, strict=True)]
        expected = [_expected(scorecard, side) for side in sides]
        subject = f"up to grade {grade}"
        yield ("approval_rate", subject, name, shares[1], shares[0], heads[1], heads[0])
        approved = [sum(side.values()) for side in sides]
        yield ("approved_default_rate", subject, name, expected[1], expected[0], approved[1], approved[0])


def group_ratios(tonight: Counts) -> Iterator[Line]:
    """Each group's approval rate over that of the group of its kind that is approved most; small groups are left out.

    Adverse impact ratio, 29 CFR 1607.4(D): below four fifths somebody has to look.
    """
    for kind in sorted({name.partition(": ")[0] for name in tonight.groups}):
        rates = {
            name: (approved / all_, all_)
            for name, (approved, all_) in tonight.groups.items()
            if name.partition(": ")[0] == kind and all_ >= FEW
        }
        best, of_best = max(rates.values(), default=(0.0, 0))
        for name, (rate, all_) in rates.items():
            ratio = rate / best if best else None
            yield ("approval_ratio", name, "most_approved_group", ratio, None, all_, of_best)


def _expected(scorecard: Scorecard, points: Mapping[int, int]) -> float | None:
    count = sum(points.values())
    return sum(n * probability_of_points(scorecard, p) for p, n in sorted(points.items())) / count if count else None
