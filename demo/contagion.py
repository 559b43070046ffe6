"""How trouble spreads from friend to friend, within a district and from one to another.

How somebody fares in another district is not known without living it, and that district would have to live this one. So
across the border spreads only what can be looked up: who would be in default by their own luck alone (`Fate`), whatever
they owe and whoever drags them down. It is drawn from the same chance as their life, so the two nearly always agree;
districts may still be lived alone and in any order.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from demo.hardship import DEFAULTED, Fate
from demo.neighbours import REGISTERS, Neighbours, register_of
from demo.people import People
from demo.world import District


class Foreknown:
    """Who of a district would be in default by their own luck alone, after any number of months."""

    def __init__(self, district: District) -> None:
        """Begin with the first month; later ones are lived when somebody asks."""
        self._fate = Fate(district, register_of(district).people)
        self._is_defaulted = [self._fate.condition == DEFAULTED]

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
    """The share of everyone's friends who are in default: those at home as they fare, those elsewhere as foreknown."""

    def __init__(self, people: People, neighbours: Neighbours) -> None:
        """Sort the friends elsewhere by their district."""
        world, self._society = people.district.world, people.society
        home, friend = neighbours.there % world.district_count, neighbours.there // world.district_count
        self._elsewhere = [
            (foreknown(world.district(index)), neighbours.here[home == index], friend[home == index])
            for index in np.unique(home).tolist()
        ]
        self._friends = people.society.degree + np.bincount(neighbours.here, minlength=people.count)

    def share_of_friends(self, is_defaulted: np.ndarray, months_passed: int) -> np.ndarray:
        """For each person, 0 without friends; is_defaulted: who is in default at home after so many months."""
        found = self._society.friends_of_whom(is_defaulted)
        for district, here, friend in self._elsewhere:
            found = found + np.bincount(here, district.is_defaulted(months_passed)[friend], len(found))
        return np.asarray(found / np.maximum(self._friends, 1))
