"""Drawn futures of customers: what each may spend within a year, for an interval around the expected value.

Whether the customer has left, at what rate and how often the customer buys before leaving, and for how much, each come
from their distribution given what is known. All customers share one set of draws (common random numbers), of rates
and leavings those with as many repeats: an interval depends on the customer's own state, the models and the seed, and
equal states have equal intervals.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from jobs.repeat_buying import BgNbd, Floats, GammaGamma

DRAWS: Final = 1_000
"""Futures drawn for an interval; the borders of an 80 % interval then move by about two hundredths."""

STATES_AT_ONCE: Final = 500
"""Bounds the memory: a few tables of so many states by DRAWS."""

MOST_PURCHASES: Final = 4_000
"""Nobody is drawn to buy more often: eleven times a day for a year."""

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
    distinct, place = np.unique(states, axis=0, return_inverse=True)
    blocks = (distinct[start : start + STATES_AT_ONCE] for start in range(0, len(distinct), STATES_AT_ONCE))
    borders = [np.quantile(_spent(model, values, block, year, seed), shares, axis=1) for block in blocks]
    found: Floats = np.concatenate(borders, axis=1)[:, place.ravel()]
    return found


def _spent(model: BgNbd, values: GammaGamma, states: Floats, year: float, seed: int) -> Floats:
    """A row per state, a column per draw: purchases end with the first that leaves."""
    x, recency, age, mean = states.T
    repeats, level = np.unique(x, return_inverse=True)
    drawn = [_given_repeats(model, values, number, seed) for number in repeats]
    rate, leaves_at, scale = (np.stack(part)[level] for part in zip(*drawn, strict=True))
    stays = np.random.default_rng((seed, ALIVE)).random(DRAWS) < model.probability_alive(x, recency, age)[:, None]
    would_buy = _arrived(rate * (year / (model.alpha + age))[:, None], seed)
    bought = np.minimum(would_buy, leaves_at).astype(np.int64) * stays
    purses = np.random.default_rng((seed, PURSES)).gamma(values.p, size=(int(bought.max()), DRAWS))
    summed = np.concatenate([np.zeros((1, DRAWS)), np.cumsum(purses, axis=0)])
    spent_before = np.where(x > 0, x * mean, 0.0)
    spent: Floats = summed[bought, np.arange(DRAWS)] / scale * (values.v + spent_before)[:, None]
    return spent


def _given_repeats(model: BgNbd, values: GammaGamma, x: float, seed: int) -> tuple[Floats, Floats, Floats]:
    """For so many repeats: rates in units of their scale, the purchase with which one leaves, and scales of purses."""
    chance = np.random.default_rng((seed, REPEATS, int(x)))
    leaving = np.maximum(chance.beta(model.a, model.b + x, DRAWS), 1e-12)
    leaves_at = chance.geometric(leaving).astype(np.float64)
    return chance.gamma(model.r + x, size=DRAWS), leaves_at, chance.gamma(values.p * x + values.q, size=DRAWS)


def _arrived(reach: Floats, seed: int) -> NDArray[np.int64]:
    """How many of a draw's arrivals, of which one is expected in each unit, come within the reach."""
    furthest, count = float(reach.max()), 64
    arrivals = _arrivals(count, seed)
    while float(arrivals[-1].min()) <= furthest and count < MOST_PURCHASES:
        count = min(2 * count, MOST_PURCHASES)
        arrivals = _arrivals(count, seed)
    columns = (np.searchsorted(arrivals[:, draw], reach[:, draw], side="right") for draw in range(DRAWS))
    return np.column_stack(list(columns))


def _arrivals(count: int, seed: int) -> Floats:
    """Each draw's first arrivals, one below the other; however many are asked for, the first are the same."""
    arrivals: Floats = np.cumsum(np.random.default_rng((seed, ARRIVALS)).exponential(size=(count, DRAWS)), axis=0)
    return arrivals
