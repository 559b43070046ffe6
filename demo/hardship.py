"""How people fare from month to month: in work or out of it, easy, strained, or unable to pay.

Strain comes before default and shows in every source (late payments, lower balances, a missing salary, logins to see
what is owed), which is what a model can learn from. The truth is kept here; no partner ever sees it.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from demo.people import People
from demo.world import District, Month

EASY, STRAINED, DEFAULTED = 0, 1, 2
BURN_IN_MONTHS = 6  # so that the history does not begin with everyone easy
LIFE_EVENT = 0.006  # a month: an illness, a divorce, a birth; about one person in fourteen a year
EVENT_MONTHS = 6
RECOVERS, RETURNS = 0.17, 0.05
HORIZON_MONTHS = 6
STRAIN, DEFAULT = 0.0149, 0.1  # a month, of those of average hazard: to fall into strain; from strain into default
"""So that 2 to 6 per cent of those who owe something default within half a year; figures in demo.world_report. Strain
lasts about four months: whoever is in trouble is late more than once before giving up, as a lender's books show it."""
STRAIN_BY_HAZARD, DEFAULT_BY_HAZARD = 0.38, 0.18  # how much a deviation of the hazard adds to the logarithm of each
WITHOUT_WORK, LIFE_EVENT_BURDEN, BY_LEVERAGE, BY_CONTAGION = 1.0, 0.6, 0.25, 3.0  # likewise, to that of strain
FUTURE_SHOCKS = 1.04  # what lost work and events still to come add to the strain of half a year, on average

Spread = Callable[[np.ndarray, int], np.ndarray]
"""From who is in default at home, and how many months have passed: the share of everyone's friends who
are in default and have a line of credit."""


class Fate:
    """How everyone fares by their own luck alone: as if they owed nothing and nobody's trouble spread.

    The monthly chance of strain grows with the latent hazard (income, thrift, temperament), lost work and a recent life
    event, each a factor in the manner of Cox (1972). Nothing that is lived enters it, so any district can look it up.
    """

    def __init__(self, district: District, people: People) -> None:
        """Everyone is easy and in work, some months before the history begins."""
        self._world, self._people = district, people
        self.months_passed = 0
        self.condition = np.zeros(people.count, np.int64)
        self.is_in_work = np.ones(people.count, bool)
        self._event_left = np.zeros(people.count, np.int64)

    @property
    def shock(self) -> np.ndarray:
        """What lost work and a recent life event add to the logarithm of the chance of strain; 0 for most people."""
        return np.asarray(WITHOUT_WORK * ~self.is_in_work + LIFE_EVENT_BURDEN * (self._event_left > 0))

    def pass_month(self) -> None:
        """Move everyone to the state in which they spend the next month."""
        index = self.months_passed - BURN_IN_MONTHS
        process, block = ("hardship before", self.months_passed) if index < 0 else ("hardship", index)
        loses_work, finds_work, falls, moves, happens = self._world.generator(process, block).random(
            (5, self._people.count)
        )
        self._event_left = np.where(happens < LIFE_EVENT, EVENT_MONTHS, np.maximum(self._event_left - 1, 0))
        stays = loses_work > 0.005 * np.exp(-0.9 * self._people.steadiness)
        strain, default = self._chances()
        owner = self._people.owner
        self._event_left, falls, moves = self._event_left[owner], falls[owner], moves[owner]
        self.is_in_work = np.where(self.is_in_work, stays, finds_work < 0.2)[owner]
        before = self.condition
        after = np.where((before == EASY) & (falls < strain), STRAINED, before)
        after = np.where((before == STRAINED) & (moves < default), DEFAULTED, after)
        after = np.where((before == STRAINED) & (moves > 1 - RECOVERS), EASY, after)
        self.condition = np.where((before == DEFAULTED) & (moves < RETURNS), EASY, after)[owner]
        self.months_passed += 1

    def _chances(self) -> tuple[np.ndarray, np.ndarray]:
        """For each person the monthly chances to fall into strain, and from strain into default."""
        hazard, burden = self._people.hazard, self._burden()
        strain = np.clip(STRAIN * self._strain_factor() * np.exp(STRAIN_BY_HAZARD * hazard + burden), 0, 0.5)
        return strain, np.clip(DEFAULT * np.exp(DEFAULT_BY_HAZARD * hazard), 0, 0.6)

    def _burden(self) -> np.ndarray:
        return self.shock

    def _strain_factor(self) -> float:
        index, drift = self.months_passed - BURN_IN_MONTHS, self._world.world.drift
        return drift.strain_factor if drift and index >= 0 and drift.holds(self._world.world.month(index).first) else 1


