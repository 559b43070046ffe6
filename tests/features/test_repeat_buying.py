"""repeat_buying and purchase_outlook: parameters are found again, formulas equal an independent integration, and a
model that forecasts worse than the naive one is not believed."""

from __future__ import annotations

from dataclasses import replace
from math import exp

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.special import beta, gamma, gammaln, hyp2f1

from jobs.purchase_outlook import HoldOut, Outlook, naive_purchases
from jobs.repeat_buying import (
    BgNbd,
    Floats,
    GammaGamma,
    PurchaseTable,
    UnfitTableError,
    bg_nbd_log_likelihood,
    fit_bg_nbd,
    fit_gamma_gamma,
    gamma_gamma_log_likelihood,
)

SEED = 20_050_101
TRUE = BgNbd(r=0.9, alpha=8.0, a=0.8, b=2.4, log_likelihood=0.0, is_inside_bounds=True)
TRUE_VALUES = GammaGamma(p=6.25, q=3.74, v=15.44, log_likelihood=0.0, is_inside_bounds=True)
WEEKS_SEEN, WEEKS_AFTER = 52.0, 26.0


def bought(people: int, seed: int = SEED) -> tuple[Floats, Floats, Floats, Floats, Floats]:
    """Frequency, recency, age, mean value and purchases afterwards of people who buy as the models say."""
    chance = np.random.default_rng(seed)
    frequency, recency, after, mean = (np.zeros(people) for _ in range(4))
    age: Floats = WEEKS_SEEN - chance.integers(0, 12, people).astype(np.float64)
    rates, leaving = chance.gamma(TRUE.r, 1 / TRUE.alpha, people), chance.beta(TRUE.a, TRUE.b, people)
    scales = chance.gamma(TRUE_VALUES.q, 1 / TRUE_VALUES.v, people)
    for person in range(people):
        moment, values = 0.0, []
        while True:
            moment += chance.exponential(1 / rates[person])
            if moment > age[person] + WEEKS_AFTER:
                break
            if moment <= age[person]:
                frequency[person] += 1
                recency[person] = moment
                values.append(chance.gamma(TRUE_VALUES.p, 1 / scales[person]))
            else:
                after[person] += 1
            if chance.random() < leaving[person]:
                break
        mean[person] = np.mean(values) if values else 0.0
    return frequency, recency, age, mean, after


@pytest.fixture(scope="module")
def people() -> tuple[Floats, Floats, Floats, Floats, Floats]:
    return bought(12_000)


def test_the_parameters_that_people_were_drawn_from_are_found_again(people: tuple[Floats, ...]) -> None:
    frequency, recency, age, mean, _ = people
    table = PurchaseTable.compressed(frequency, recency, age)
    found = fit_bg_nbd(table)
    assert found.is_inside_bounds
    assert (found.r, found.alpha, found.a, found.b) == pytest.approx((TRUE.r, TRUE.alpha, TRUE.a, TRUE.b), rel=0.15)
    assert found.log_likelihood >= bg_nbd_log_likelihood((TRUE.r, TRUE.alpha, TRUE.a, TRUE.b), table)
    values = fit_gamma_gamma(frequency, mean)
    assert values.is_inside_bounds
    assert (values.p, values.q, values.v) == pytest.approx((6.25, 3.74, 15.44), rel=0.15)


def test_weights_count_as_often_as_rows_and_the_unit_of_time_does_not_matter(people: tuple[Floats, ...]) -> None:
    frequency, recency, age = (values[:800].round() for values in people[:3])
    recency = np.where(frequency > 0, np.clip(recency, 1, age), 0)
    once = PurchaseTable.compressed(frequency, recency, age)
    assert once.weight.sum() == 800 > len(once.weight)
    in_weeks = fit_bg_nbd(once)
    in_days = fit_bg_nbd(PurchaseTable.compressed(*(np.tile(v, 3) for v in (frequency, recency * 7, age * 7))))
    assert (in_days.r, in_days.alpha / 7, in_days.a, in_days.b) == pytest.approx(
        (in_weeks.r, in_weeks.alpha, in_weeks.a, in_weeks.b), rel=1e-3
    )


