"""What a customer is expected to buy: the models of repeat buying where they can be believed, else the naive forecast.

A model that does not converge, ends at a bound or forecasts a hold-out period worse than "everybody goes on as before"
is not used; `is_fallback` says so beside every figure.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike

from jobs.purchase_futures import MONTHS, spending_borders
from jobs.repeat_buying import (
    BgNbd,
    Floats,
    GammaGamma,
    PurchaseTable,
    UnfitTableError,
    fit_bg_nbd,
    fit_gamma_gamma,
)

INTERVAL: Final = (0.1, 0.9)
"""What is spent lies within with a probability of 80 %."""


@dataclass(frozen=True)
class HoldOut:
    """Root mean squared errors of two forecasts of the purchases in a period that the fit has not seen."""

    error_of_model: float
    error_of_naive: float


@dataclass(frozen=True)
class LifetimeValue:
    """The value of the purchases expected within a year, discounted monthly, and the borders of what is spent.

    Both are discounted alike. The expectation is a mean, the borders are shares of customers: where nine in ten buy
    nothing the upper border is 0, and the mean, which is the tenth's, lies above it.
    """

    expected: Floats
    low: Floats
    high: Floats


@dataclass(frozen=True)
class Outlook:
    """Both models, how they did on the hold-out period, and why they are not used where they are not."""

    purchases: BgNbd | None
    values: GammaGamma | None
    hold_out: HoldOut
    reason_for_fallback: str

    @property
    def is_fallback(self) -> bool:
        """Whether the naive forecast is used instead of the models."""
        return bool(self.reason_for_fallback)

    @classmethod
    def naive(cls) -> Outlook:
        """What is left where nobody had bought before the hold-out period, so that nothing can be fitted."""
        reason = "the number of purchases: nobody had bought before the hold-out period"
        return cls(None, None, HoldOut(float("inf"), float("inf")), reason)

    @classmethod
    def trained_on(
        cls,
        frequency: ArrayLike,
        recency: ArrayLike,
        age: ArrayLike,
        monetary: ArrayLike,
        *,
        bought_after: ArrayLike,
        horizon: float,
    ) -> Outlook:
        """Fitted on one row per customer, and judged by what each bought within `horizon` after the observation."""
        purchases = fit_bg_nbd(PurchaseTable.compressed(frequency, recency, age))
        try:
            values = fit_gamma_gamma(frequency, monetary)
        except UnfitTableError:
            values = None
        actual = np.asarray(bought_after, dtype=np.float64)
        hold_out = HoldOut(
            _root_mean_square(purchases.expected_purchases(horizon, frequency, recency, age) - actual)
            if purchases.is_inside_bounds and purchases.has_converged
            else float("inf"),
            _root_mean_square(naive_purchases(horizon, frequency, age) - actual),
        )
        return cls(purchases, values, hold_out, _reason_for_fallback(purchases, values, hold_out))

    def expected_purchases(self, horizon: float, frequency: ArrayLike, recency: ArrayLike, age: ArrayLike) -> Floats:
        """Purchases expected within `horizon`, by the model or, as a fallback, at the rate so far."""
        if self.is_fallback or self.purchases is None:
            return naive_purchases(horizon, frequency, age)
        return self.purchases.expected_purchases(horizon, frequency, recency, age)

    def probability_alive(self, frequency: ArrayLike, recency: ArrayLike, age: ArrayLike) -> Floats:
        """The probability that a customer has not left; NaN for a fallback, which knows nothing of leaving."""
        if self.is_fallback or self.purchases is None:
            return np.full(np.shape(frequency), np.nan)
        return self.purchases.probability_alive(frequency, recency, age)

    def lifetime_value(
        self,
        year: float,
        frequency: ArrayLike,
        recency: ArrayLike,
        age: ArrayLike,
        monetary: ArrayLike,
        *,
        monthly_discount: float = 0.0,
        seed: int = 0,
    ) -> LifetimeValue:
        """What a customer buys within a `year` in the table's unit of time, as money; NaN where no value is known.

        The borders come from futures drawn with the seed: see `purchase_futures`. It is turnover: times a margin it
        would be a profit, and margins are not known here.
        """
        x, mean = np.asarray(frequency, dtype=np.float64), np.asarray(monetary, dtype=np.float64)
        value = mean if self.values is None or self.is_fallback else self.values.expected_value(x, mean)
        until = [self.expected_purchases(year * month / MONTHS, x, recency, age) for month in range(MONTHS + 1)]
        monthly = [np.diff(until, axis=0)[month] / (1 + monthly_discount) ** (month + 1) for month in range(MONTHS)]
        expected = np.sum(monthly, axis=0) * value
        if self.values is None or self.is_fallback:
            return LifetimeValue(expected, np.full(len(x), np.nan), np.full(len(x), np.nan))
        states = np.column_stack([x, np.asarray(recency), np.asarray(age), mean])
        low, high = self._interval(states, year, monthly_discount, seed)
        return LifetimeValue(expected, low, high)

    def _interval(self, states: Floats, year: float, monthly_discount: float, seed: int) -> Floats:
        if self.values is None or self.purchases is None:
            raise UnfitTableError("an interval needs the values of purchases")
        return spending_borders(
            self.purchases,
            self.values,
            states,
            year=year,
            shares=INTERVAL,
            seed=seed,
            monthly_discount=monthly_discount,
        )


def naive_purchases(horizon: float, frequency: ArrayLike, age: ArrayLike) -> Floats:
    """Everybody goes on buying at the rate so far."""
    return horizon * np.asarray(frequency, dtype=np.float64) / np.asarray(age, dtype=np.float64)


def _reason_for_fallback(purchases: BgNbd, values: GammaGamma | None, hold_out: HoldOut) -> str:
    if not purchases.has_converged:
        return "the number of purchases: the fit did not converge"
    if not purchases.is_inside_bounds:
        return "the number of purchases: the fit ended at a bound"
    if values is None or not values.is_inside_bounds or values.q <= 1:
        return "the value of purchases: nobody bought again, or the fit ended at a bound"
    if not values.has_converged:
        return "the value of purchases: the fit did not converge"
    if not hold_out.error_of_model <= hold_out.error_of_naive:
        return "the hold-out period: the naive forecast was nearer"
    return ""


def _root_mean_square(errors: Floats) -> float:
    return float(np.sqrt(np.mean(np.square(errors))))
