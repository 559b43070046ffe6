"""Whether tonight's customers are, to each propensity, those of its training: over tenths frozen with it."""

from __future__ import annotations

import math
from datetime import date
from typing import Any

import numpy as np
import pytest
from pyspark.sql import DataFrame

from jobs.models import card_propensity, churn, response
from jobs.models.baseline import baseline_content
from jobs.scores.propensities import build as score
from jobs.scores.propensity_stability import build
from schemas.profiles.customer_profiles import CUSTOMER_PROFILES
from schemas.scores.propensities import MODEL_OF, PROPENSITIES
from schemas.scores.propensity_stability import PROPENSITY_STABILITY
from tests.conftest import TableMaker, rows
from tests.models.messages import messages
from tests.models.shoppers import shoppers
from tests.scores.test_propensities import as_given, customers

AS_OF = date(2026, 4, 30)
TRAINED = date(2026, 3, 31)
SCALE = {"offset": 403.722, "factor": 57.708}  # 600 are 30 to 1, 40 points double the odds

Lines = dict[tuple[str, str, str], tuple[Any, ...]]


def model(points: list[int] | None = None, fallback: str = "") -> dict[str, Any]:
    baseline = None if points is None else baseline_content(np.array(points))
    return {"model_version": "2026-03-31-0123456789ab", "fallback": fallback, "scale": SCALE, "baseline": baseline}


def measured(table: TableMaker, tonight: list[dict[str, Any]], **models: dict[str, Any]) -> Lines:
    """What is told of the models that are named; a declared rate answers for all others."""
    of = {name: models.get(what, model(fallback="too little")) for what, name in MODEL_OF.items()}
    files = {f"{name}.json": content for name, content in of.items()}
    steps = {file: content for file, content in files.items() if file not in ("is_churned.json", "responds.json")}
    parts = (steps, {"is_churned.json": files["is_churned.json"]}, {"responds.json": files["responds.json"]})
    return lines_of(build(table(PROPENSITIES, tonight), *parts, as_of=AS_OF))


def lines_of(stability: DataFrame) -> Lines:
    """By subject, measure and what it is compared with."""
    found = stability.select(*PROPENSITY_STABILITY.column_names)
    told = ("subject", "measure", "compared_with", "value", "value_before", "customers", "customers_before", "alert")
    return {line[:3]: line[3:] for line in rows(found, *told)}


def customer(number: int, points: int | None, change: int | None = None, what: str = "card_application") -> Any:
    return {"customer_id": f"c{number:03d}", f"{what}_points": points, f"{what}_change_30d": change}


def test_t26_the_index_is_over_tenths_that_were_frozen_and_the_rate_is_what_points_mean(table: TableMaker) -> None:
    learnt = model([500] * 50 + [600] * 50)
    tonight = [customer(number, 600 if number < 80 else 500) for number in range(100)]
    found = measured(table, tonight, card_application=learnt)
    few, many, halves = (count / 101.5 for count in (20.5, 80.5, 50.5))  # half a customer in each of three groups
    index = (few - halves) * math.log(few / halves) + (many - halves) * math.log(many / halves)
    high, low = 30 / 31, 1 / (1 + math.exp((SCALE["offset"] - 500) / SCALE["factor"]))
    value, before, *heads, alert = found["card_application", "expected_rate", "training"]
    assert (value, before) == (pytest.approx(0.8 * high + 0.2 * low, 1e-4), pytest.approx((high + low) / 2, 1e-4))
    assert (heads, alert) == ([100, 100], None)
    assert found["card_application", "population_stability", "training"][0] == pytest.approx(index, abs=1e-5)
    assert found["card_application", "population_stability", "training"][-1] is None  # of so few people
    assert found["card_application", "population_stability", "30_days_before"] == (None, None, 0, 0, None)
    assert {subject for subject, *_ in found} == {"card_application"}


def test_30_days_before_the_same_customers_are_compared_and_who_is_new_on_neither_side(table: TableMaker) -> None:
    stayed = [customer(number, 600, 100 if number < 40 else 0) for number in range(90)]
    found = measured(table, [*stayed, *(customer(number, 500) for number in range(90, 300))],
        card_application=model([500, 600]))  # fmt: skip
    value, before, *heads, _ = found["card_application", "expected_rate", "30_days_before"]
    assert heads == [90, 90]
    assert value == pytest.approx(30 / 31, abs=1e-4)
    assert before < value
    assert found["card_application", "population_stability", "30_days_before"][0] > 0.25


@pytest.mark.parametrize(("people", "shifted", "alert"), [(200, 80, "warning"), (199, 80, None), (200, 60, None)])
def test_an_index_above_a_tenth_on_enough_people_is_a_warning(
    table: TableMaker, people: int, shifted: int, alert: str | None
) -> None:
    tonight = [customer(number, 600 if number % 100 < shifted else 500) for number in range(people)]
    found = measured(table, tonight, card_application=model([500, 600] * 500))
    assert found["card_application", "population_stability", "training"][-1] == alert
    assert found["card_application", "expected_rate", "training"][-1] is None


def test_who_is_outside_the_population_is_not_counted_and_a_model_without_frozen_groups_tells_rates_only(
    table: TableMaker,
) -> None:
    tonight = [customer(1, 600, 0, "churn"), customer(2, None, None, "churn")]
    found = measured(table, tonight, churn=model())
    told = {key: line[2:4] for key, line in found.items()}
    assert told == {("churn", "expected_rate", "30_days_before"): (1, 1)}


def test_nothing_is_told_where_declared_rates_answer(table: TableMaker) -> None:
    assert measured(table, [customer(1, 600)]) == {}


def test_those_whose_points_were_frozen_come_out_unchanged_when_they_are_scored_in_spark(table: TableMaker) -> None:
    people, learnt = customers(), shoppers(1600)
    files = (
        card_propensity.train(learnt, as_of=TRAINED, scored=people),
        churn.train(learnt, as_of=TRAINED, scored=people),
        response.train(messages(6_000, 5), as_of=TRAINED, scored=people),
    )
    scored = score(table(CUSTOMER_PROFILES, as_given(people)), *files, as_of=AS_OF).select(*PROPENSITIES.column_names)
    found = lines_of(build(scored, *files, as_of=AS_OF))
    told = {subject for subject, *_ in found}
    assert told >= {"card_application", "churn", "contact_response"}
    for what in told:
        index, _, *heads, _ = found[what, "population_stability", "training"]
        assert index == pytest.approx(0, abs=1e-9)
        assert heads[0] == heads[1] == (len(people) if what != "churn" else heads[0])
        rate, of_training, *_ = found[what, "expected_rate", "training"]
        assert rate == of_training
