"""The world: who it is made of, how long its history is, and where its chance comes from.

A world is made of districts of about five thousand people who know, pay and infect each other; some have friends in
other districts (`demo.neighbours`). It is lived month by month, and every process draws from its own generator for its
own district and month. So a longer life never changes what happened before; districts may be lived in any order, in one
process or in many; and a day of a drop depends only on the months up to its own.
"""

from __future__ import annotations

import re
import zlib
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

import numpy as np
import pyarrow as pa

from demo.dirt_rates import Dirt
from demo.drift import Drift
from demo.spelling import NATIONAL_IDS_OF_A_DAY
from demo.tables import numbered

TIME_ZONE = "Asia/Shanghai"
BANK_CODE = re.compile(r"(?!shop$)[a-z][a-z0-9_]{0,30}")  # names a database and a variable
UTC_OFFSET_SECONDS = 8 * 3600  # China has kept one time all year since 1991, so the offset is a constant
DAY_SECONDS = 86_400
DISTRICTS_AT_MOST = NATIONAL_IDS_OF_A_DAY // 16  # or people of one birthday and city could share a national id
EPOCH = date(1970, 1, 1)
_HOUR_WEIGHTS = np.array([2, 1, 1, 1, 1, 1, 2, 3, 5, 6, 6, 6, 7, 6, 5, 5, 5, 6, 7, 8, 9, 9, 7, 4], float)
HOUR_SHARES = _HOUR_WEIGHTS / _HOUR_WEIGHTS.sum()

WEEKEND, FESTIVAL = 1.25, 3.0  # times an ordinary day
FESTIVALS = ((6, 18), (11, 11))  # month and day of the great sales


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

    def _day_shares(self) -> np.ndarray:
        """What part of the month falls on each day: more at weekends, most on the days of the great sales."""
        weekday = (self.first.weekday() + np.arange(self.days)) % 7
        weights = np.where(weekday >= 5, WEEKEND, 1.0)
        for month, day in FESTIVALS:
            if month == self.first.month:
                weights[day - 1] *= FESTIVAL
        return np.asarray(weights / weights.sum())

    def moments(self, chance: np.random.Generator, count: int) -> np.ndarray:
        """Moments of the month: few at night, most in the evening, more at weekends and on the days of the sales."""
        hour = chance.choice(24, count, p=HOUR_SHARES)
        days = np.searchsorted(np.cumsum(self._day_shares()), chance.random(count), side="right")
        return (
            self.start + np.minimum(days, self.days - 1) * DAY_SECONDS + hour * 3600 + chance.integers(0, 3600, count)
        )


@dataclass(frozen=True)
class World:
    """A seeded world; equal fields give equal bytes.

    people: inhabitants, known to a partner or not. banks: codes of the partner banks.
    history_months: whole months that the first drop holds, the month of first_business_date included.
    district_people: about how many people live in a district; part of the world, as another figure gives another world.
    dirt: how often the partners deliver what is not as it should be. drift: what changes for good, and when.
    """

    seed: int = 20260331
    people: int = 20_000
    banks: tuple[str, ...] = ("harbour", "meridian")
    history_months: int = 24
    first_business_date: date = date(2026, 3, 31)
    district_people: int = 5_000
    dirt: Dirt = field(default_factory=Dirt)
    drift: Drift | None = None

    def __post_init__(self) -> None:
        """Refuse worlds without people, banks or history, and a first drop that is not the end of a month."""
        problems = [
            problem
            for is_wrong, problem in (
                (self.people < 50, "people: at least 50, or nobody meets anybody"),
                (self.district_people < 50, "district_people: at least 50"),
                (not 1 <= self.history_months <= 240, "history_months: 1 to 240"),
                (not self.banks or len(set(self.banks)) != len(self.banks), "banks: at least one, each once"),
                (not all(map(BANK_CODE.fullmatch, self.banks)), "banks: codes like harbour, in small letters"),
                (self.seed < 0, "seed: 0 or more"),
                (self.people > DISTRICTS_AT_MOST * self.district_people, "people: too many for districts of so few"),
                ((self.first_business_date + timedelta(days=1)).day != 1, "first_business_date: the end of a month"),
            )
            if is_wrong
        ]
        if problems:
            raise WorldError(f"no such world: {'; '.join(problems)}")

    def generator(self, process: str, *blocks: int) -> np.random.Generator:
        """The source of chance of one process in one block (of people, of time), independent of all others."""
        return np.random.default_rng(np.random.SeedSequence([self.seed, zlib.crc32(process.encode()), *blocks]))

    @property
    def district_count(self) -> int:
        """In how many districts the people live: as few as hold them."""
        return -(-self.people // self.district_people)

    def district(self, index: int) -> District:
        """One of the districts."""
        return District(self, index)

    @property
    def first_month(self) -> date:
        """The first day of the history."""
        return _months_later(self.first_business_date.replace(day=1), 1 - self.history_months)

    def month(self, index: int) -> Month:
        """The month of that index, 0 being the first of the history."""
        first = _months_later(self.first_month, index)
        return Month(index, first, (_months_later(first, 1) - first).days)

    def months_through(self, last_day: date) -> list[Month]:
        """Every month from the first of the history to the one that holds `last_day`."""
        begins = self.first_month
        count = (last_day.year - begins.year) * 12 + last_day.month - begins.month + 1
        return [self.month(index) for index in range(count)]

    def business_dates(self, days: int) -> list[date]:
        """The first drop and the `days` daily drops that follow it."""
        return [self.first_business_date + timedelta(days=offset) for offset in range(days + 1)]


@dataclass(frozen=True)
class District:
    """One district of a world; it has the dates and banks of the world, and people and chance of its own."""

    world: World
    index: int

    @property
    def people(self) -> int:
        """How many live here: districts differ by at most one."""
        count = self.world.district_count
        return self.world.people // count + (self.index < self.world.people % count)

    @property
    def banks(self) -> tuple[str, ...]:
        """The banks of the world."""
        return self.world.banks

    @property
    def first_month(self) -> date:
        """The first day of the history."""
        return self.world.first_month

    @property
    def first_business_date(self) -> date:
        """The day of the first drop."""
        return self.world.first_business_date

    def generator(self, process: str, block: int = 0) -> np.random.Generator:
        """The source of chance of one process of this district in one block of time."""
        return self.world.generator(process, self.index, block)

    def numbers(self, local: np.ndarray) -> np.ndarray:
        """Numbers of the district as numbers of the world: districts take turns, so none is used twice."""
        return np.asarray(local * self.world.district_count + self.index)

    def ids(self, prefix: str, local: np.ndarray, digits: int = 8) -> pa.Array:
        """Ids that no other district uses."""
        return numbered(prefix, self.numbers(local), digits)


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
