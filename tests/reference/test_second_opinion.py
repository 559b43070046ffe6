"""Every family computed twice: by Spark from its declarations, and by DuckDB in SQL written from the definitions."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import date
from importlib import import_module
from typing import Any

import pyarrow as pa
import pytest
from pyspark.sql import SparkSession

from jobs.spark import session_for_small_data
from jobs.spark_types import spark_schema
from schemas.families import FAMILIES
from schemas.table import Table
from tests.conftest import filled_rows
from tests.features.random_rows import AS_OF
from tests.reference import browsing, cash_flow, identity, purchase_value, repayment, scenes
from tests.reference.answer import Answer, rows_of
from tests.reference.small_worlds import World, random_world, world_of_edges

ANSWERS: Mapping[str, Answer] = {
    module.__name__.rsplit(".", 1)[1]: module.ANSWER
    for module in (browsing, cash_flow, identity, purchase_value, repayment, scenes)
}
ANSWERED = [family for family in FAMILIES if family.name in ANSWERS]
LEAP_DAY = date(2024, 2, 29)
RANDOM_DAYS = ((AS_OF, 20_260), (date(2025, 3, 1), 411_007))
"""With the seed of the day's world; on the leap day itself every family is asked on the edges."""


@pytest.fixture(scope="module")
def interpreting(spark: SparkSession) -> SparkSession:
    return session_for_small_data(spark)


@pytest.mark.parametrize("family", ANSWERED, ids=lambda family: family.name)
@pytest.mark.parametrize(("as_of", "seed"), RANDOM_DAYS, ids=str)
def test_both_agree_on_random_customers(interpreting: SparkSession, family: Table, as_of: date, seed: int) -> None:
    assert compared(interpreting, family, random_world(seed, as_of), as_of) >= 30


@pytest.mark.parametrize("family", ANSWERED, ids=lambda family: family.name)
def test_t1_t19_t20_t21_t34_both_agree_on_every_edge(interpreting: SparkSession, family: Table) -> None:
    assert compared(interpreting, family, world_of_edges(LEAP_DAY), LEAP_DAY) >= 2


def compared(spark: SparkSession, family: Table, world: World, as_of: date) -> int:
    """The number of customers, after every column of each was found equal: integers exactly, doubles to 1e-9."""
    parents = [parent for parent in family.built_from if isinstance(parent, Table)]
    frames = {p: spark.createDataFrame(filled_rows(p, world.get(p, [])), spark_schema(p)) for p in parents}
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


def is_same(one: Any, other: Any) -> bool:
    """Integers, words and nulls exactly; doubles to 1e-9 of their size."""
    if isinstance(one, float) and other is not None:
        return math.isclose(one, float(other), rel_tol=1e-9, abs_tol=1e-9)
    return bool(one == other and (one is None) == (other is None))


def without_zone(rows: pa.Table) -> pa.Table:
    """The rows with their moments as plain UTC."""
    fields = [pa.field(f.name, pa.timestamp("us") if pa.types.is_timestamp(f.type) else f.type) for f in rows.schema]
    return rows.cast(pa.schema(fields))
