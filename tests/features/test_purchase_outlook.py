"""purchase_outlook: the models where they beat "everybody goes on as before", and that forecast where they do not."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import Any

import numpy as np
import pytest

from jobs.features.purchase_outlook import build, describe_buyers
from schemas.cleaned.purchases import PURCHASES
from schemas.customers.identities import IDENTITIES
from schemas.features.purchase_outlook import PURCHASE_OUTLOOK
from tests.conftest import TableMaker, rows
from tests.features.random_rows import AS_OF, Row

PEOPLE = 300


def bought(name: str, days_before: int, cents: int = 100, number: int = 0) -> Row:
    paid_at = datetime.combine(AS_OF - timedelta(days=days_before), time(4), UTC)
    order = {"order_id": f"{name}-{days_before}-{number}", "source_record_id": f"shop:{name}"}
    return {**order, "paid_at": paid_at, "net_cents": cents}


def described(table: TableMaker, purchases: list[Row], *columns: str) -> list[tuple[Any, ...]]:
    return rows(build(*parents(table, purchases), as_of=AS_OF), "customer_id", *columns)


def parents(table: TableMaker, purchases: list[Row]) -> tuple[Any, Any]:
    names = sorted({row["source_record_id"] for row in purchases})
    identities = [{"source_record_id": name, "customer_id": name.split(":")[1]} for name in names]
    return table(PURCHASES, purchases), table(IDENTITIES, identities)


def people_who_leave() -> list[Row]:
    """Buyers who differ in how often, for how much and how long they buy: what the naive forecast cannot see."""
    chance, purchases = np.random.default_rng(11), []
    for number in range(PEOPLE):
        rate, leaving, scale = chance.gamma(1.2, 1 / 25), chance.beta(0.8, 2.5), 10_000 / chance.gamma(4)
        day = int(chance.integers(150, 700))
        while day >= 0:
            purchases.append(bought(f"c{number:03d}", day, int(chance.gamma(4, scale)) + 1))
            if chance.random() < leaving:
                break
            day -= 1 + int(chance.exponential(1 / rate))
    return purchases


def test_two_purchases_of_a_day_are_one_and_the_state_of_90_days_ago_is_known(table: TableMaker) -> None:
    purchases = [
        bought("ann", 200, 700), bought("ann", 90, 300), bought("ann", 90, 50, number=1), bought("ann", 89, 10),
        bought("bob", 0, 40), bought("cem", -1),
    ]  # fmt: skip
    buyers = describe_buyers(*parents(table, purchases), AS_OF)
    now = ("days_now", "first_now", "last_now", "cents_now", "first_cents_now")
    then = ("days_then", "first_then", "last_then", "cents_then", "first_cents_then")
    assert rows(buyers, "customer_id", *now, *then) == [
        ("ann", 3, 200, 89, 1_060, 700, 2, 110, 0, 1_050, 700),
        ("bob", 1, 0, 0, 40, 40, 0, None, None, None, None),
    ]


def test_t36_where_nobody_bought_90_days_ago_everybody_goes_on_as_before_and_a_flag_says_so(table: TableMaker) -> None:
    purchases = [bought("ann", 60, 100), bought("ann", 30, 400), bought("ann", 0, 200), bought("bob", 5)]
    expected = [f"expected_purchase_day_count_next_{days}d" for days in (30, 90, 365)]
    columns = (*expected, "alive_probability", "lifetime_value_cents_low_next_365d", "is_outlook_fallback")
    found = described(table, purchases, *columns, "lifetime_value_cents_next_365d")
    rate = 2 / 61  # two repeats in 61 days, the first one included
    assert found[0][1:4] == pytest.approx((30 * rate, 90 * rate, 365 * rate))
    assert found[0][4:7] == (None, None, True)
    assert 0.9 < found[0][7] / (365 * rate * 300) < 1  # the mean repeat is 300; discounted by 1 % a month
    assert found[1] == ("bob", 0.0, 0.0, 0.0, None, None, True, None)


def test_t36_people_who_buy_and_leave_as_the_models_say_are_forecast_by_them(table: TableMaker) -> None:
    steady = range(0, 100, 10)
    purchases = [
        *people_who_leave(),
        *(bought("ann", 500 + day, 300) for day in steady),  # silent for forty times as long as ever before
        *(bought("bob", day, 300) for day in steady),
        bought("cem", 0, 300),
    ]
    found = described(table, purchases, *PURCHASE_OUTLOOK.column_names[1:])
    assert len(found) == PEOPLE + 3
    assert not any(is_fallback for *_, is_fallback in found)
    for _, month, season, year, alive, _, low, high, _ in found:
        assert 0 <= month <= season <= year
        assert 0 <= alive <= 1
        assert 0 <= low <= high
    of = {name: values for name, *values in found}
    assert of["ann"][3] < 0.05
    assert of["bob"][3] > 0.8
    assert of["ann"][2] < 1
    assert 10 < of["bob"][2] < 36.5
    assert of["cem"][3] == 1
    _, _, _, _, expected, low, high, _ = of["bob"]
    assert low < expected < high
