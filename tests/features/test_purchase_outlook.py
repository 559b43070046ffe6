"""purchase_outlook: the models where they beat "everybody goes on as before", and that forecast where they do not."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, time, timedelta
from typing import Any

import numpy as np
import pytest

from jobs.features.purchase_outlook import build, describe_buyers
from schemas.cleaned.purchases import PURCHASES
from schemas.cleaned.refunds import REFUNDS
from schemas.customers.identities import IDENTITIES
from schemas.features.purchase_outlook import PURCHASE_OUTLOOK
from tests.conftest import TableMaker, rows
from tests.features.random_rows import AS_OF, Row

PEOPLE = 300
NOW = ("days_now", "first_now", "last_now", "cents_now", "first_cents_now")
THEN = ("days_then", "first_then", "last_then", "cents_then", "first_cents_then")


def bought(name: str, days_before: int, cents: int = 100, number: int = 0) -> Row:
    paid_at = datetime.combine(AS_OF - timedelta(days=days_before), time(4), UTC)
    order = {"order_id": f"{name}-{days_before}-{number}", "source_record_id": f"shop:{name}"}
    return {**order, "paid_at": paid_at, "net_cents": cents}


def refunded(order_id: str, days_before: int, cents: int, number: int = 0) -> Row:
    refunded_at = datetime.combine(AS_OF - timedelta(days=days_before), time(4), UTC)
    refund_id = f"{order_id}-{days_before}-{number}"
    return {"refund_id": refund_id, "order_id": order_id, "refunded_at": refunded_at, "amount_cents": cents}


def described(
    table: TableMaker, purchases: list[Row], *columns: str, refunds: Sequence[Row] = ()
) -> list[tuple[Any, ...]]:
    return rows(build(*parents(table, purchases, refunds), as_of=AS_OF), "customer_id", *columns)


def parents(table: TableMaker, purchases: list[Row], refunds: Sequence[Row] = ()) -> tuple[Any, Any, Any]:
    names = sorted({row["source_record_id"] for row in purchases})
    identities = [{"source_record_id": name, "customer_id": name.split(":")[1]} for name in names]
    return table(PURCHASES, purchases), table(REFUNDS, refunds), table(IDENTITIES, identities)


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
    buyers = describe_buyers(*parents(table, purchases), as_of=AS_OF)
    assert rows(buyers, "customer_id", *NOW, *THEN, "days_after") == [
        ("ann", 3, 200, 89, 1_060, 700, 2, 110, 0, 1_050, 700, 1),
        ("bob", 1, 0, 0, 40, 40, 0, None, None, None, None, 1),
    ]


def test_an_order_is_worth_what_is_left_of_it_on_the_day_it_was_paid_and_one_wholly_refunded_is_no_purchase(
    table: TableMaker,
) -> None:
    names = ("wholly refunded", "partly refunded", "refunded tomorrow", "keeps all")
    purchases = [bought(name, day, cents) for name in names for day, cents in ((200, 700), (40, 300), (20, 500))]
    refunds = [
        refunded("wholly refunded-20", 9, 200), refunded("wholly refunded-20", 3, 300),
        refunded("partly refunded-20", 0, 200),
        refunded("refunded tomorrow-20", -1, 500),
        refunded("cancelled", 9, 500),  # an order that is no purchase any more
    ]  # fmt: skip
    refunds = [{**refund, "order_id": f"{refund['order_id']}-0"} for refund in refunds]
    buyers = describe_buyers(*parents(table, purchases, refunds), as_of=AS_OF)
    assert rows(buyers, "customer_id", *NOW, "days_after") == [
        ("keeps all", 3, 200, 20, 1_500, 700, 2),
        ("partly refunded", 3, 200, 20, 1_300, 700, 2),
        ("refunded tomorrow", 3, 200, 20, 1_500, 700, 2),
        ("wholly refunded", 2, 200, 40, 1_000, 700, 1),
    ]


def test_of_90_days_ago_no_later_refund_is_known_and_who_gave_all_back_since_bought_nothing_after(
    table: TableMaker,
) -> None:
    purchases = [bought("ann", 200, 700), bought("ann", 100, 300), bought("bob", 100, 300), bought("cem", 95, 300)]
    refunds = [
        refunded("ann-100-0", 90, 100), refunded("ann-100-0", 89, 150),
        refunded("bob-100-0", 89, 300),
        refunded("cem-95-0", 90, 300),
    ]  # fmt: skip
    buyers = describe_buyers(*parents(table, purchases, refunds), as_of=AS_OF)
    assert rows(buyers, "customer_id", "cents_now", *THEN, "days_now", "days_after") == [
        ("ann", 750, 2, 110, 10, 900, 700, 2, 0),
        ("bob", None, 1, 10, 10, 300, 300, 0, 0),
    ]
    assert [name for name, *_ in described(table, purchases, refunds=refunds)] == ["ann"]


def test_an_order_given_back_twice_over_takes_nothing_off_another_and_a_gift_is_a_purchase(table: TableMaker) -> None:
    purchases = [bought("ann", 10, 700), bought("ann", 10, 300, number=1), bought("bob", 5, 0)]
    refunds = [refunded("ann-10-0", 4, 700), refunded("ann-10-0", 3, 700)]
    buyers = describe_buyers(*parents(table, purchases, refunds), as_of=AS_OF)
    assert rows(buyers, "customer_id", *NOW) == [("ann", 1, 10, 10, 300, 300), ("bob", 1, 5, 5, 0, 0)]


def test_a_serial_returner_is_valued_by_what_stays(table: TableMaker) -> None:
    names, days = ("keeps", "returns half", "returns all but one"), (60, 50, 40, 30, 20, 10)
    purchases = [bought(name, day, 400) for name in names for day in days]
    refunds = [refunded(f"returns half-{day}-0", day - 5, 200) for day in days]
    refunds += [refunded(f"returns all but one-{day}-0", day - 5, 400) for day in days[1:]]
    value = dict(described(table, purchases, "lifetime_value_cents_next_365d", refunds=refunds))
    assert value["returns half"] == pytest.approx(value["keeps"] / 2, abs=1)
    assert value["returns all but one"] is None  # one purchase, without a repeat and without models


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
