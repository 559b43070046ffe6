"""Labels as data: whom an outcome is asked of, for how long, what counts as good and bad, and when it is certain.

A contract in schemas/labels/ declares its specifications; its job, the checks, the data dictionary and the data sheet
of a training read them, so a window is written down once.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import date, timedelta

OBSERVATION_COUNT = 6  # half a year of vintages; each one builds every family anew, which is what a training costs

OUTCOMES = ("good", "bad", "indeterminate")


class LabelError(ValueError):
    """A specification contradicts itself: the message names it and what to change."""


@dataclass(frozen=True)
class LabelSpecification:
    """One label.

    population: who is asked; it depends on nothing that happens after the observation.
    observed_on: the day that splits what may be known from what is to come.
    window_months, window_days: how long the outcome is waited for; exactly one of them is given. Months are whole
        calendar months, so an observation at a month's end has its window end at a month's end.
    good, bad, indeterminate: the outcomes in words; an indeterminate one teaches nothing and is not learnt from.
    settle_days: how long after the window late rows may still change the outcome.
    observed_with: the label whose observation dates this one shares, so that features are built once for both; it must
        have matured no later than that one.
    """

    name: str
    population: str
    good: str
    bad: str
    observed_on: str = "month ends"
    window_months: int = 0
    window_days: int = 0
    settle_days: int = 30
    indeterminate: str = "nobody"
    observed_with: LabelSpecification | None = None

    def __post_init__(self) -> None:
        """Refuse a label without window, or one that would be read before it is certain."""
        if (self.window_months > 0) == (self.window_days > 0):
            raise LabelError(f"{self.name}: give either window_months or window_days")
        if self.settle_days < 0:
            raise LabelError(f"{self.name}: settle_days is below 0")
        other = self.observed_with
        # February is the month in which a window of whole months is shortest.
        for observed in (date(2023, month, 1) - timedelta(days=1) for month in range(1, 13)):
            if other is not None and self.matured_on(observed) > other.matured_on(observed):
                raise LabelError(f"{self.name}: matures later than {other.name}, whose observation dates it shares")

    def window_end(self, observed: date) -> date:
        """The last day on which the outcome can happen."""
        if self.window_days:
            return observed + timedelta(days=self.window_days)
        return end_of_month(observed.year, observed.month + self.window_months)

    def matured_on(self, observed: date) -> date:
        """The first day on which the outcome is certain."""
        return self.window_end(observed) + timedelta(days=self.settle_days)

    def observation_dates(self, as_of: date) -> list[date]:
        """The newest month ends whose outcome is certain by as_of, oldest first; never an immature one."""
        if self.observed_with is not None:
            return self.observed_with.observation_dates(as_of)
        month_end = end_of_month(as_of.year, as_of.month)
        matured: list[date] = []
        while len(matured) < OBSERVATION_COUNT:
            if self.matured_on(month_end) <= as_of:
                matured.append(month_end)
            month_end = month_end.replace(day=1) - timedelta(days=1)
        return matured[::-1]

    def described(self) -> dict[str, object]:
        """For the stored model and its data sheet."""
        words = {name: value for name, value in asdict(self).items() if name != "observed_with" and value != 0}
        return words if self.observed_with is None else {**words, "observed_with": self.observed_with.name}


def end_of_month(year: int, month: int) -> date:
    """The last day of a month; a month above 12 lies in a later year."""
    return date(year + month // 12, month % 12 + 1, 1) - timedelta(days=1)
