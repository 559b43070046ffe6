"""Shared column expressions over days and windows: the one place where a moment becomes a calendar day.

Moments are UTC. Days follow the alliance's time zone, and a window of n days is the n local days that end with
`as_of`: in_last_days(x, 1, as_of) is as_of itself, and neighbouring windows never share a day.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from schemas.measures import Feature
from schemas.measures_of_change import Changes, change_of
from schemas.windows import ALLIANCE_TIME_ZONE


def local_date(moment: str | Column) -> Column:
    """The alliance's calendar day of a UTC moment."""
    return F.to_date(F.from_utc_timestamp(_column(moment), ALLIANCE_TIME_ZONE))


def local_hour(moment: str | Column) -> Column:
    """The alliance's hour of the day, 0 to 23, of a UTC moment."""
    return F.hour(F.from_utc_timestamp(_column(moment), ALLIANCE_TIME_ZONE))


def happened_by(moment: str | Column, as_of: date) -> Column:
    """Whether the moment lies on as_of or earlier; null moments have not happened.

    Like the windows below never null, and made of comparisons alone: by those a reader of Parquet skips what is not
    wanted, and not by `coalesce`.
    """
    return _column(moment).isNotNull() & (_column(moment) < F.lit(midnight_after(as_of)))


def midnight_after(day: date) -> datetime:
    """The moment at which the alliance's day ends: comparing moments spares every row the way to its local day."""
    return datetime.combine(day + timedelta(days=1), time(), ZoneInfo(ALLIANCE_TIME_ZONE)).astimezone(UTC)


def days_before(as_of: date, moment: str | Column) -> Column:
    """Whole local days from the moment to as_of; 0 on as_of itself."""
    return F.datediff(F.lit(as_of), local_date(moment))


def in_last_days(moment: str | Column, days: int, as_of: date) -> Column:
    """Whether the moment lies within the last `days` local days, as_of included and the first.

    Never null: a null moment lies in no window.
    """
    begins = F.lit(midnight_after(as_of - timedelta(days=days)))
    return happened_by(moment, as_of) & (_column(moment) >= begins)


def on_days_before(moment: str | Column, days: Iterable[int], as_of: date) -> Column:
    """Whether the moment lies on one of these local days before as_of, which is day 0."""
    is_on = F.lit(False)
    for day in days:
        is_on |= in_last_days(moment, 1, as_of - timedelta(days=day))
    return is_on


def sum_where(condition: Column, value: str | Column) -> Column:
    """The sum of an integer value over the rows where the condition holds; 0 when it holds nowhere."""
    return F.sum(F.when(condition, _column(value)).otherwise(F.lit(0))).cast("bigint")


def count_where(condition: Column) -> Column:
    """The number of rows where the condition holds; 0 when it holds nowhere."""
    return F.count(F.when(condition, F.lit(1)))


def share_of(part: Column, whole: Column) -> Column:
    """part over whole as a double; null when the whole is 0."""
    return F.when(whole != 0, part.cast("double") / whole.cast("double"))


def aggregates_of(*features: Feature) -> list[Column]:
    """The declared measures as aggregates over a customer's rows, or as expressions over a row, under their names."""
    return [F.expr(f"{feature.formula} AS {feature.column.name}") for feature in features]


def carry_on(yesterday: DataFrame, moving: DataFrame, changes: Changes) -> DataFrame:
    """Yesterday's rows as they are today, of customers of whom nothing new is known.

    moving: the source rows on `changes.days_to_read`, with customer_id and the columns that the measures read.
    """
    gained = moving.groupBy("customer_id").agg(
        *(F.expr(f"{change_of(total)} AS {total.column.name}_gained") for total in changes.sums)
    )
    sums = {
        total.column.name: F.col(total.column.name) + F.coalesce(f"{total.column.name}_gained", F.expr("0L"))
        for total in changes.sums
    }
    ages = {name: F.col(name) + 1 for name in changes.ageing}
    carried = yesterday.join(gained, "customer_id", how="left").withColumns(sums | ages)
    return carried.withColumns({name: F.expr(formula) for name, formula in changes.derived.items()})


def _column(value: str | Column) -> Column:
    return F.col(value) if isinstance(value, str) else value
