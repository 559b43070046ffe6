"""Bounds that depend on the night, filled in: the business date, the partner banks, how many rows are usual."""

from __future__ import annotations

import math
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from expectations.rules import (
    BusinessDate,
    EarlierRowCounts,
    EndOfBusinessDate,
    PartnerBanks,
    Rule,
    RuleError,
    Severity,
)

NIGHTS_OF_THE_SAME_WEEKDAY = 4  # people shop by the week: a Sunday compares with Sundays
NIGHTS_OF_ANY_WEEKDAY = 7  # one whole week
FEWEST_NIGHTS_TO_COMPARE = 3  # the median of fewer follows a single odd night

STANDARD_DEVIATIONS = 4  # one false alarm in thirty thousand nights


@dataclass(frozen=True)
class Night:
    """What is known of the night beside its rows.

    earlier_row_counts: rows of the published nights before this one.
    first_business_date: the night of the first delivery, which holds years of history.
    """

    business_date: date
    earlier_row_counts: Mapping[date, int]
    first_business_date: date | None
    partner_banks: Sequence[str] | None
    zone: ZoneInfo


@dataclass(frozen=True)
class BoundRule:
    """A rule with the bounds of this night filled in."""

    rule: Rule
    parameters: Mapping[str, object]


def bind(rules: Sequence[Rule], night: Night) -> tuple[list[BoundRule], list[Rule]]:
    """The rules with their bounds, and apart from them the rules that have nothing to compare with yet."""
    usual = usual_row_count(night)
    compares = [any(isinstance(value, EarlierRowCounts) for value in rule.parameters.values()) for rule in rules]
    without_measure = [
        replace(rule, severity=Severity.INFO)
        for rule, is_comparison in zip(rules, compares, strict=True)
        if is_comparison and usual is None
    ]
    bound = [
        BoundRule(rule, {name: _value(value, night, usual, rule) for name, value in rule.parameters.items()})
        for rule, is_comparison in zip(rules, compares, strict=True)
        if not (is_comparison and usual is None)
    ]
    return bound, without_measure


def usual_row_count(night: Night) -> float | None:
    """The median row count of earlier nights; None when there are too few of them, or for the first delivery."""
    if night.business_date == night.first_business_date:
        return None
    earlier = {
        day: count
        for day, count in night.earlier_row_counts.items()
        if day < night.business_date and day != night.first_business_date
    }
    newest_first = sorted(earlier, reverse=True)
    same_weekday = [day for day in newest_first if day.weekday() == night.business_date.weekday()]
    nights = same_weekday[:NIGHTS_OF_THE_SAME_WEEKDAY]
    if len(nights) < FEWEST_NIGHTS_TO_COMPARE:
        nights = newest_first[:NIGHTS_OF_ANY_WEEKDAY]
    if len(nights) < FEWEST_NIGHTS_TO_COMPARE:
        return None
    return statistics.median(earlier[day] for day in nights)


def least_believable(usual: float, share: float) -> int:
    """`share` of the usual number of rows, but never so close to it that chance alone would go below.

    Counts of independent events scatter by the square root of their mean (Poisson): of ten rows a night any number may
    be missing, of a thousand not more than about an eighth.
    """
    return max(0, math.ceil(min(share * usual, usual - STANDARD_DEVIATIONS * math.sqrt(usual))))


def _value(value: object, night: Night, usual: float | None, rule: Rule) -> object:
    match value:
        case BusinessDate(days):
            return night.business_date + timedelta(days=days)
        case EndOfBusinessDate(hours):
            midnight = datetime.combine(night.business_date + timedelta(days=1), time(), night.zone)
            return midnight.astimezone(UTC) + timedelta(hours=hours)
        case EarlierRowCounts(share) if usual is not None:
            return least_believable(usual, share)
        case PartnerBanks():
            if not night.partner_banks:
                raise RuleError(f"{rule.id}: the check was not told the partner banks; pass partner_banks")
            return tuple(night.partner_banks)
        case datetime() if value.tzinfo is None:
            raise RuleError(f"{rule.id}: a moment needs its time zone")
    return value
