"""repeat_buying on CDNOW, the sample on which both models were published: the figures in print, and those of
`lifetimes`, an independent implementation that also brings the data."""

from __future__ import annotations

import csv
from collections import defaultdict
from datetime import date, datetime
from importlib.metadata import files
from pathlib import Path

import numpy as np
import pytest
from lifetimes import BetaGeoFitter, GammaGammaFitter

from jobs.purchase_outlook import Outlook
from jobs.repeat_buying import (
    BgNbd,
    Floats,
    GammaGamma,
    PurchaseTable,
    bg_nbd_log_likelihood,
    fit_bg_nbd,
    fit_gamma_gamma,
    gamma_gamma_log_likelihood,
)

LAST_DAY_SEEN, LAST_DAY, WEEKS_AFTER = date(1997, 9, 30), date(1998, 6, 30), 39
PUBLISHED, PUBLISHED_VALUES = (0.243, 4.414, 0.793, 2.426), (6.25, 3.74, 15.44)
"""Fader, Hardie & Lee 2005, in weeks; Fader & Hardie 2013, over whoever bought again."""


def file_of_lifetimes(name: str) -> Path:
    [found] = [file for file in files("lifetimes") or () if file.name == name]
    return Path(str(found.locate()))


@pytest.fixture(scope="module")
def sample() -> tuple[Floats, Floats, Floats, Floats]:
    """Frequency, recency and age in weeks, and the mean value of the repeat purchases."""
    with file_of_lifetimes("cdnow_customers_summary_with_transactions.csv").open(encoding="utf-8") as file:
        rows = sorted(csv.DictReader(file), key=lambda row: int(row["ID"]))
    x, last, age, mean = (np.array([float(row[name]) for row in rows]) for name in ("x", "t_x", "T", "zbar"))
    assert len(rows) == 2_357
    return x, last, age, mean


@pytest.fixture(scope="module")
def buying(sample: tuple[Floats, ...]) -> BgNbd:
    return fit_bg_nbd(PurchaseTable.compressed(*sample[:3]))


@pytest.fixture(scope="module")
def spending(sample: tuple[Floats, ...]) -> GammaGamma:
    return fit_gamma_gamma(sample[0], sample[3])


@pytest.fixture(scope="module")
def days_bought_after() -> Floats:
    """How many days with a purchase each customer of the sample had in the 39 weeks after, by number."""
    days: dict[int, set[date]] = defaultdict(set)
    for line in file_of_lifetimes("CDNOW_sample.txt").read_text(encoding="utf-8").splitlines():
        _, number, day, *_ = line.split()
        days[int(number)].add(datetime.strptime(day, "%Y%m%d").date())  # noqa: DTZ007 - a day, not a moment
    return np.array([sum(LAST_DAY_SEEN < day <= LAST_DAY for day in days[number]) for number in sorted(days)], float)


def test_the_published_estimates_of_bg_nbd_are_found_to_their_last_digit(
    sample: tuple[Floats, ...], buying: BgNbd
) -> None:
    assert buying.is_inside_bounds
    assert buying.has_converged
    assert tuple(round(value, 3) for value in (buying.r, buying.alpha, buying.a, buying.b)) == PUBLISHED
    assert round(buying.log_likelihood, 1) == -9_582.4
    assert round(bg_nbd_log_likelihood(PUBLISHED, PurchaseTable.compressed(*sample[:3])), 1) == -9_582.4


def test_those_of_gamma_gamma_are_found_but_for_a_hundredth_that_is_no_likelier(
    sample: tuple[Floats, ...], spending: GammaGamma
) -> None:
    """The likelihood is flat along v: in print it is 15.44, here and in lifetimes 15.45."""
    assert spending.is_inside_bounds
    assert (round(spending.p, 2), round(spending.q, 2)) == PUBLISHED_VALUES[:2]
    assert spending.v == pytest.approx(PUBLISHED_VALUES[2], abs=0.01)
    in_print = gamma_gamma_log_likelihood(PUBLISHED_VALUES, sample[0], sample[3])
    assert 0 <= spending.log_likelihood - in_print < 0.01


def test_an_independent_implementation_finds_and_forecasts_the_same(
    sample: tuple[Floats, ...], buying: BgNbd, spending: GammaGamma
) -> None:
    x, last, age, mean = sample
    other = BetaGeoFitter()
    other.fit(x, last, age)
    assert (buying.r, buying.alpha, buying.a, buying.b) == pytest.approx(
        tuple(other.params_[["r", "alpha", "a", "b"]]), rel=1e-4
    )
    forecast = other.conditional_expected_number_of_purchases_up_to_time(WEEKS_AFTER, x, last, age)
    assert buying.expected_purchases(WEEKS_AFTER, x, last, age) == pytest.approx(np.asarray(forecast), abs=1e-4)
    alive = np.asarray(other.conditional_probability_alive(x, last, age))
    assert buying.probability_alive(x, last, age) == pytest.approx(alive, abs=1e-5)
    again, values = x > 0, GammaGammaFitter()
    values.fit(x[again], mean[again])
    assert (spending.p, spending.q, spending.v) == pytest.approx(tuple(values.params_[["p", "q", "v"]]), rel=1e-3)
    of_all = np.asarray(values.conditional_expected_average_profit(x, mean))
    assert spending.expected_value(x, mean) == pytest.approx(of_all, rel=1e-3)


def test_t36_real_customers_of_whom_the_model_knows_39_weeks_are_forecast_better_than_as_before(
    sample: tuple[Floats, ...], days_bought_after: Floats
) -> None:
    x, last, age, mean = sample
    outlook = Outlook.trained_on(x, last, age, mean, bought_after=days_bought_after, horizon=WEEKS_AFTER)
    assert not outlook.is_fallback, outlook.reason_for_fallback
    assert outlook.hold_out.error_of_model < 0.9 * outlook.hold_out.error_of_naive
    total = outlook.expected_purchases(WEEKS_AFTER, x, last, age).sum()
    assert total == pytest.approx(days_bought_after.sum(), rel=0.15)