@pytest.mark.parametrize(("x", "last", "age"), [(0, 0, 38.86), (1, 1.71, 38.86), (2, 30.43, 38.86), (26, 30.86, 31.0)])
def test_the_likelihood_of_a_customer_is_the_integral_over_all_rates_and_leavings(
    x: int, last: float, age: float
) -> None:
    r, alpha, a, b = 0.243, 4.414, 0.793, 2.426

    def over_rates(until: float) -> float:
        """The integral of rate^x * exp(-rate * until) over the gamma distribution, by quadrature."""
        scale = (r + x) / (alpha + until)
        found: float = quad(
            lambda u: exp((r + x - 1) * np.log(u * scale) - (alpha + until) * u * scale) * scale
            * exp(r * np.log(alpha) - gammaln(r)),
            0, np.inf, limit=500, epsabs=0,
        )[0]  # fmt: skip
        return found

    stays = beta(a, b + x) / beta(a, b)
    leaves = beta(a + 1, b + x - 1) / beta(a, b) if x > 0 else 0.0
    by_hand = stays * over_rates(age) + leaves * over_rates(last)
    table = PurchaseTable.compressed([x], [last], [age])
    assert exp(bg_nbd_log_likelihood((r, alpha, a, b), table)) == pytest.approx(by_hand, rel=1e-5)


def test_expected_purchases_equal_the_published_hypergeometric_formula() -> None:
    """Equation (10) of Fader, Hardie & Lee 2005, for the published estimates; their example customer expects 1.226."""
    model = BgNbd(0.243, 4.414, 0.793, 2.426, 0.0, True)
    x, last, age = np.array([0, 1, 2, 2, 26.0]), np.array([0, 1.71, 30.43, 2, 30.86]), np.array([38.86] * 4 + [31.0])
    for horizon in (1.0, 39.0, 400.0):
        z = horizon / (model.alpha + age + horizon)
        growth = ((model.alpha + age) / (model.alpha + age + horizon)) ** (model.r + x)
        series = hyp2f1(model.r + x, model.b + x, model.a + model.b + x - 1, z)
        factor = (model.a + model.b + x - 1) / (model.a - 1)
        left = np.where(x > 0, model.a / (model.b + np.maximum(x, 1) - 1), 0)
        left *= ((model.alpha + age) / (model.alpha + last)) ** (model.r + x)
        assert model.expected_purchases(horizon, x, last, age) == pytest.approx(
            factor * (1 - growth * series) / (1 + left), rel=1e-8
        )
    assert model.expected_purchases(39, [2], [30.43], [38.86]) == pytest.approx([1.226], abs=5e-4)


def test_at_a_equal_to_one_where_the_published_formula_divides_by_zero_nothing_happens() -> None:
    x, last, age = [0, 3], [0, 20.0], [30.0, 30.0]
    at_one, beside = (replace(TRUE, a=a).expected_purchases(10, x, last, age) for a in (1.0, 1.0 + 1e-9))
    assert at_one == pytest.approx(beside, rel=1e-6)


def test_expected_values_lie_between_the_customer_and_the_mean_of_all() -> None:
    """Fader & Hardie 2013: p (v + x z) / (p x + q - 1); without a repeat the mean of all, p v / (q - 1)."""
    of_all = 6.25 * 15.44 / 2.74
    found = TRUE_VALUES.expected_value([0, 1, 50], [0, 100.0, 100.0])
    assert found == pytest.approx([of_all, 6.25 * (15.44 + 100) / (6.25 + 2.74), 6.25 * 5_015.44 / 315.24])
    assert of_all < found[1] < found[2] < 100


def test_the_likelihood_of_a_mean_value_is_the_integral_over_all_scales() -> None:
    x, z, (p, q, v) = 3.0, 40.0, (6.25, 3.74, 15.44)
    fitted = fit_gamma_gamma([x, 2, 5], [z, 20.0, 70.0])

    def density(scale: float) -> float:
        """Gamma (p x, x * scale) at z, times gamma (q, v) at the scale."""
        of_mean = (x * scale) ** (p * x) * z ** (p * x - 1) * exp(-x * scale * z) / gamma(p * x)
        return float(of_mean * v**q * scale ** (q - 1) * exp(-v * scale) / gamma(q))

    by_hand = np.log(quad(density, 0, np.inf, epsabs=0)[0])
    assert gamma_gamma_log_likelihood((p, q, v), [x], [z]) == pytest.approx(by_hand, rel=1e-7)
    assert fitted.log_likelihood >= gamma_gamma_log_likelihood((p, q, v), [x, 2, 5], [z, 20.0, 70.0])


