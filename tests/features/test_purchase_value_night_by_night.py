"""purchase_value, going on from the night before, against the same computed from all purchases: night by night.

All forty nights are built at once. Each is a world of its own, in which every id names the night and every moment is
moved so that the night ends on one day; so a build of all is one plan, and says of each night what it says alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

import pyarrow as pa
import pytest
from pyspark.sql import DataFrame, SparkSession

from jobs.arrow_frames import frame_of
from jobs.arrow_types import arrow_schema
from jobs.features.purchase_value import build
from schemas.cleaned.purchases import PURCHASES
from schemas.features.purchase_value import CHANGES, PURCHASE_VALUE, QUINTILES
from schemas.measures import count, most
from schemas.measures_of_change import change_of, days_of_change
from schemas.table import Dataset, Table
from schemas.windows import EVER, disjoint, last
from tests.conftest import arrow_rows
from tests.features.nights_of_buyers import BUYERS, FORGOTTEN, GONE, MERGED, NIGHTS, SPLIT_AGAIN, ZONE, facts, known_on
from tests.features.random_rows import Row
from tests.reference.answer import is_same, rows_of, without_zone
from tests.reference.purchase_value import ANSWER

NAMES = PURCHASE_VALUE.column_names
SEED = 20_241
LAST_NIGHT = NIGHTS[-1]
LEAP_DAY = date(2024, 2, 29)
PLANTED = NAMES.index("order_value_cents_max_365d")
OF_THE_NIGHT = tuple(name for name in NAMES if "_quintile" not in name)
"""What a customer's own rows give: fifths are among all that are built at once."""

Rows = list[tuple[Any, ...]]
Parents = Mapping[Dataset, pa.Table]


def side_by_side(nights_before: int) -> Parents:
    """What was known so many nights before each night but the first, each told as of the same last night."""
    known = facts(SEED)
    rows: dict[Table, list[Row]] = {}
    for night in NIGHTS[1:]:
        for table, given in known_on(night - timedelta(days=nights_before), known).items():
            rows.setdefault(table, []).extend(of_night(night, row) for row in given)
    return {table: arrow_rows(table, given) for table, given in rows.items()}


def of_night(night: date, row: Row) -> Row:
    moments = ("paid_at", "refunded_at", "changed_date")
    moved = {name: row[name] + (LAST_NIGHT - night) for name in moments if name in row}
    ids = ("order_id", "refund_id", "source_record_id", "customer_id")
    return {**row, **moved, **{name: f"{row[name]}@{night}" for name in ids if name in row}}


def built(
    spark: SparkSession,
    parents: Parents,
    night: date,
    before: Rows | None = None,
    parents_before: Parents | None = None,
) -> Rows:
    previous: dict[str, DataFrame] = {}
    if before is not None and parents_before is not None:
        schema = arrow_schema(PURCHASE_VALUE)
        arrays = [pa.array(values, field.type) for values, field in zip(zip(*before, strict=True), schema, strict=True)]
        previous["previous"] = frame_of(spark, pa.Table.from_arrays(arrays, schema=schema))
        for parent in PURCHASE_VALUE.also_previous:
            previous[f"previous_{parent.name}"] = frame_of(spark, parents_before[parent])
    frames = [frame_of(spark, rows) for rows in parents.values()]
    described = build(*frames, as_of=night, **previous).select(*NAMES).toArrow()
    return sorted(zip(*(column.to_pylist() for column in described.columns), strict=True))


def with_planted(rows: Rows) -> Rows:
    """The rows with a value that no purchase gives."""
    return [(*row[:PLANTED], -1, *row[PLANTED + 1 :]) for row in rows]


def by_night(rows: Rows) -> dict[date, dict[str, tuple[Any, ...]]]:
    """Night -> customer -> what the customer's own rows give."""
    places = [NAMES.index(name) for name in OF_THE_NIGHT[1:]]
    found: dict[date, dict[str, tuple[Any, ...]]] = {}
    for row in rows:
        customer, _, night = row[0].partition("@")
        found.setdefault(date.fromisoformat(night), {})[customer] = tuple(row[place] for place in places)
    return found


