"""purchase_value, going on from the night before, against the same computed from all purchases: night by night."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

import pyarrow as pa
import pytest
from pyspark.sql import DataFrame, SparkSession

from jobs.arrow_types import arrow_schema
from jobs.features.purchase_value import build
from jobs.spark import session_for_small_data
from jobs.spark_types import spark_schema
from schemas.cleaned.purchases import PURCHASES
from schemas.features.purchase_value import CHANGES, PURCHASE_VALUE
from schemas.measures import count, most
from schemas.measures_of_change import change_of, days_of_change
from schemas.table import Table
from schemas.windows import EVER, disjoint, last
from tests.conftest import filled_rows
from tests.features.nights_of_buyers import BUYERS, FORGOTTEN, GONE, MERGED, NIGHTS, ZONE, facts, known_on
from tests.features.random_rows import Row
from tests.reference.answer import rows_of
from tests.reference.purchase_value import ANSWER
from tests.reference.test_second_opinion import is_same, without_zone

NAMES = PURCHASE_VALUE.column_names
SEED = 20_241
LEAP_DAY = date(2024, 2, 29)
COMPARED_IN_FULL = {LEAP_DAY, NIGHTS[-1]}  # with Spark's own full computation, to the last bit; with SQL, every night
PLANTED = NAMES.index("order_value_cents_max_365d")
Known = Mapping[Table, list[Row]]
Rows = list[tuple[Any, ...]]


@pytest.fixture(scope="module")
def interpreting(spark: SparkSession) -> SparkSession:
    return session_for_small_data(spark)


def built(spark: SparkSession, known: Known, night: date, before: Rows | None) -> Rows:
    previous = None if before is None else spark.createDataFrame(before, spark_schema(PURCHASE_VALUE))
    parents = [spark.createDataFrame(filled_rows(table, rows), spark_schema(table)) for table, rows in known.items()]
    described: DataFrame = build(*parents, as_of=night, previous=previous)
    return sorted(tuple(row) for row in described.select(*NAMES).collect())


def with_planted(rows: Rows) -> Rows:
    """The rows with a value that no purchase gives."""
    return [(*row[:PLANTED], -1, *row[PLANTED + 1 :]) for row in rows]


def told_by_sql(known: Known, night: date) -> Rows:
    parents = {}
    for table, rows in known.items():
        columns = list(zip(*filled_rows(table, rows), strict=True))
        schema = arrow_schema(table)
        arrays = [pa.array(values, field.type) for values, field in zip(columns, schema, strict=True)]
        parents[table.name] = without_zone(pa.Table.from_arrays(arrays, schema=schema))
    return rows_of(ANSWER, PURCHASE_VALUE, parents, night)


def test_t2_t16_t18_t21_every_night_of_fourteen_the_rows_carried_on_are_those_of_a_full_computation(
    interpreting: SparkSession,
) -> None:
    known = facts(SEED)
    told = ANSWER.columns(PURCHASE_VALUE)
    before: Rows | None = None
    purchases: dict[date, int] = {}
    for night in NIGHTS:
        rows = known_on(night, known)
        tonight = built(interpreting, rows, night, before)
        if night in COMPARED_IN_FULL:
            in_full = built(interpreting, rows, night, None)
            assert tonight == in_full
        differences = [
            f"{night} {mine[0]}: {name} is {one!r} carried on and {other!r} in SQL"
            for mine, other_row in zip(tonight, told_by_sql(rows, night), strict=True)
            for name, one, other in zip(told, mine, other_row, strict=False)
            if not is_same(one, other)
        ]
        assert differences == []
        if night == NIGHTS[-1] and before:
            half_wrong = built(interpreting, rows, night, with_planted(before))
            carried = {row[0] for row in half_wrong if row[PLANTED] == -1}
            assert len(carried) > len(BUYERS) / 3  # these were not read again
            assert len(carried) < len(tonight)  # these were
            assert with_planted(half_wrong) == with_planted(tonight)
        before = tonight
        purchases[night] = sum(row[NAMES.index("purchase_count")] for row in tonight)
        for who, leaves in (FORGOTTEN, GONE):
            assert (who in {row[0] for row in tonight}) == (night < leaves)
    assert len(tonight) >= 20
    assert LEAP_DAY in purchases
    assert MERGED in purchases
    assert len(set(purchases.values())) > 10  # the nights do differ


def test_on_every_night_some_purchase_comes_into_a_window_or_goes_out_of_one_and_at_every_edge() -> None:
    paid = [(fact.row["paid_at"].astimezone(ZONE).date(), fact) for fact in facts(SEED) if fact.table is PURCHASES]
    crossed = {
        (night, days)
        for night in NIGHTS
        for day, fact in paid
        for days in CHANGES.days_to_read
        if (night - day).days == days and fact.since < night < fact.until
    }
    assert {night for night, _ in crossed} == set(NIGHTS[1:])
    assert {days for _, days in crossed} == set(CHANGES.days_to_read)
    assert len(crossed) > 3 * len(NIGHTS)


def test_t21_a_sum_changes_by_the_day_that_comes_in_and_the_day_that_goes_out() -> None:
    [week, fortnight] = count("visit", "visits", *disjoint(7, 14), where="is_visit")
    assert days_of_change(week) == (7,)
    assert days_of_change(fortnight) == (7, 14)
    assert change_of(week) == "0L - count(1) FILTER (WHERE is_visit AND days_ago = 7)"
    assert change_of(fortnight) == (
        "count(1) FILTER (WHERE is_visit AND days_ago = 7) - count(1) FILTER (WHERE is_visit AND days_ago = 14)"
    )
    assert days_of_change(*count("visit", "visits", EVER)) == ()
    [longest] = most("seconds", "seconds", "seconds", *last(90), missing="never")
    assert (longest.is_sum, days_of_change(longest)) == (False, (90,))


def test_every_column_of_the_family_has_a_way_into_the_next_night() -> None:
    promised = {feature.column.name for feature in CHANGES.features}
    assert promised >= {feature.column.name for feature in CHANGES.sums} | set(CHANGES.ageing) | set(CHANGES.derived)
    assert set(NAMES) - promised == {
        *("customer_id", "purchase_rows_digest", "recency_quintile", "frequency_quintile", "monetary_quintile")
    }
    assert CHANGES.days_to_describe_anew == (365,)
