"""How people fare from month to month: in work or out of it, easy, strained, or unable to pay.

Strain comes before default and shows in every source (late payments, lower balances, a missing salary), which is what a
model can learn from. The truth is kept here; no partner ever sees it.
"""

from __future__ import annotations

import numpy as np

from demo.people import People
from demo.world import Month, World

EASY, STRAINED, DEFAULTED = 0, 1, 2
BURN_IN_MONTHS = 6  # so that the history does not begin with everyone easy


class Hardship:
    """The state of everyone in the month that is being lived."""

    def __init__(self, world: World, people: People) -> None:
        """Let some months pass before the history begins."""
        self._world, self._people = world, people
        self.condition = np.zeros(people.count, np.int64)
        self.is_in_work = np.ones(people.count, bool)
        self.first_default_month = np.full(people.count, -1)
        for block in range(BURN_IN_MONTHS):
            self._pass_month(world.generator("hardship before", block))
        self.first_default_month[:] = -1

    def live_month(self, month: Month) -> None:
        """Move everyone to the state in which they spend this month."""
        self._pass_month(self._world.generator("hardship", month.index))
        is_first = (self.condition == DEFAULTED) & (self.first_default_month < 0)
        self.first_default_month[is_first] = month.index

    def _pass_month(self, chance: np.random.Generator) -> None:
        hazard, steadiness = self._people.hazard, self._people.steadiness
        loses_work, finds_work, falls, moves = chance.random((4, self._people.count))
        self.is_in_work = np.where(self.is_in_work, loses_work > 0.005 * np.exp(-0.9 * steadiness), finds_work < 0.2)
        strain = np.clip(0.0075 * np.exp(1.1 * hazard + 1.5 * ~self.is_in_work), 0, 0.5)
        default = np.clip(0.22 * np.exp(0.45 * hazard), 0, 0.7)
        before = self.condition
        after = np.where((before == EASY) & (falls < strain), STRAINED, before)
        after = np.where((before == STRAINED) & (moves < default), DEFAULTED, after)
        after = np.where((before == STRAINED) & (moves > 0.65), EASY, after)
        self.condition = np.where((before == DEFAULTED) & (moves < 0.05), EASY, after)