def test_t36_on_people_who_buy_as_it_says_the_model_beats_the_naive_forecast(people: tuple[Floats, ...]) -> None:
    frequency, recency, age, mean, after = people
    outlook = Outlook.trained_on(frequency, recency, age, mean, bought_after=after, horizon=WEEKS_AFTER)
    assert not outlook.is_fallback, outlook.reason_for_fallback
    assert outlook.hold_out.error_of_model < 0.9 * outlook.hold_out.error_of_naive
    total = outlook.expected_purchases(WEEKS_AFTER, frequency, recency, age).sum()
    assert total == pytest.approx(after.sum(), rel=0.05)


def test_t36_a_fit_that_ends_at_a_bound_falls_back_to_the_naive_forecast_and_says_so() -> None:
    """Everybody buys every week and nobody leaves: the rates do not differ, so no gamma distribution fits them."""
    frequency, recency, age = np.full(200, 20.0), np.full(200, 20.0), np.full(200, 20.5)
    outlook = Outlook.trained_on(frequency, recency, age, frequency * 5, bought_after=frequency, horizon=20.5)
    assert outlook.is_fallback
    assert outlook.reason_for_fallback
    expected = outlook.expected_purchases(10.0, frequency, recency, age)
    assert expected == pytest.approx(np.full(200, 10.0 * 20.0 / 20.5))


def test_t36_a_model_that_the_naive_forecast_beats_is_not_used(people: tuple[Floats, ...]) -> None:
    frequency, recency, age, mean, _ = (values[:2_000] for values in people)
    as_before = naive_purchases(WEEKS_AFTER, frequency, age)
    outlook = Outlook.trained_on(frequency, recency, age, mean, bought_after=as_before, horizon=WEEKS_AFTER)
    assert outlook.hold_out.error_of_naive == 0
    assert outlook.reason_for_fallback == "the hold-out period: the naive forecast was nearer"


def test_the_interval_is_discounted_as_the_expected_value_is_and_drawn_again_alike(people: tuple[Floats, ...]) -> None:
    frequency, recency, age, mean, _ = (values[:400] for values in people)
    outlook = Outlook(TRUE, TRUE_VALUES, HoldOut(0.0, 1.0), "")
    value = outlook.lifetime_value(52.0, frequency, recency, age, mean, seed=1)
    discounted = outlook.lifetime_value(52.0, frequency, recency, age, mean, monthly_discount=0.05, seed=1)
    again = outlook.lifetime_value(52.0, frequency, recency, age, mean, monthly_discount=0.05, seed=1)
    expected = outlook.expected_purchases(52.0, frequency, recency, age) * TRUE_VALUES.expected_value(frequency, mean)
    assert value.expected == pytest.approx(expected)
    assert np.array_equal(discounted.low, again.low)
    assert np.array_equal(discounted.high, again.high)
    assert (discounted.low <= discounted.high).all()
    assert (value.high > 0).any()
    for given, less in zip(
        (value.expected, value.low, value.high), (discounted.expected, discounted.low, discounted.high), strict=True
    ):  # the first month's purchases wait for one month, the last one's for twelve
        assert (less <= given / 1.05 * (1 + 1e-9)).all()
        assert (less >= given / 1.05**12 * (1 - 1e-9)).all()


def test_an_interval_is_the_customers_own_whoever_else_is_described(people: tuple[Floats, ...]) -> None:
    frequency, recency, age, mean, _ = (values[:1_200] for values in people)
    outlook = Outlook(TRUE, TRUE_VALUES, HoldOut(0.0, 1.0), "")
    among_all = outlook.lifetime_value(52.0, frequency, recency, age, mean, seed=1)
    order = np.random.default_rng(3).permutation(1_200)[:70]
    few = outlook.lifetime_value(52.0, *(values[order] for values in (frequency, recency, age, mean)), seed=1)
    assert np.array_equal(few.low, among_all.low[order])
    assert np.array_equal(few.high, among_all.high[order])
    nobody = outlook.lifetime_value(52.0, [], [], [], [], seed=1)
    assert len(nobody.low) == len(nobody.high) == 0


