"""Drawn futures of customers: what each may spend within a year, for an interval around the expected value.

Whether the customer has left, at what rate and how often the customer buys before leaving, and for how much, each come
from their distribution given what is known. All customers share one set of draws (common random numbers), of rates
and leavings those with as many repeats: an interval depends on the customer's own state, the models and the seed, and
equal states have equal intervals. The mean value so far only scales what is spent, and the recency only tells who has
left, so futures are drawn for each number of repeats and age, and sorted for each state beside the mean value. What is
bought in a month is discounted as the expected value is: by the discount of so many months.
"""

from __future__ import annotations

import math
from functools import cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from jobs.repeat_buying import BgNbd, Floats, GammaGamma

DRAWS: Final = 1_000
"""Futures drawn for an interval; the borders of an 80 % interval then move by about two hundredths."""

STATES_AT_ONCE: Final = 1_000
"""Bounds the memory: a few tables of so many states by DRAWS."""

MONTHS: Final = 12
"""Of a year; a purchase is discounted to the end of the month in which it comes."""

MOST_PURCHASES: Final = 4_000
"""Nobody is drawn to buy more often: eleven times a day for a year."""

FEWEST: Final = 64
"""Arrivals and purses drawn at first."""

ARRIVALS, PURSES, REPEATS = range(3)
"""Which stream of random numbers, beside the seed."""


def spending_borders(
    model: BgNbd,
    values: GammaGamma,
    states: Floats,
    *,
    year: float,
    shares: tuple[float, float],
    seed: int,
    monthly_discount: float = 0.0,
) -> Floats:
    """Two rows: below which discounted spending the lower and the upper share of the drawn futures lie, for each state.

    states: a row per customer with frequency, recency, age and mean value. A border is 0 where that share of the
    futures, or more, is without a purchase.
    """
    if not len(states):
        return np.empty((2, 0))
    distinct, place = _distinct(states[:, :3])
    alive = model.probability_alive(*distinct.T)
    futures = _Futures(model, values, year, seed, 1 / (1 + monthly_discount))
    blocks = (slice(start, start + STATES_AT_ONCE) for start in range(0, len(distinct), STATES_AT_ONCE))
    borders = [_borders(futures.purses(distinct[block], alive[block]), shares) for block in blocks]
    x, mean = states[:, 0], states[:, 3]
    found: Floats = np.concatenate(borders, axis=1)[:, place] * (values.v + np.where(x > 0, x * mean, 0.0))
    return found


def _borders(spent: Floats, shares: tuple[float, float]) -> Floats:
    """The smallest amounts that a share of each row's draws does not exceed; between two draws nothing is made up."""
    lowest_first = np.sort(spent, axis=1)
    return np.stack([lowest_first[:, math.ceil(share * DRAWS) - 1] for share in shares])


def _distinct(states: Floats) -> tuple[Floats, NDArray[np.int64]]:
    """Every state once, by frequency, age and recency, and which of them each row is."""
    x, recency, age = states.T
    order = np.lexsort((recency, age, x))
    is_new = np.r_[True, np.any(np.diff(states[order], axis=0) != 0, axis=1)]
    place = np.empty(len(states), dtype=np.int64)
    place[order] = np.cumsum(is_new) - 1
    return states[order[is_new]], place


class _Futures:
    """Draws what is bought, in units of the customer's scale; every draw is made once."""

    def __init__(self, model: BgNbd, values: GammaGamma, year: float, seed: int, kept_after_month: float) -> None:
        self._model, self._values, self._year, self._seed = model, values, year, seed
        months = np.arange(1, MONTHS + 1)
        worth = kept_after_month**months
        self._part_of_year, self._weight = months / MONTHS, worth - np.r_[worth[1:], 0.0]
        self._alive = (np.arange(DRAWS) + 0.5) / DRAWS  # spread evenly: exactly that share of the futures is alive
        self._draw(FEWEST)
        self._given_repeats = cache(self._drawn_given_repeats)

    def purses(self, states: Floats, alive: Floats) -> Floats:
        """A row per state, a column per draw: the sum of the purses until the purchase with which one leaves."""
        x, _, age = states.T
        is_new = np.r_[True, (np.diff(x) != 0) | (np.diff(age) != 0)]
        spent = self._spent_by_who_stays(x[is_new], age[is_new])
        return np.where(self._alive < alive[:, None], spent[np.cumsum(is_new) - 1], 0.0)

    def _spent_by_who_stays(self, x: Floats, age: Floats) -> Floats:
        repeats, level = np.unique(x, return_inverse=True)
        drawn = [self._given_repeats(number) for number in repeats.tolist()]
        rate, leaves_at, scale = (np.stack(part)[level] for part in zip(*drawn, strict=True))
        reach = rate * (self._year / (self._model.alpha + age))[:, None]
        self._reach(float(reach.max()))
        spent = [self._spent_in(draw, reach[:, draw], leaves_at[:, draw]) for draw in range(DRAWS)]
        bought: Floats = np.column_stack(spent) / scale
        return bought

    def _spent_in(self, draw: int, reach: Floats, leaves_at: Floats) -> Floats:
        """What a draw's purchases within each reach are worth: by month, summed by parts.

        What is bought by the end of a month counts by how much less the next month's purchases are worth.
        """
        meant = self._weight > 0  # the last month alone where nothing is discounted
        arrived = np.searchsorted(
            self._arrivals[:, draw], np.multiply.outer(self._part_of_year[meant], reach), side="right"
        )
        bought = np.minimum(arrived, leaves_at).astype(np.int64)
        spent: Floats = np.sum(self._weight[meant, None] * self._summed_purses[:, draw][bought], axis=0)
        return spent

    def _drawn_given_repeats(self, x: float) -> tuple[Floats, Floats, Floats]:
        """Rates in units of their scale, the purchase with which one leaves, and scales of purses."""
        model, values, chance = self._model, self._values, self._chance(REPEATS, int(x))
        leaving = np.maximum(chance.beta(model.a, model.b + x, DRAWS), 1e-12)
        leaves_at = chance.geometric(leaving).astype(np.float64)
        return chance.gamma(model.r + x, size=DRAWS), leaves_at, chance.gamma(values.p * x + values.q, size=DRAWS)

    def _reach(self, furthest: float) -> None:
        """Draw on until every draw's arrivals, of which one is expected in each unit, come to beyond the furthest."""
        while float(self._arrivals[-1].min()) <= furthest and len(self._arrivals) < MOST_PURCHASES:
            self._draw(min(2 * len(self._arrivals), MOST_PURCHASES))

    def _draw(self, count: int) -> None:
        self._arrivals, self._summed_purses = self._arrivals_of(count), self._summed(count)

    def _arrivals_of(self, count: int) -> Floats:
        """Each draw's first arrivals, one below the other; however many are asked for, the first are the same."""
        arrivals: Floats = np.cumsum(self._chance(ARRIVALS).exponential(size=(count, DRAWS)), axis=0)
        return np.asfortranarray(arrivals)

    def _summed(self, count: int) -> Floats:
        """What no, one, two … purchases of a draw are worth together; the first are the same, however many."""
        purses = self._chance(PURSES).gamma(self._values.p, size=(count, DRAWS))
        return np.asfortranarray(np.concatenate([np.zeros((1, DRAWS)), np.cumsum(purses, axis=0)]))

    def _chance(self, *stream: int) -> np.random.Generator:
        return np.random.default_rng((self._seed, *stream))
