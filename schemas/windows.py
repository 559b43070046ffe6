"""The windows of the feature families: which days before as_of, or which of the newest rows, a measure looks at.

Days are the alliance's calendar days counted back from as_of, which is day 0. Cumulative windows end with as_of,
disjoint ones share no day, shifted ones ended some months before.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

ALLIANCE_TIME_ZONE: Final = "Asia/Shanghai"
"""The zone whose midnight ends a business date. It is part of what every feature means, so it is no setting: whoever
changes it here changes the version of every job, and all that is built is built anew."""


@dataclass(frozen=True)
class Window:
    """The rows whose counter lies from `newest` to `oldest`, both included; without an oldest one, from `newest` on.

    name: how the column's name ends; empty for everything up to as_of.
    words: how the column's meaning ends.
    """

    name: str
    words: str
    newest: int = 0
    oldest: int | None = None
    counter: str = "days_ago"

    @property
    def condition(self) -> str:
        """SQL: whether a row lies in the window; a row after as_of lies in none."""
        if self.oldest is None:
            return f"{self.counter} >= {self.newest}"
        return f"{self.counter} BETWEEN {self.newest} AND {self.oldest}"

    def named(self, what: str) -> str:
        """The name of a column about `what` in this window."""
        return f"{what}_{self.name}" if self.name else what

    def told(self, meaning: str) -> str:
        """The meaning of a column in this window."""
        return f"{meaning} {self.words}".strip()


EVER: Final = Window("", "", 0)
MONTH_DAYS: Final = 30
YEAR_DAYS: Final = 365


def last(*lengths: int) -> tuple[Window, ...]:
    """Cumulative windows that end with as_of: the last 30 days are days 0 to 29."""
    return tuple(Window(f"{days}d", f"in the last {days} days", 0, days - 1) for days in lengths)


def disjoint(*ends: int) -> tuple[Window, ...]:
    """Neighbouring windows, each day in exactly one: disjoint(7, 14) holds days 1 to 7 and 8 to 14; as_of is day 1."""
    begins = (1, *(end + 1 for end in ends[:-1]))
    return tuple(
        Window(
            f"{begin}_{end}d", f"on days {begin} to {end} counted back from as_of, which is day 1", begin - 1, end - 1
        )
        for begin, end in zip(begins, ends, strict=True)
    )


def shifted(days: int, *months: int) -> tuple[Window, ...]:
    """Windows of the same length that ended some months of 30 days before as_of."""
    return tuple(
        Window(
            f"{days}d_{month}m_ago",
            f"in the {days} days that ended {month * MONTH_DAYS} days before as_of",
            month * MONTH_DAYS,
            month * MONTH_DAYS + days - 1,
        )
        for month in months
    )


def last_events(counter: str, *counts: int) -> tuple[Window, ...]:
    """The newest rows in the order of a counter that is 0 for the newest, 1 for the one before."""
    return tuple(Window(f"last_{count}", f"among the last {count}", 0, count - 1, counter) for count in counts)


WEEKS_TO_YEARS: Final = disjoint(7, 14, 30, 60, 90, 180, 365, 730)
YEARS_BEFORE: Final = shifted(YEAR_DAYS, 1, 2, 3)
SAME_DAYS_LAST_YEAR: Final = Window(
    "30d_last_year", "in the same 30 days a year earlier", YEAR_DAYS, YEAR_DAYS + MONTH_DAYS - 1
)
