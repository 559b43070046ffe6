"""Drawn futures of customers: what each may spend within a year, for an interval around the expected value.

Whether the customer has left, at what rate and how often the customer buys before leaving, and for how much, each come
from their distribution given what is known. All customers share one set of draws (common random numbers), of rates
and leavings those with as many repeats: an interval depends on the customer's own state, the models and the seed, and
equal states have equal intervals. The mean value so far only scales what is spent, and the recency only tells who has
left, so futures are drawn for each number of repeats and age, and sorted for each state beside the mean value.
"""

from __future__ import annotations

from functools import cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from jobs.repeat_buying import BgNbd, Floats, GammaGamma

DRAWS: Final = 1_000
"""Futures drawn for an interval; the borders of an 80 % interval then move by about two hundredths."""

STATES_AT_ONCE: Final = 1_000
"""Bounds the memory: a few tables of so many states by DRAWS."""

MOST_PURCHASES: Final = 4_000
"""Nobody is drawn to buy more often: eleven times a day for a year."""

FEWEST: Final = 64
"""Arrivals and purses drawn at first."""

ALIVE, ARRIVALS, PURSES, REPEATS = range(4)
"""Which stream of random numbers, beside the seed."""


def spending_borders(
    model: BgNbd, values: GammaGamma, states: Floats, *, year: float, shares: tuple[float, float], seed: int
) -> Floats:
    """Two rows: below which spending the lower and the upper share of the drawn futures lie, for each state.

    states: a row per customer with frequency, recency, age and mean value.
    """
    if not len(states):
        return np.empty((2, 0))
    distinct, place = _distinct(states[:, :3])
    alive = model.probability_alive(*distinct.T)
    futures = _Futures(model, values, year, seed)
    blocks = (slice(start, start + STATES_AT_ONCE) for start in range(0, len(distinct), STATES_AT_ONCE))
    borders = [np.quantile(futures.purses(distinct[block], alive[block]), shares, axis=1) for block in blocks]
    x, mean = states[:, 0], states[:, 3]
    found: Floats = np.concatenate(borders, axis=1)[:, place] * (values.v + np.where(x > 0, x * mean, 0.0))
    return found


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

    def __init__(self, model: BgNbd, values: GammaGamma, year: float, seed: int) -> None:
        self._model, self._values, self._year, self._seed = model, values, year, seed
        self._alive = self._chance(ALIVE).random(DRAWS)
        self._arrivals = self._arrivals_of(FEWEST)
        self._summed_purses = self._summed(FEWEST)
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
        would_buy = self._arrived(rate * (self._year / (self._model.alpha + age))[:, None])
        bought = np.minimum(would_buy, leaves_at).astype(np.int64)
        if bought.max() >= len(self._summed_purses):
            self._summed_purses = self._summed(int(bought.max()))
        spent: Floats = self._summed_purses[bought, np.arange(DRAWS)] / scale
        return spent

    def _drawn_given_repeats(self, x: float) -> tuple[Floats, Floats, Floats]:
        """Rates in units of their scale, the purchase with which one leaves, and scales of purses."""
        model, values, chance = self._model, self._values, self._chance(REPEATS, int(x))
        leaving = np.maximum(chance.beta(model.a, model.b + x, DRAWS), 1e-12)
        leaves_at = chance.geometric(leaving).astype(np.float64)
        return chance.gamma(model.r + x, size=DRAWS), leaves_at, chance.gamma(values.p * x + values.q, size=DRAWS)

    def _arrived(self, reach: Floats) -> NDArray[np.int64]:
        """How many of a draw's arrivals, of which one is expected in each unit, come within the reach."""
        furthest = float(reach.max())
        while float(self._arrivals[-1].min()) <= furthest and len(self._arrivals) < MOST_PURCHASES:
            self._arrivals = self._arrivals_of(min(2 * len(self._arrivals), MOST_PURCHASES))
        columns = (np.searchsorted(self._arrivals[:, draw], reach[:, draw], side="right") for draw in range(DRAWS))
        return np.column_stack(list(columns))

    def _arrivals_of(self, count: int) -> Floats:
        """Each draw's first arrivals, one below the other; however many are asked for, the first are the same."""
        arrivals: Floats = np.cumsum(self._chance(ARRIVALS).exponential(size=(count, DRAWS)), axis=0)
        return np.asfortranarray(arrivals)

    def _summed(self, count: int) -> Floats:
        """What no, one, two … purchases of a draw are worth together; the first are the same, however many."""
        purses = self._chance(PURSES).gamma(self._values.p, size=(count, DRAWS))
        summed: Floats = np.concatenate([np.zeros((1, DRAWS)), np.cumsum(purses, axis=0)])
        return summed

    def _chance(self, *stream: int) -> np.random.Generator:
        return np.random.default_rng((self._seed, *stream))
