"""churn: everybody is judged by their own rhythm, and nobody is asked because of what happened later."""

from __future__ import annotations

import math
import random
from datetime import date, timedelta
from itertools import pairwise
from typing import Any

import pytest

from jobs.labels.churn import build
from schemas.captured.shop_orders import SHOP_ORDERS
from schemas.customers.identities import IDENTITIES
from schemas.labels.churn import (
    LAST_ORDER_DAYS,
    LEAST_ORDER_DAYS,
    LONGEST_WINDOW_DAYS,
    SHORTEST_WINDOW_DAYS,
)
from schemas.labels.credit_default import observation_dates
from tests.conftest import TableMaker, rows

Answer = tuple[date, str, bool, int]

AS_OF = date(2026, 3, 31)
OBSERVED = observation_dates(AS_OF)[-1]


def labelled(table: TableMaker, days_of: dict[str, list[date]], *, as_of: date = AS_OF, **order: Any) -> list[Answer]:
    """observation_date, customer_id, is_churned and window_days; orders are paid in the last local second of a day."""
    orders = [
        {"order_id": f"{name} {day}", "shop_user_id": name, "paid_at": f"{day} 15:59:59", **order}
        for name, days in days_of.items()
        for day in days
    ]
    orders += [{**one, "updated_at": "2026-03-01", "order_status": "refused"} for one in orders[::3]]  # a later version
    orders.append({"order_id": "unpaid", "shop_user_id": "ann", "paid_at": None})
    identities = [{"source_record_id": f"shop:{name}", "customer_id": name} for name in days_of]
    built = build(table(SHOP_ORDERS, orders), table(IDENTITIES, identities), as_of=as_of)
    return rows(built, "observation_date", "customer_id", "is_churned", "window_days")


def before(*counts: int) -> list[date]:
    return [OBSERVED - timedelta(days=count) for count in counts]


def test_t21_the_last_day_of_the_own_window_still_saves_and_the_observation_day_is_the_past(table: TableMaker) -> None:
    monthly = before(0, 30, 60, 90)
    found = labelled(
        table,
        {
            "ann": [*monthly, OBSERVED + timedelta(days=30)],
            "bob": [*monthly, OBSERVED + timedelta(days=31)],
            "cem": before(1, 2, 3, 4),  # daily: two weeks at least
            "dia": [*before(10, 20, 30, 40, 50, 60, 70, 80, 90, 100, 190), OBSERVED + timedelta(days=10)],
            "eve": before(0, 300, 301, 302),  # half a year at most
            "fay": before(0, 30, 60),  # no rhythm
            "gus": before(365, 395, 425, 455),  # left long ago
            "hal": before(364, 394, 424, 454),
        },
    )
    assert [answer[1:] for answer in found if answer[0] == OBSERVED] == [
        ("ann", False, 30),
        ("bob", True, 30),
        ("cem", True, 14),
        ("dia", False, 14),
        ("eve", True, 180),
        ("hal", True, 30),
    ]


def test_t3_who_is_asked_depends_on_no_later_order(table: TableMaker) -> None:
    days_of = {"ann": before(0, 30, 60, 90), "bob": before(5, 10, 15), "cem": before(400, 410, 420, 430)}
    later = {name: [*days, OBSERVED + timedelta(days=3)] for name, days in days_of.items()}
    asked = [answer[:2] for answer in labelled(table, days_of)]
    assert asked
    assert [answer[:2] for answer in labelled(table, later)] == asked
    a_month_later = labelled(table, later, as_of=AS_OF + timedelta(days=30))
    shared = set(observation_dates(AS_OF)) & set(observation_dates(AS_OF + timedelta(days=30)))
    assert [one for one in a_month_later if one[0] in shared] == [
        one for one in labelled(table, later) if one[0] in shared
    ]


@pytest.mark.parametrize("seed", [4, 9])
def test_t4_the_labels_and_so_the_base_rate_are_those_of_counting_by_hand(table: TableMaker, seed: int) -> None:
    chance = random.Random(seed)
    days_of = {
        f"c{number:02d}": sorted(
            {AS_OF - timedelta(days=chance.randint(0, 700)) for _ in range(chance.choice((3, 5, 20, 60)))}
        )
        for number in range(30)
    }
    expected = sorted(
        answer
        for name, days in days_of.items()
        for day in observation_dates(AS_OF)
        for answer in by_hand(name, days, day)
    )
    assert {answer[2] for answer in expected} == {True, False}
    assert labelled(table, days_of) == expected


def by_hand(name: str, days: list[date], observed: date) -> list[Answer]:
    past = [day for day in days if day <= observed]
    if len(past) < LEAST_ORDER_DAYS or (observed - past[-1]).days >= LAST_ORDER_DAYS:
        return []
    pauses = sorted((later - earlier).days for earlier, later in pairwise(past))
    own = pauses[math.ceil(0.9 * len(pauses)) - 1]
    window = min(max(own, SHORTEST_WINDOW_DAYS), LONGEST_WINDOW_DAYS)
    came_back = any(observed < day <= observed + timedelta(days=window) for day in days)
    return [(observed, name, not came_back, window)]
