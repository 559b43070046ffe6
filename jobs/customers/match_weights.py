"""How much each agreement and disagreement of two records says: the model of Fellegi and Sunter (1969).

m is how often two records of one person show a level, u how often two records of strangers do; the level adds
log2(m / u) bits of evidence to those of the prior odds. A value that is not given adds nothing.
"""

from __future__ import annotations

import hashlib
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
        return {**asdict(self), "levels": dict(LEVELS)}

    @property
    def digest(self) -> str:
        """Names the weights."""
        return hashlib.sha256(json.dumps(self.as_json(), sort_keys=True).encode()).hexdigest()


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
    records=22_666,
    matches_per_record=0.6491,
    m={
        "phone": (0.1105, 0.8895),
        "email": (0.02446, 0.97554),
        "name": (0.01502, 0.009943, 0.0005, 0.975),
        "birth_date": (0.0005, 0.0005, 0.9995),
        "city": (0.02054, 0.97946),
        "gender": (0.0005, 0.9995),
    },
    u={
        "phone": (0.99999894, 1.06e-6),
        "email": (0.9999999961, 3.9e-9),
        "name": (0.998689, 0.0012386, 4.496e-6, 6.8e-5),
        "birth_date": (0.994371, 0.005533, 9.524e-5),
        "city": (0.93344, 0.06656),
        "gender": (0.50026, 0.49974),
    },
)
"""What `learn-weights` learns on the first night of a demo world of 20 000 people. A night uses these until it is given
others: learn them on your own records."""
