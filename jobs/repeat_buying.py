"""Who buys again, how often and for how much: BG/NBD for the number of purchases, Gamma-Gamma for their value.

Both are fitted on a compressed table: equal rows once, with their weight, so that the time does not grow with the
number of customers. Any table will do; the unit of time and of money is the table's own.

    frequency  repeat purchases: purchases, or days with one, after the first
    recency    time from the first purchase to the last; 0 without a repeat
    age        time from the first purchase to the day of observation
    monetary   mean value of the repeat purchases

Fader, Hardie & Lee, "Counting Your Customers" the Easy Way, Marketing Science 24 (2005); Fader & Hardie, The
Gamma-Gamma Model of Monetary Value (2013). A fit is only believed when it beats the naive forecast that everybody goes
on as before: see `Outlook.trained_on`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from operator import itemgetter
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import OptimizeResult, minimize
from scipy.special import betaln, gammaln, roots_sh_jacobi

Floats = NDArray[np.float64]

LOG_BOUNDS: Final = (np.log(1e-3), np.log(1e3))
"""Where the parameters of a believable fit lie, times in units of the mean age and money in units of its mean."""

NEAR_BOUND: Final = 1e-3
"""On a logarithmic scale: a fit that ends this close to a bound has not found its maximum."""

STARTS: Final = ((1.0, 1.0, 1.0, 1.0), (0.3, 0.1, 0.5, 2.0), (3.0, 1.0, 0.2, 1.0))
"""The likelihood is flat in places: the best of three climbs counts."""

NODES: Final = 64
"""Of the quadrature over the probability to leave; sixteen digits for horizons of up to thirty times the age."""

WIDEST: Final = 900
"""The quadrature's own weights overflow from about 1 000 repeat purchases on."""

MOST_ITERATIONS: Final = 500
"""Of one climb; an ordinary one takes thirty."""

FLAT: Final = 1e-5
"""A slope, relative to the likelihood, at which a climb has arrived; differences of the likelihood tell no less."""

EQUALLY_HIGH: Final = 1e-8
"""Two climbs that end so near to each other, relative to the likelihood, found the same top."""


class UnfitTableError(ValueError):
    """The table cannot be what it is said to be; the message says which rule it breaks."""


@dataclass(frozen=True)
class PurchaseTable:
    """Customers by frequency, recency and age, equal ones once with their number as weight."""

    frequency: Floats
    recency: Floats
    age: Floats
    weight: Floats

    @classmethod
    def compressed(cls, frequency: ArrayLike, recency: ArrayLike, age: ArrayLike) -> PurchaseTable:
        """The table of one row per customer, compressed; UnfitTableError for rows that contradict themselves."""
        rows = np.column_stack([np.asarray(values, dtype=np.float64) for values in (frequency, recency, age)])
        x, last, whole = rows.T
        if not len(rows) or not np.isfinite(rows).all():
            raise UnfitTableError("frequency, recency and age: no rows, or values that are no numbers")
        if (x < 0).any() or (last < 0).any() or (last > whole).any() or (whole <= 0).any():
            raise UnfitTableError("frequency, recency and age: needs frequency >= 0, 0 <= recency <= age and age > 0")
        if ((x == 0) != (last == 0)).any():
            raise UnfitTableError("frequency and recency: recency is 0 exactly where nothing was bought again")
        distinct, weight = np.unique(rows, axis=0, return_counts=True)
        return cls(distinct[:, 0], distinct[:, 1], distinct[:, 2], weight.astype(np.float64))