@pytest.fixture(scope="module")
def tonight() -> Parents:
    return side_by_side(0)


@pytest.fixture(scope="module")
def in_full(spark: SparkSession, tonight: Parents) -> Rows:
    return built(spark, tonight, LAST_NIGHT)


@pytest.fixture(scope="module")
def known_before() -> Parents:
    return side_by_side(1)


@pytest.fixture(scope="module")
def night_before(spark: SparkSession, known_before: Parents) -> Rows:
    """Of every night the one before, computed from all purchases."""
    return built(spark, known_before, LAST_NIGHT - timedelta(days=1))


def test_t2_t16_t18_t21_every_night_of_forty_the_rows_carried_on_are_those_of_a_full_computation_bit_by_bit(
    spark: SparkSession, tonight: Parents, in_full: Rows, known_before: Parents, night_before: Rows
) -> None:
    assert built(spark, tonight, LAST_NIGHT, night_before, known_before) == in_full
    # What a night goes on from is what the night before came to: so forty nights one after the other are equal, too.
    came_to, went_on_from = by_night(in_full), by_night(night_before)
    assert len(came_to) == len(NIGHTS) - 1
    assert all(went_on_from[night] == came_to[night - timedelta(days=1)] for night in NIGHTS[2:])

    half_wrong = built(spark, tonight, LAST_NIGHT, with_planted(night_before), known_before)
    carried = {night: set[str]() for night in NIGHTS[1:]}
    for row in half_wrong:
        if row[PLANTED] == -1:
            customer, _, night = row[0].partition("@")
            carried[date.fromisoformat(night)].add(customer)
    assert with_planted(half_wrong) == with_planted(in_full)
    for night, customers in came_to.items():
        assert len(BUYERS) / 5 < len(carried[night]) < len(customers), night  # the others were described anew


def test_t2_t16_t18_t21_plain_sql_says_the_same_of_every_night_of_forty(tonight: Parents, in_full: Rows) -> None:
    told = ANSWER.columns(PURCHASE_VALUE)
    parents = {table.name: without_zone(rows) for table, rows in tonight.items()}
    differences = [
        f"{mine[0]}: {name} is {one!r} carried on and {other!r} in SQL"
        for mine, other_row in zip(in_full, rows_of(ANSWER, PURCHASE_VALUE, parents, LAST_NIGHT), strict=True)
        for name, one, other in zip(told, mine, other_row, strict=False)
        if not is_same(one, other)
    ]
    assert differences == []


def test_the_nights_differ_and_hold_what_makes_yesterdays_numbers_wrong(in_full: Rows) -> None:
    nights = by_night(in_full)
    forgotten, on_that_night = FORGOTTEN
    assert all((forgotten in customers) == (night < on_that_night) for night, customers in nights.items())
    purchases, in_year = (OF_THE_NIGHT.index(name) - 1 for name in ("purchase_count", "purchase_count_365d"))
    gone, since = GONE
    assert all(customers[gone][in_year] == int(night < since) for night, customers in nights.items())
    assert len({sum(row[purchases] for row in customers.values()) for customers in nights.values()}) > 20
    assert min(map(len, nights.values())) >= 20
    assert nights.keys() > {LEAP_DAY, MERGED, SPLIT_AGAIN}


def test_on_every_night_some_purchase_comes_into_a_window_or_goes_out_of_one_and_at_every_edge() -> None:
    paid = [(fact.row["paid_at"].astimezone(ZONE).date(), fact) for fact in facts(SEED) if fact.table is PURCHASES]
    edges = [(day + timedelta(days=days), days, fact) for day, fact in paid for days in CHANGES.days_to_read]
    crossed = {(night, days) for night, days, fact in edges if night in NIGHTS and fact.since < night < fact.until}
    assert {night for night, _ in crossed} >= set(NIGHTS[1:])
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
    assert set(NAMES) - promised == {"customer_id", *(column.name for column in QUINTILES)}
    assert CHANGES.days_to_describe_anew == (365,)
