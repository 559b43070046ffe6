"""How often people buy, and when they stop: the BG/NBD process of Fader, Hardie and Lee (2005).

After the first order a customer buys at a rate of their own, drawn from a gamma distribution, and after each repeat
order leaves for good with a probability of their own, drawn from a beta distribution. Time runs in months of equal
demand: a sale in November counts more days than February.

The rates are those of an everyday shop, not of the music shop CDNOW, whose estimates (r 0.243, alpha 4.414 weeks, a
0.793, b 2.426) are of people who mostly buy once; their spread makes a fifth of the customers bring about two thirds of
the revenue, as published figures have it (demo.world_report).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from demo.people import People
from demo.tables import NOTHING, has_happened
from demo.world import DAY_SECONDS, District, Month

RATE_SHAPE, RATE_SCALE = 0.9, 1.05  # of the gamma: on average 0.95 orders in a month of average demand
LEAVES_A, LEAVES_B = 0.8, 40.0  # of the beta: on average one in 51 orders is the last
EVER_BUYS = 0.9  # of those who register
SEASON = (1.0, 0.75, 0.95, 0.95, 1.0, 1.3, 0.95, 0.95, 1.0, 1.05, 1.65, 1.15)  # 18 June and 11 November are sales
MEAN_SEASON = sum(SEASON) / 12
DISCOUNT_A_MONTH = 0.01


@dataclass
class Buying:
    """rate: repeat orders in a month of demand 1. leaves: the chance that a repeat order is the last.

    last_order: after how many orders in all each person leaves. ordered: how many there were so far, those before the
    history included. first_order_at: a moment, NOTHING for people who never buy.
    """

    rate: np.ndarray
    leaves: np.ndarray
    last_order: np.ndarray
    first_order_at: np.ndarray
    ordered: np.ndarray

    def orders_of(self, month: Month, chance: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        """Person and moment of every order of the month, by moment."""
        begins = self.first_order_at
        buys = has_happened(begins, month.end) & self.is_alive
        repeats = np.repeat(np.arange(len(buys)), chance.poisson(self.rate * SEASON[month.first.month - 1] * buys))
        moment = month.moments(chance, len(repeats))
        later = moment > begins[repeats]
        first = np.flatnonzero(buys & (begins >= month.start))
        person = np.concatenate([first, repeats[later]])
        moment = np.concatenate([begins[first], moment[later]])
        order = np.lexsort((moment, person))
        person, moment = person[order], moment[order]
        rank = np.arange(len(person)) - np.searchsorted(person, person) + 1
        happens = self.ordered[person] + rank <= self.last_order[person]
        person, moment = person[happens], moment[happens]
        self.ordered = self.ordered + np.bincount(person, minlength=len(self.ordered))
        order = np.lexsort((person, moment))
        return person[order], moment[order]

    @property
    def is_alive(self) -> np.ndarray:
        """Who has not left for good."""
        return np.asarray(self.ordered < self.last_order)

    def expected_orders(self, months_of_demand: float | np.ndarray) -> np.ndarray:
        """Orders still to come in so many months of demand 1, for a person whose rate is known (equation 9)."""
        will = np.where(self.first_order_at == NOTHING, 0.0, self.is_alive.astype(float))
        return np.asarray(will * -np.expm1(-self.rate * self.leaves * months_of_demand) / self.leaves)

    def expected_orders_for_life(self) -> np.ndarray:
        """All orders still to come, each discounted by one per cent a month."""
        will = np.where(self.first_order_at == NOTHING, 0.0, self.is_alive.astype(float))
        rate = self.rate * MEAN_SEASON
        return np.asarray(will * rate / (rate * self.leaves + DISCOUNT_A_MONTH))


def begin_buying(district: District, people: People) -> Buying:
    """Everyone's rate, and what happened before the history: who had already left when it begins."""
    chance, count = district.generator("buying"), people.count
    rate = chance.gamma(RATE_SHAPE, RATE_SCALE, count)
    leaves = np.clip(chance.beta(LEAVES_A, LEAVES_B, count), 1e-5, 1)
    buys = (people.registered_at != NOTHING) & (chance.random(count) < EVER_BUYS)
    waits = np.minimum(chance.exponential(3 * DAY_SECONDS, count), 60 * DAY_SECONDS).astype(np.int64)
    first_order_at = np.where(buys, people.registered_at + 600 + waits, NOTHING)
    begins = Month(0, district.first_month, 31).start
    months_before = np.where(buys, np.maximum(begins - first_order_at, 0), 0) / (30.44 * DAY_SECONDS)
    before = (buys & (first_order_at < begins)) + chance.poisson(rate * months_before * MEAN_SEASON)
    last_order = 1 + chance.geometric(leaves)
    return Buying(rate, leaves, last_order, first_order_at, np.minimum(before, last_order))


def months_of_demand(months: list[Month], moments: np.ndarray) -> np.ndarray:
    """How much demand lies between the beginning of the first month and each moment, a month of demand 1 being 1."""
    edges = np.array([month.start for month in months] + [months[-1].end])
    demand = np.concatenate([[0.0], np.cumsum([SEASON[month.first.month - 1] for month in months])])
    return np.asarray(np.interp(moments, edges, demand))