@dataclass(frozen=True)
class BgNbd:
    """Buying at a gamma-distributed rate, with a beta-distributed probability to leave after each purchase."""

    r: float
    alpha: float
    a: float
    b: float
    log_likelihood: float
    is_inside_bounds: bool
    has_converged: bool = True

    def probability_alive(self, frequency: ArrayLike, recency: ArrayLike, age: ArrayLike) -> Floats:
        """The probability that a customer has not left; 1 without a repeat, since only who buys can leave."""
        x, last, whole = _floats(frequency, recency, age)
        odds_left = self.a / (self.b + np.maximum(x, 1) - 1)
        odds_left *= ((self.alpha + whole) / (self.alpha + last)) ** (self.r + x)
        return np.where(x > 0, 1 / (1 + odds_left), 1.0)

    def expected_purchases(self, horizon: float, frequency: ArrayLike, recency: ArrayLike, age: ArrayLike) -> Floats:
        """Purchases expected within `horizon` after the observation.

        Given that a customer has not left, the rate is gamma (r + x, alpha + age) and the probability to leave beta
        (a, b + x); (1 - exp(-rate * p * t)) / p purchases then follow, integrated over the rate in closed form and over
        p by Gauss-Jacobi quadrature, which unlike the hypergeometric form has no hole at a = 1.
        """
        x, last, whole = _floats(frequency, recency, age)
        expected = np.empty(len(x))
        for repeats in np.unique(x):
            meant = x == repeats
            p, weight = _leaving(self.a, self.b + float(repeats))
            reach = horizon * p / (self.alpha + whole[meant, None])
            bought = -np.expm1(-(self.r + repeats) * np.log1p(reach)) / p
            expected[meant] = np.sum(bought * weight, axis=1) / weight.sum()
        return expected * self.probability_alive(x, last, whole)


@lru_cache(maxsize=4_096)
def _leaving(a: float, b: float) -> tuple[Floats, Floats]:
    """Points and weights of beta (a, b); its mean alone where it is too narrow to be told from a point."""
    if a + b > WIDEST:
        return np.array([a / (a + b)]), np.ones(1)
    return roots_sh_jacobi(NODES, a + b - 1, a)  # type: ignore[no-any-return]


@dataclass(frozen=True)
class GammaGamma:
    """Values of a customer's purchases are gamma distributed, with a scale that is gamma distributed over customers."""

    p: float
    q: float
    v: float
    log_likelihood: float
    is_inside_bounds: bool
    has_converged: bool = True

    def expected_value(self, frequency: ArrayLike, monetary: ArrayLike) -> Floats:
        """The mean value expected of a customer's purchases: between the own mean and that of all.

        Without a repeat, and where q <= 1 leaves the mean of all undefined, the customer's own mean is null (NaN).
        """
        x, mean = _floats(frequency, monetary)
        denominator = self.p * x + self.q - 1
        return np.where(denominator > 0, self.p * (self.v + x * np.where(x > 0, mean, 0)) / denominator, np.nan)


def fit_bg_nbd(table: PurchaseTable) -> BgNbd:
    """The parameters of highest likelihood; `is_inside_bounds` and `has_converged` are False where none was found."""
    unit = float(np.average(table.age, weights=table.weight))
    scaled = PurchaseTable(table.frequency, table.recency / unit, table.age / unit, table.weight)
    best, *is_found = _climb(lambda logs: _bg_nbd_log_likelihood(np.exp(logs), scaled), STARTS)
    r, alpha, a, b = (float(value) for value in best)
    parameters = (r, alpha * unit, a, b)
    return BgNbd(*parameters, bg_nbd_log_likelihood(parameters, table), *is_found)


def bg_nbd_log_likelihood(parameters: Sequence[float], table: PurchaseTable) -> float:
    """The log-likelihood of (r, alpha, a, b), over all customers of the table."""
    return float(_bg_nbd_log_likelihood(np.asarray(parameters), table))


def _bg_nbd_log_likelihood(parameters: Floats, table: PurchaseTable) -> float:
    r, alpha, a, b = parameters
    x, last, whole = table.frequency, table.recency, table.age
    buys = gammaln(r + x) - gammaln(r) + r * np.log(alpha)
    stays = betaln(a, b + x) - betaln(a, b) - (r + x) * np.log(alpha + whole)
    repeats = np.maximum(x, 1)
    leaves = betaln(a + 1, b + repeats - 1) - betaln(a, b) - (r + x) * np.log(alpha + last)
    each = buys + np.where(x > 0, np.logaddexp(stays, leaves), stays)
    return float(np.sum(table.weight * each))  # not a dot product, whose last digits depend on the number of threads


