"""Which of several deliveries of the same row counts: one row per key, chosen by a total order.

Partners deliver late, repeat themselves and correct themselves, so a key may arrive many times. Every choice here is
the largest of a key's rows in an order over all columns: whatever the order and the partitioning of the rows, the same
row is kept. The largest is found by aggregation, which for tables of mostly single rows costs less than a window; rows
of a key are brought together first, since to aggregate before that would sort all of them twice and leave as many.
Beside the row stands `known_date`: the day on which its first version reached us, whichever version counts.
"""

from __future__ import annotations

from datetime import date

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from jobs.windows import happened_by, local_date


def keep_newest_delivery(rows: DataFrame, *key: str, together_by: tuple[str, ...] = ()) -> DataFrame:
    """One row per key: the one that reached us last; for facts that have no version of their own.

    together_by: the part of the key by which the rows are shuffled, for callers that go on with it; else the whole key.
    """
    return _keep_largest(rows, key, [F.col("captured_date")], together_by)


def keep_newest_of_repeated(rows: DataFrame, *key: str) -> DataFrame:
    """The same for the largest tables, where a fact is delivered again only by mistake.

    Rows that are alone with their key pass as they are: to sort them all for the few others costs twice as much.
    """
    repeated = rows.groupBy(*key).agg(F.count("*").alias("deliveries")).where("deliveries > 1").select(*key)
    alone = rows.join(repeated, list(key), how="leftanti").withColumn("known_date", F.col("captured_date"))
    return alone.unionByName(keep_newest_delivery(rows.join(repeated, list(key), how="leftsemi"), *key))


def keep_version_in_force(versions: DataFrame, *key: str, as_of: date) -> DataFrame:
    """One row per key: the newest version changed by as_of, and where none is that old, the oldest later one.

    A key that we know only from a later version is kept, because a first delivery holds years of history in newest
    versions only: the moments in the row (when it was opened, paid, registered) say whether it existed on as_of.
    Of the same version delivered twice the later delivery counts. `in_force_date` is the day from which on the version
    was known and counted: on every day since, until as_of, it was the one.
    """
    is_by_as_of = happened_by("updated_at", as_of)
    changed = F.unix_micros("updated_at")
    kept = _keep_largest(
        versions, key, [is_by_as_of, F.when(is_by_as_of, changed).otherwise(-changed), F.col("captured_date")]
    )
    begins = F.when(is_by_as_of, local_date("updated_at"))
    return kept.withColumn("in_force_date", F.greatest("captured_date", begins))


def known_by_moment(moment: str, as_of: date) -> Column:
    """The moment where it has come by as_of, null where it lies later: on as_of nobody knew of it."""
    return F.when(happened_by(moment, as_of), F.col(moment))


def _keep_largest(
    rows: DataFrame, key: tuple[str, ...], order: list[Column], together_by: tuple[str, ...] = ()
) -> DataFrame:
    """The row of each key that is largest by `order`, and among equal ones by its other columns."""
    other_columns = [name for name in rows.columns if name not in key]
    order_columns = [column.alias(f"_order_{place}") for place, column in enumerate(order)]
    largest = F.max(F.struct(*order_columns, *sorted(other_columns))).alias("_largest")
    together = rows.repartition(*map(F.col, together_by or key))
    kept = together.groupBy(*key).agg(largest, F.min("captured_date").alias("known_date"))
    return kept.select(*key, *(F.col(f"_largest.{name}").alias(name) for name in other_columns), "known_date")
