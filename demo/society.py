"""Who lives with whom, works with whom and knows whom."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

STUDENT, RETIRED = 5, 6  # positions in people.OCCUPATIONS; these have no workplace
TAIL = 2.2
"""Exponent of the tail of the degrees; those of many networks lie between 2 and 3 (Clauset et al. 2009)."""
NO_WORKPLACE = -1


@dataclass(frozen=True)
class Society:
    """household, workplace: a number for each person, NO_WORKPLACE for those who do not work.

    friends: pairs of persons, the smaller first, each pair once. degree: how many friends each person has.
    """

    household: np.ndarray
    workplace: np.ndarray
    friends: np.ndarray
    degree: np.ndarray

    def with_owners(self, persons: int, owner: np.ndarray) -> Society:
        """The same, where the entries from `persons` on are second accounts: at their owner's home, without friends."""
        friends = self.friends[(self.friends < persons).all(axis=1)]
        degree = np.bincount(friends.ravel(), minlength=len(owner))
        return Society(self.household[owner], self.workplace[owner], friends, degree)

    def friends_of_whom(self, is_so: np.ndarray) -> np.ndarray:
        """For each person how many of the friends there are of whom something holds."""
        first, second = self.friends.T
        count = len(self.degree)
        return np.asarray(np.bincount(first, is_so[second], count) + np.bincount(second, is_so[first], count))


def join_society(chance: np.random.Generator, hazard: np.ndarray, occupation: np.ndarray) -> Society:
    """Families, colleagues, and friends who resemble each other in their leaning to default."""
    count = len(hazard)
    sizes = chance.choice([1, 2, 3, 4], count, p=[0.45, 0.27, 0.2, 0.08])
    household = np.repeat(np.arange(count), sizes)[:count]
    workplace = _workplaces(chance, occupation)
    family = np.flatnonzero(household[:-1] == household[1:])
    pairs = np.concatenate(
        [np.stack([family, family + 1], axis=1), _colleagues(chance, workplace), _friends(chance, hazard)]
    )
    pairs = np.sort(pairs[pairs[:, 0] != pairs[:, 1]], axis=1)
    pairs = np.stack(np.divmod(np.unique(pairs[:, 0] * count + pairs[:, 1]), count), axis=1)
    return Society(household, workplace, pairs, np.bincount(pairs.ravel(), minlength=count))


def _workplaces(chance: np.random.Generator, occupation: np.ndarray) -> np.ndarray:
    """Sizes are skewed: the largest workplace employs about one in seven, most a handful (Axtell 2001)."""
    places = max(2, len(occupation) // 12)
    weights = 1 / (1 + np.arange(places))
    workplace = chance.choice(places, len(occupation), p=weights / weights.sum())
    return np.where(np.isin(occupation, (STUDENT, RETIRED)), NO_WORKPLACE, workplace)


def _colleagues(chance: np.random.Generator, workplace: np.ndarray) -> np.ndarray:
    """About one friend for every second worker, of the same workplace."""
    order = np.lexsort((chance.random(len(workplace)), workplace))
    left, right = order[:-1], order[1:]
    works_there = (workplace[left] == workplace[right]) & (workplace[left] != NO_WORKPLACE)
    knows = works_there & (chance.random(len(left)) < 0.5)
    return np.stack([left[knows], right[knows]], axis=1)


def _friends(chance: np.random.Generator, hazard: np.ndarray) -> np.ndarray:
    """Chung and Lu's random graph (2002) with Pareto weights, drawn within a window of similar people."""
    count = len(hazard)
    weight = np.minimum((1 - chance.random(count)) ** (-1 / (TAIL - 1)), count / 25)
    rank = np.argsort(hazard + 0.8 * chance.normal(size=count), kind="stable")
    reach = np.concatenate([[0.0], np.cumsum(weight[rank])])
    window = max(3, count // 40)
    first = np.searchsorted(reach, chance.random(2 * count) * reach[-1], side="right") - 1
    begin, end = reach[np.maximum(first - window, 0)], reach[np.minimum(first + window + 1, count)]
    second = np.searchsorted(reach, begin + chance.random(2 * count) * (end - begin), side="right") - 1
    return np.stack([rank[np.clip(first, 0, count - 1)], rank[np.clip(second, 0, count - 1)]], axis=1)
