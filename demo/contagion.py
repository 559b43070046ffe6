"""How trouble spreads from friend to friend, within a district and from one to another.

It spreads from those in default who have a line of credit, drawn or not: without one nobody can owe the shop anything,
and no friend is asked to help out.

How somebody fares in another district is not known without living it, and that district would have to live this one. So
across the border spreads only what can be looked up: who would be in default by their own luck alone (`Fate`), whatever
they owe and whoever drags them down. It is drawn from the same chance as their life, so the two nearly always agree;
districts may still be lived alone and in any order.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from demo.hardship import BURN_IN_MONTHS, DEFAULTED, Fate
from demo.lines import agree_lines
from demo.neighbours import REGISTERS, Neighbours, register_of
from demo.people import People
from demo.tables import has_happened
from demo.users import Users
from demo.world import District


class Foreknown:
    """Who of a district has a line of credit, and who would be in default by their own luck alone, month by month."""

    def __init__(self, district: District) -> None:
        """Begin with the first month; later ones are lived when somebody asks."""
        people = register_of(district).people
        self._world, self._fate = district.world, Fate(district, people)
        self._line_opened_at = agree_lines(district.generator("credit"), people, Users(district, people).is_verified)
        self._is_defaulted = [self._fate.condition == DEFAULTED]

    def has_line(self, months_passed: int) -> np.ndarray:
        """For each person, whether they have a line of credit after so many months."""
        return has_happened(self._line_opened_at, self._world.month(months_passed - BURN_IN_MONTHS).start)

    def is_defaulted(self, months_passed: int) -> np.ndarray:
        """For each person, whether they are in default after so many months, those before the history included."""
        while len(self._is_defaulted) <= months_passed:
            self._fate.pass_month()
            self._is_defaulted.append(self._fate.condition == DEFAULTED)
        is_defaulted: np.ndarray = self._is_defaulted[months_passed]
        return is_defaulted


@lru_cache(maxsize=REGISTERS)
def foreknown(district: District) -> Foreknown:
    """Look up how people of a district fare, as far as that can be known from elsewhere."""
    return Foreknown(district)


class Contagion:
    """The share of everyone's friends in default, with a line: at home as they fare, elsewhere as foreknown."""

    def __init__(self, people: People, neighbours: Neighbours) -> None:
        """Sort the friends elsewhere by their district."""
        world, self._society = people.district.world, people.society
        home, friend = neighbours.there % world.district_count, neighbours.there // world.district_count
        self._elsewhere = [
            (foreknown(world.district(index)), neighbours.here[home == index], friend[home == index])
            for index in np.unique(home).tolist()
        ]
        self._at_home = foreknown(people.district)
        self._friends = people.society.degree + np.bincount(neighbours.here, minlength=people.count)

    def share_of_friends(self, is_defaulted: np.ndarray, months_passed: int) -> np.ndarray:
        """For each person, 0 without friends; is_defaulted: who is in default at home after so many months."""
        found = self._society.friends_of_whom(is_defaulted & self._at_home.has_line(months_passed))
        for district, here, friend in self._elsewhere:
            fails = district.is_defaulted(months_passed) & district.has_line(months_passed)
            found = found + np.bincount(here, fails[friend], len(found))
        return np.asarray(found / np.maximum(self._friends, 1))