class Hardship(Fate):
    """The state of everyone in the month that is being lived.

    Beside one's own luck stand leverage (what is owed over a month's income) and contagion (the share of friends who
    are in default and have a line of credit), two factors more.
    """

    def __init__(self, district: District, people: People, spread: Spread) -> None:
        """Let some months pass before the history begins."""
        super().__init__(district, people)
        self._spread = spread
        self.income_factor = 1.0
        self._leverage = np.zeros(people.count)
        self.enters_default: list[np.ndarray] = []
        self.probabilities: list[np.ndarray] = []
        self.was_defaulted: list[np.ndarray] = []
        for _ in range(BURN_IN_MONTHS):
            self.pass_month()

    @property
    def first_default_month(self) -> np.ndarray:
        """The index of the month in which each person first could not pay; -1: never so far.

        Whoever could not pay when the history began first could not in its first month, as far as it tells.
        """
        entered = np.stack(self.enters_default)
        later = np.where(entered.any(axis=0), entered.argmax(axis=0), -1)
        return np.where(self.was_defaulted[0], 0, later)

    def live_month(self, month: Month, leverage: np.ndarray) -> None:
        """Move everyone to the state in which they spend this month; leverage is debt in months of income."""
        self.foresee(month, leverage)
        before = self.condition
        self.pass_month()
        rings = self._people.rings  # whose members look solid until they stop paying
        as_member = np.where(rings.busts_by(month.index), DEFAULTED, EASY)
        self.condition = np.where(rings.is_member, as_member, self.condition)
        self.enters_default.append((self.condition == DEFAULTED) & (before != DEFAULTED))

    def foresee(self, month: Month, leverage: np.ndarray) -> None:
        """Note what is true at the end of the month before, when this month is the first of the future."""
        self._leverage = leverage
        drift = self._world.world.drift
        if drift and drift.holds(month.first):
            self.income_factor = drift.income_factor
        rings = self._people.rings
        vanishes = rings.busts_by(month.index + HORIZON_MONTHS - 1)
        self.probabilities.append(np.where(rings.is_member, vanishes, self._default_probability()))
        self.was_defaulted.append(self.condition == DEFAULTED)

    @property
    def shock(self) -> np.ndarray:
        """None for members of rings, who look solid until they stop paying."""
        return np.where(self._people.rings.is_member, 0.0, super().shock)

    def _burden(self) -> np.ndarray:
        contagion = self._spread(self.condition == DEFAULTED, self.months_passed)
        return super()._burden() + BY_LEVERAGE * np.minimum(self._leverage, 2) + BY_CONTAGION * contagion

    def _default_probability(self) -> np.ndarray:
        """The chance to default within six months: three states, and today's chances held for the whole time."""
        strain, default = self._chances()
        strain = np.minimum(strain * FUTURE_SHOCKS, 0.5)
        easy, strained = (self.condition == EASY).astype(float), (self.condition == STRAINED).astype(float)
        gone = np.zeros(len(easy))
        for _ in range(HORIZON_MONTHS):
            falls, recovers, fails = easy * strain, strained * RECOVERS, strained * default
            easy, strained, gone = easy - falls + recovers, strained + falls - recovers - fails, gone + fails
        return gone
