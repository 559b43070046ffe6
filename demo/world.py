"""The world: who it is made of, how long its history is, and where its chance comes from.

A world is lived month by month. Every process draws from its own generator for its own month, so a longer life never
changes what happened before, the same seed gives the same bytes in any process, and a day of a drop depends only on
the months up to its own.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import numpy as np

TIME_ZONE = "Asia/Shanghai"
UTC_OFFSET_SECONDS = 8 * 3600  # China has kept one time all year since 1991, so the offset is a constant
DAY_SECONDS = 86_400
EPOCH = date(1970, 1, 1)
_HOUR_WEIGHTS = np.array([2, 1, 1, 1, 1, 1, 2, 3, 5, 6, 6, 6, 7, 6, 5, 5, 5, 6, 7, 8, 9, 9, 7, 4], float)
HOUR_SHARES = _HOUR_WEIGHTS / _HOUR_WEIGHTS.sum()


class WorldError(ValueError):
    """A world that cannot exist was asked for: the message says which figure to change."""


@dataclass(frozen=True)
class Month:
    """One calendar month of the world; `index` counts from the first month of the history."""

    index: int
    first: date
    days: int

    @property
    def start(self) -> int:
        """The moment the month begins in the alliance's zone, seconds since the epoch."""
        return moment_of(self.first)

    @property
    def end(self) -> int:
        """The moment the next month begins."""
        return self.start + self.days * DAY_SECONDS

    def moments(self, chance: np.random.Generator, count: int) -> np.ndarray:
        """Moments of the month, few at night and most in the evening."""
        hour = chance.choice(24, count, p=HOUR_SHARES)
        return (
            self.start
            + chance.integers(0, self.days, count) * DAY_SECONDS
            + hour * 3600
            + chance.integers(0, 3600, count)
        )


@dataclass(frozen=True)
class World:
    """A seeded world; equal fields give equal bytes.

    people: inhabitants, known to a partner or not. banks: codes of the partner banks.
    history_months: whole months that the first drop holds, the month of first_business_date included.
    """

    seed: int = 20260331
    people: int = 20_000
    banks: tuple[str, ...] = ("harbour", "meridian")
    history_months: int = 24
    first_business_date: date = date(2026, 3, 31)

    def __post_init__(self) -> None:
        """Refuse worlds without people, banks or history, and a first drop that is not the end of a month."""
        problems = [
            problem
            for is_wrong, problem in (
                (self.people < 50, "people: at least 50, or nobody meets anybody"),
                (self.history_months < 1, "history_months: at least 1"),
                (not self.banks or len(set(self.banks)) != len(self.banks), "banks: at least one, each once"),
                ((self.first_business_date + timedelta(days=1)).day != 1, "first_business_date: the end of a month"),
            )
            if is_wrong
        ]
        if problems:
            raise WorldError(f"no such world: {'; '.join(problems)}")

    def generator(self, process: str, block: int = 0) -> np.random.Generator:
        """The source of chance of one process in one block of time, independent of all others."""
        return np.random.default_rng(np.random.SeedSequence([self.seed, zlib.crc32(process.encode()), block]))

    @property
    def first_month(self) -> date:
        """The first day of the history."""
        return _months_later(self.first_business_date.replace(day=1), 1 - self.history_months)

    def months_through(self, last_day: date) -> list[Month]:
        """Every month from the first of the history to the one that holds `last_day`."""
        months: list[Month] = []
        first = self.first_month
        while first <= last_day:
            following = _months_later(first, 1)
            months.append(Month(len(months), first, (following - first).days))
            first = following
        return months

    def business_dates(self, days: int) -> list[date]:
        """The first drop and the `days` daily drops that follow it."""
        return [self.first_business_date + timedelta(days=offset) for offset in range(days + 1)]


def moment_of(day: date) -> int:
    """The moment `day` begins in the alliance's zone, seconds since the epoch."""
    return int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp()) - UTC_OFFSET_SECONDS


def day_number(day: date) -> int:
    """Days since the epoch."""
    return (day - EPOCH).days


def day_of(moments: np.ndarray) -> np.ndarray:
    """The calendar day in the alliance's zone of each moment, as days since the epoch."""
    return (moments + UTC_OFFSET_SECONDS) // DAY_SECONDS


def _months_later(first: date, months: int) -> date:
    index = first.year * 12 + first.month - 1 + months
    return date(index // 12, index % 12 + 1, 1)
