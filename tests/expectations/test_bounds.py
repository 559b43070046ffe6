"""Bounds that depend on the night: how many rows are usual, and when the night ends."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from expectations.bounds import Night, bind, least_believable, usual_row_count
from expectations.rules import (
    BusinessDate,
    EndOfBusinessDate,
    Rule,
    RuleError,
    Severity,
    at_most,
    rows_not_far_below_earlier_nights,
)
from tests.expectations.conftest import NIGHT, WalletChecker

SHANGHAI = ZoneInfo("Asia/Shanghai")
HALF = rows_not_far_below_earlier_nights(0.5, because="a guess")


def night(counts: Mapping[date, int], first: date | None = None, day: date = NIGHT) -> Night:
    return Night(day, counts, first, None, SHANGHAI)


def days_before(*counts: int, day: date = NIGHT) -> dict[date, int]:
    """Row counts of the nights before, the nearest last."""
    return {day - timedelta(days=len(counts) - position): count for position, count in enumerate(counts)}


def test_usual_is_the_median_of_the_last_seven_nights() -> None:
    assert usual_row_count(night(days_before(9_999, 10, 20, 30, 40, 50, 60, 70))) == 40


def test_usual_is_the_median_of_the_last_four_same_weekdays_where_there_are_three_of_them() -> None:
    counts = days_before(*([100] * 35))
    for weeks, count in ((1, 10), (2, 20), (3, 30), (4, 40), (5, 9_999)):
        counts[NIGHT - timedelta(weeks=weeks)] = count
    assert usual_row_count(night(counts)) == 25
    two_weeks = {day: count for day, count in counts.items() if day >= NIGHT - timedelta(weeks=2)}
    assert usual_row_count(night(two_weeks)) == 100


def test_the_first_delivery_is_no_measure_and_is_not_measured() -> None:
    counts = days_before(1_000_000, 10, 20)
    assert usual_row_count(night(counts, first=min(counts))) is None
    assert usual_row_count(night(days_before(10, 20, 30), first=NIGHT)) is None


def test_later_nights_are_no_measure_when_a_past_night_is_replayed() -> None:
    counts = days_before(10, 10, 10) | {NIGHT: 9_999, NIGHT + timedelta(days=1): 9_999}
    assert usual_row_count(night(counts)) == 10


@pytest.mark.parametrize(("usual", "share", "least"), [(10, 0.5, 0), (64, 0.5, 32), (1_000, 0.5, 500), (25, 1, 5)])
def test_a_source_of_a_few_rows_does_not_stop_by_chance(usual: float, share: float, least: int) -> None:
    assert least_believable(usual, share) == least


def wallets(how_many: int) -> dict[str, dict[str, object]]:
    return {f"w{number}": {} for number in range(how_many)}


def test_t38_a_night_far_below_the_usual_number_of_rows_stops(checked: WalletChecker) -> None:
    history = days_before(1_000_000, 98, 100, 102)
    asked = {"earlier_row_counts": history, "first_business_date": min(history)}
    assert checked(wallets(50), HALF, **asked).passed
    verdict = checked(wallets(49), HALF, **asked)
    assert verdict.message == (
        "features.wallets 2026-04-01: the number of rows must be at least 50% of the usual, is 49 (a guess)"
    )


def test_without_enough_earlier_nights_the_comparison_is_noted_as_information(checked: WalletChecker) -> None:
    verdict = checked(wallets(1), HALF, earlier_row_counts=days_before(100, 100))
    assert verdict.passed
    (noted,) = [result for result in verdict.results if result.note]
    assert (noted.rule.severity, noted.success) == (Severity.INFO, True)
    assert "nothing to compare with yet" in verdict.to_json()


def bound(rule: Rule, name: str) -> object:
    ((one,), _) = bind([rule], night({}))
    return one.parameters[name]


def test_the_end_of_the_business_date_is_midnight_where_the_alliance_lives() -> None:
    rule = at_most("opened_at", EndOfBusinessDate(hours=2), because="a guess")
    assert bound(rule, "max_value") == datetime(2026, 4, 1, 18, tzinfo=UTC)


def test_a_business_date_moves_by_days_across_the_end_of_a_month() -> None:
    assert bound(at_most("checked_date", BusinessDate(30), because="a guess"), "max_value") == date(2026, 5, 1)


def test_a_moment_without_a_time_zone_is_refused() -> None:
    with pytest.raises(RuleError, match="a moment needs its time zone"):
        bound(at_most("opened_at", datetime(2026, 4, 1), because="a guess"), "max_value")  # noqa: DTZ001


@pytest.mark.parametrize("share", [0, -0.1, 1.1])
def test_a_share_that_nothing_could_break_or_satisfy_is_refused(share: float) -> None:
    with pytest.raises(RuleError, match="share is above 0 and up to 1"):
        rows_not_far_below_earlier_nights(share, because="a guess")


@pytest.mark.parametrize("mostly", [0, -1, 1.01])
def test_a_mostly_that_nothing_could_break_or_satisfy_is_refused(mostly: float) -> None:
    with pytest.raises(RuleError, match="mostly is a share"):
        at_most("balance_cents", 1, because="a guess", mostly=mostly)


def test_a_rule_without_a_reason_is_refused() -> None:
    with pytest.raises(RuleError, match="say because"):
        at_most("balance_cents", 1, because=" ")
