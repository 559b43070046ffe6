"""How people fare from month to month: in work or out of it, easy, strained, or unable to pay.

Strain comes before default and shows in every source (late payments, lower balances, a missing salary), which is what a
model can learn from. The truth is kept here; no partner ever sees it.
"""

from __future__ import annotations

import numpy as np

from demo.people import People
from demo.world import District, Month

EASY, STRAINED, DEFAULTED = 0, 1, 2
BURN_IN_MONTHS = 6  # so that the history does not begin with everyone easy
LIFE_EVENT = 0.006  # a month: an illness, a divorce, a birth; about one person in fourteen a year
EVENT_MONTHS = 6
RECOVERS, RETURNS = 0.35, 0.05
HORIZON_MONTHS = 6
STRAIN = 0.0115
FUTURE_SHOCKS = 1.12  # what lost work and events still to come add to the strain of half a year, on average


class Hardship:
    """The state of everyone in the month that is being lived.

    The monthly chance of strain grows with the latent hazard (income, thrift, temperament), lost work, a recent life
    event, leverage (what is owed over a month's income) and contagion (the share of friends in default), each a factor
    in the manner of Cox (1972).
    """

    def __init__(self, district: District, people: People) -> None:
        """Let some months pass before the history begins."""
        self._world, self._people = district, people
        self.condition = np.zeros(people.count, np.int64)
        self.is_in_work = np.ones(people.count, bool)
        self.income_factor = 1.0
        self._event_left = np.zeros(people.count, np.int64)
        self._leverage = np.zeros(people.count)
        self._strain_factor = 1.0
        self.enters_default: list[np.ndarray] = []
        self.probabilities: list[np.ndarray] = []
        self.was_defaulted: list[np.ndarray] = []
        for block in range(BURN_IN_MONTHS):
            self._pass_month(district.generator("hardship before", block))

    @property
    def first_default_month(self) -> np.ndarray:
        """The index of the month in which each person first could not pay; -1: never so far."""
        entered = np.stack(self.enters_default)
        return np.where(entered.any(axis=0), entered.argmax(axis=0), -1)

    def live_month(self, month: Month, leverage: np.ndarray) -> None:
        """Move everyone to the state in which they spend this month; leverage is debt in months of income."""
        self.foresee(month, leverage)
        before = self.condition
        self._pass_month(self._world.generator("hardship", month.index))
        rings = self._people.rings  # whose members look solid until they stop paying
        as_member = np.where(rings.busts_by(month.index), DEFAULTED, EASY)
        self.condition = np.where(rings.is_member, as_member, self.condition)
        self.enters_default.append((self.condition == DEFAULTED) & (before != DEFAULTED))

    def foresee(self, month: Month, leverage: np.ndarray) -> None:
        """Note what is true at the end of the month before, when this month is the first of the future."""
        self._leverage = leverage
        drift = self._world.world.drift
        if drift and drift.holds(month.first):
            self._strain_factor, self.income_factor = drift.strain_factor, drift.income_factor
        rings = self._people.rings
        vanishes = rings.busts_by(month.index + HORIZON_MONTHS - 1)
        self.probabilities.append(np.where(rings.is_member, vanishes, self._default_probability()))
        self.was_defaulted.append(self.condition == DEFAULTED)

    def _chances(self) -> tuple[np.ndarray, np.ndarray]:
        """For each person the monthly chances to fall into strain, and from strain into default."""
        contagion = self._people.society.share_of_friends(self.condition == DEFAULTED)
        burden = 1.5 * ~self.is_in_work + 0.9 * (self._event_left > 0)
        burden += 0.25 * np.minimum(self._leverage, 2) + 1.5 * contagion
        strain = np.clip(STRAIN * self._strain_factor * np.exp(0.76 * self._people.hazard + burden), 0, 0.5)
        return strain, np.clip(0.17 * np.exp(0.45 * self._people.hazard), 0, 0.6)

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

    def _pass_month(self, chance: np.random.Generator) -> None:
        loses_work, finds_work, falls, moves, happens = chance.random((5, self._people.count))
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
