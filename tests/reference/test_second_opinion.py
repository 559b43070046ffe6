"""Every family computed twice: by Spark from its declarations, and by DuckDB in SQL written from the definitions."""

from __future__ import annotations

import random
from datetime import date, timedelta
from importlib import import_module

import pyarrow.compute as pc
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from pyspark.sql import SparkSession

from jobs.features.purchase_outlook import describe_buyers, forecast, numbers_of
from schemas.customers.identities import IDENTITIES
from schemas.features.purchase_outlook import PURCHASE_OUTLOOK
from schemas.table import Table
from tests.conftest import tables_in
from tests.features.random_rows import AS_OF
from tests.reference import purchase_outlook
from tests.reference.answer import is_same, rows_of, without_zone
from tests.reference.answers import ANSWERED, ANSWERS
from tests.reference.small_worlds import World, random_world, world_of_edges

LEAP_DAY = date(2024, 2, 29)
LEAST_ON_EDGES = {"identity": 10, "promises": 3}
"""How many customers of the world of edges have a row at least; two in the families that are not named."""
SEED = 20_260


@pytest.mark.parametrize("family", ANSWERED, ids=lambda family: family.name)
def test_both_agree_on_random_customers(spark: SparkSession, family: Table) -> None:
    assert compared(spark, family, random_world(SEED, AS_OF), AS_OF) >= 30


@pytest.mark.parametrize("family", ANSWERED, ids=lambda family: family.name)
def test_t1_t19_t20_t21_t34_both_agree_on_every_edge(spark: SparkSession, family: Table) -> None:
    assert compared(spark, family, world_of_edges(LEAP_DAY), LEAP_DAY) >= LEAST_ON_EDGES.get(family.name, 2)


@pytest.mark.parametrize("family", ANSWERED, ids=lambda family: family.name)
@settings(max_examples=2, deadline=None, derandomize=True, database=None, phases=[Phase.generate])
@given(seed=st.integers(0, 2**32), days=st.integers(0, 1_500), kept=st.floats(0.05, 1))
def test_both_agree_on_whatever_part_of_a_random_world_is_delivered(
    spark: SparkSession, family: Table, seed: int, days: int, kept: float
) -> None:
    as_of = AS_OF - timedelta(days=days)
    chance = random.Random(seed)
    world = {
        table: [row for row in given_rows if table is IDENTITIES or chance.random() < kept]
        for table, given_rows in random_world(seed % 10_000, as_of).items()
    }
    compared(spark, family, world, as_of)


def test_the_states_of_the_outlook_and_what_everybody_going_on_as_before_buys_are_the_same(
    spark: SparkSession,
) -> None:
    world, as_of = random_world(7, AS_OF), AS_OF
    frames = {p: tables_in(spark)(p, world[p]) for p in PURCHASE_OUTLOOK.built_from if isinstance(p, Table)}
    told = describe_buyers(*frames.values(), as_of=as_of).toArrow().sort_by("customer_id")
    buyers = told.filter(pc.field("days_now") > 0)
    naive = forecast(None, numbers_of(buyers))
    forecasts = [name for name in naive if name.startswith("expected_") or name == "lifetime_value_cents_next_365d"]
    plain = {p.name: without_zone(frame.toArrow()) for p, frame in frames.items()}
    expected = purchase_outlook.rows_of(plain, as_of, [*told.column_names, *forecasts])
    assert len(expected) >= 30
    states, of_buyers = len(told.column_names), [row for row in expected if row[told.column_names.index("days_now")]]
    assert [row[:states] for row in expected] == list(zip(*told.to_pydict().values(), strict=True))
    for place, name in enumerate(forecasts, start=states):
        of_spark, of_sql = naive[name].to_pylist(), [row[place] for row in of_buyers]
        assert all(is_same(one, other) for one, other in zip(of_spark, of_sql, strict=True)), name


def compared(spark: SparkSession, family: Table, world: World, as_of: date) -> int:
    """The number of customers, after every column of each was found equal: integers exactly, doubles to 1e-9."""
    parents = [parent for parent in family.built_from if isinstance(parent, Table)]
    frames = {p: tables_in(spark)(p, world.get(p, [])) for p in parents}
    built = import_module(f"jobs.features.{family.name}").build(*frames.values(), as_of=as_of)
    answer = ANSWERS[family.name]
    columns = answer.columns(family)
    found = [tuple(row) for row in built.select(*columns).orderBy("customer_id").collect()]
    plain = {parent.name: without_zone(frame.toArrow()) for parent, frame in frames.items()}
    expected = rows_of(answer, family, plain, as_of)
    assert [row[0] for row in found] == [row[0] for row in expected]
    differences = [
        f"{of_spark[0]}: {name} is {one!r} in Spark and {other!r} in SQL"
        for of_spark, of_sql in zip(found, expected, strict=True)
        for name, one, other in zip(columns, of_spark, of_sql, strict=True)
        if not is_same(one, other)
    ]
    assert differences == []
    return len(found)