def fit_gamma_gamma(frequency: ArrayLike, monetary: ArrayLike, weight: ArrayLike | None = None) -> GammaGamma:
    """The parameters of highest likelihood over customers with a repeat and a value above 0."""
    x, mean = _floats(frequency, monetary)
    times = np.ones(len(x)) if weight is None else np.asarray(weight, dtype=np.float64)
    meant = (x > 0) & (mean > 0)
    if not meant.any():
        raise UnfitTableError("frequency and monetary: nobody bought again for a value above 0")
    x, mean, times = x[meant], mean[meant], times[meant]
    unit = float(np.average(mean, weights=times))
    starts = ((1.0, 2.0, 1.0), (6.0, 4.0, 0.5), (2.0, 10.0, 5.0))
    best, *is_found = _climb(lambda logs: _gamma_gamma_log_likelihood(np.exp(logs), x, mean / unit, times), starts)
    parameters = np.array([best[0], best[1], best[2] * unit])
    p, q, v = (float(value) for value in parameters)
    return GammaGamma(p, q, v, _gamma_gamma_log_likelihood(parameters, x, mean, times), *is_found)


def gamma_gamma_log_likelihood(parameters: Sequence[float], frequency: ArrayLike, monetary: ArrayLike) -> float:
    """The log-likelihood of (p, q, v), over customers with a repeat and a value above 0."""
    x, mean = _floats(frequency, monetary)
    x, mean = x[(x > 0) & (mean > 0)], mean[(x > 0) & (mean > 0)]
    return _gamma_gamma_log_likelihood(np.asarray(parameters), x, mean, np.ones(len(x)))


def _gamma_gamma_log_likelihood(parameters: Floats, x: Floats, mean: Floats, weight: Floats) -> float:
    p, q, v = parameters
    each = (
        gammaln(p * x + q) - gammaln(p * x) - gammaln(q)
        + q * np.log(v) + (p * x - 1) * np.log(mean) + p * x * np.log(x) - (p * x + q) * np.log(v + x * mean)
    )  # fmt: skip
    return float(np.sum(weight * each))


def _climb(log_likelihood: Callable[[Floats], float], starts: Sequence[Sequence[float]]) -> tuple[Floats, bool, bool]:
    """The best parameters found from all starts, whether they lie inside the bounds, and whether a top was reached.

    A climb that leads to no finite likelihood is left out.
    """
    found = [_climb_from(log_likelihood, start) for start in starts if np.isfinite(log_likelihood(np.log(start)))]
    ended = [(float(result.fun), result.x, result.jac) for result in found if np.isfinite(result.fun)]
    ended.sort(key=itemgetter(0))
    if not ended:
        return np.asarray(starts[0], dtype=np.float64), False, False
    lowest, best, slope = ended[0]
    low, high = LOG_BOUNDS
    at_bound = (best <= low + NEAR_BOUND) | (best >= high - NEAR_BOUND)
    size = max(1.0, abs(lowest))
    is_flat = bool(np.all(np.abs(slope[~at_bound]) <= FLAT * size))
    is_agreed = len(ended) > 1 and ended[1][0] - lowest <= EQUALLY_HIGH * size
    return np.exp(best), not bool(at_bound.any()), is_flat or is_agreed


def _climb_from(log_likelihood: Callable[[Floats], float], start: Sequence[float]) -> OptimizeResult:
    return minimize(
        lambda logs: -log_likelihood(logs),
        np.log(start),
        method="L-BFGS-B",
        bounds=[LOG_BOUNDS] * len(start),
        options={"maxiter": MOST_ITERATIONS, "ftol": 1e-12, "gtol": 1e-6},
    )


def _floats(*values: ArrayLike) -> tuple[Floats, ...]:
    return tuple(np.atleast_1d(np.asarray(value, dtype=np.float64)) for value in values)