@pytest.mark.parametrize("discount", [0.0, 0.05])
@pytest.mark.parametrize(("x", "last", "mean"), [(0.0, 0.0, 0.0), (9.0, 48.0, 60.0)])
def test_mean_and_borders_are_those_of_futures_played_one_purchase_after_the_other(
    x: float, last: float, mean: float, discount: float
) -> None:
    chance, age, spent = np.random.default_rng(8), 50.0, np.zeros(6_000)
    alive = TRUE.probability_alive(x, last, age)[0]
    for future in range(len(spent)):
        rate = chance.gamma(TRUE.r + x, 1 / (TRUE.alpha + age))
        leaving = chance.beta(TRUE.a, TRUE.b + x)
        scale = chance.gamma(TRUE_VALUES.p * x + TRUE_VALUES.q, 1 / (TRUE_VALUES.v + x * mean))
        moment = chance.exponential(1 / rate) if chance.random() < alive else np.inf
        while moment <= 52.0:
            months = np.ceil(moment * 12 / 52.0)
            spent[future] += chance.gamma(TRUE_VALUES.p) / scale / (1 + discount) ** months
            moment = np.inf if chance.random() < leaving else moment + chance.exponential(1 / rate)
    value = Outlook(TRUE, TRUE_VALUES, HoldOut(0.0, 1.0), "").lifetime_value(
        52.0, [x], [last], [age], [mean], monthly_discount=discount, seed=1
    )
    below = [np.mean(spent <= border[0]) for border in (value.low, value.high)]
    assert below[1] == pytest.approx(0.9, abs=0.04)
    assert below[0] == pytest.approx(max(0.1, np.mean(spent == 0)), abs=0.04)
    assert value.expected[0] == pytest.approx(spent.mean(), rel=0.06)


def test_who_has_left_with_more_than_nine_chances_in_ten_has_borders_of_0_and_a_mean_above_them() -> None:
    last = np.linspace(20.0, 48.0, 200)
    x, age, mean = (np.full(200, value) for value in (9.0, 50.0, 60.0))
    alive = TRUE.probability_alive(x, last, age)
    has_left = alive < 0.1
    assert alive[has_left].max() > 0.095
    value = Outlook(TRUE, TRUE_VALUES, HoldOut(0.0, 1.0), "").lifetime_value(
        52.0, x, last, age, mean, monthly_discount=0.01, seed=1
    )
    assert (value.low[has_left] == 0).all()
    assert (value.high[has_left] == 0).all()
    assert (value.expected[has_left] > 0).all()
    assert (value.expected < value.high)[alive > 0.8].all()


def test_t36_a_climb_that_is_cut_off_is_not_believed(
    people: tuple[Floats, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    frequency, recency, age, mean, after = (values[:2_000] for values in people)
    monkeypatch.setattr("jobs.repeat_buying.MOST_ITERATIONS", 2)
    outlook = Outlook.trained_on(frequency, recency, age, mean, bought_after=after, horizon=WEEKS_AFTER)
    assert outlook.reason_for_fallback == "the number of purchases: the fit did not converge"
    assert not fit_gamma_gamma(frequency, mean).has_converged


def test_a_start_without_a_likelihood_is_left_out_and_none_at_all_is_no_fit(monkeypatch: pytest.MonkeyPatch) -> None:
    table = PurchaseTable.compressed(*bought(500)[:3])
    whole = fit_bg_nbd(table)
    monkeypatch.setattr("jobs.repeat_buying.STARTS", ((np.nan, 1.0, 1.0, 1.0), (1.0, 1.0, 1.0, 1.0)))
    with np.errstate(invalid="ignore"):
        assert fit_bg_nbd(table).log_likelihood == pytest.approx(whole.log_likelihood, rel=1e-6)
        monkeypatch.setattr("jobs.repeat_buying.STARTS", ((np.nan, 1.0, 1.0, 1.0),))
        assert not fit_bg_nbd(table).has_converged


@pytest.mark.parametrize(
    ("frequency", "recency", "age"),
    [
        ([], [], []),
        ([1], [5], [4]),
        ([1], [0], [4]),
        ([0], [1], [4]),
        ([-1], [0], [4]),
        ([0], [0], [0]),
        ([np.nan], [0], [1]),
    ],
)
def test_a_table_that_contradicts_itself_is_refused(
    frequency: list[float], recency: list[float], age: list[float]
) -> None:
    with pytest.raises(UnfitTableError, match="frequency"):
        PurchaseTable.compressed(frequency, recency, age)
