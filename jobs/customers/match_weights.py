"""How much each agreement and disagreement of two records says: the model of Fellegi and Sunter (1969).

m is how often two records of one person show a level, u how often two records of strangers do; the level adds
log2(m / u) bits of evidence to those of the prior odds. A value that is not given adds nothing.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from math import floor, log2
from typing import Any

LEVELS: Mapping[str, tuple[str, ...]] = {
    "phone": ("other", "same"),
    "email": ("other", "same"),
    "name": ("other", "somewhat like", "nearly the same", "same"),
    "birth_date": ("other", "one part differs", "same"),
    "city": ("other", "same"),
    "gender": ("other", "same"),
}
"""What is compared, and the levels of agreement from 0 up; -1 is not given."""

GROWING_RARER = ("phone", "email")
"""Agreement by chance is with the handful of people one shares a phone with, however many others there are."""

SMALLEST_POPULATION = 4_096
"""A smaller table is taken as a sample of a town of so many: chance has no fewer namesakes there."""


class WeightsError(ValueError):
    """Weights cannot be read; the message says what is wrong."""

    exit_code = 2


@dataclass(frozen=True)
class MatchWeights:
    """Learnt weights. records: how many they were learnt on. matches_per_record: other records of the same person.

    m, u: for each comparison the share of pairs with each level, in the order of LEVELS.
    """

    records: int
    matches_per_record: float
    m: Mapping[str, tuple[float, ...]]
    u: Mapping[str, tuple[float, ...]]

    def __post_init__(self) -> None:
        """Refuse what is no set of shares for every level."""
        for name, shares in (("m", self.m), ("u", self.u)):
            wrong = [one for one, levels in LEVELS.items() if len(shares.get(one, ())) != len(levels)]
            wrong += [one for one in shares if any(not 0 < share < 1 for share in shares[one])]
            if wrong or set(shares) != set(LEVELS):
                raise WeightsError(
                    f"match weights: {name} must give every level of {', '.join(LEVELS)} a share in 0..1"
                )
        if self.records < 1 or self.matches_per_record <= 0:
            raise WeightsError("match weights: records and matches_per_record must be above zero")

    def growth(self, records: int) -> int:
        """How many times the population has doubled since the weights were learnt; whole, so that nights agree."""
        return doublings(records) - doublings(self.records)

    def prior_bits(self, records: int) -> float:
        """Evidence before anything is compared: the odds that two records at random are one person."""
        return log2(self.matches_per_record / self.records) - self.growth(records)

    def bits(self, comparison: str, level: int, records: int) -> float:
        """Evidence of one level of one comparison in a population of so many records."""
        highest = len(LEVELS[comparison]) - 1
        more = self.growth(records) if comparison in GROWING_RARER and level == highest else 0
        return log2(self.m[comparison][level] / self.u[comparison][level]) + more

    def bits_without_chance(self, comparison: str, level: int) -> float:
        """log2(m): the evidence where u is counted rather than learnt."""
        return log2(self.m[comparison][level])

    def as_json(self) -> dict[str, Any]:
        """As weights are stored."""
        return {**asdict(self), "levels": LEVELS}


def doublings(records: int) -> int:
    """Twice as many records weigh differently, one more does not."""
    return floor(log2(max(records, SMALLEST_POPULATION)))


def read_weights(text: str) -> MatchWeights:
    """Weights as `as_json` gives them; WeightsError when they are not."""
    try:
        content = json.loads(text)
        shares = {name: {k: tuple(map(float, v)) for k, v in content[name].items()} for name in ("m", "u")}
        return MatchWeights(int(content["records"]), float(content["matches_per_record"]), shares["m"], shares["u"])
    except (KeyError, TypeError, AttributeError, json.JSONDecodeError):
        raise WeightsError("match weights: not a JSON object with records, matches_per_record, m and u") from None


DECLARED = MatchWeights(
    records=18_000,
    matches_per_record=0.5,
    m={
        "phone": (0.10, 0.90),
        "email": (0.05, 0.95),
        "name": (0.02, 0.03, 0.01, 0.94),
        "birth_date": (0.002, 0.002, 0.996),
        "city": (0.05, 0.95),
        "gender": (0.005, 0.995),
    },
    u={
        "phone": (0.99998, 0.00002),
        "email": (0.99999, 0.00001),
        "name": (0.95, 0.045, 0.004, 0.001),
        "birth_date": (0.993, 0.0069, 0.0001),
        "city": (0.92, 0.08),
        "gender": (0.5, 0.5),
    },
)
"""Learnt on the demo's world."""
