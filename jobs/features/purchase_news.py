"""Of which customers something is known today that was not known yesterday, told without reading all purchases.

A late purchase, a corrected one, a cancelled one, a refund, a record that came to another customer: each is found by
what it left. Purchases and refunds say since when they are as they are (`changed_date`). What was taken away or
replaced is missing among those that have not changed: where a day holds as many of them as the night before held
purchases, nothing is missing, for they are among those of the night before.
"""

from __future__ import annotations

from datetime import date
from functools import reduce
from typing import Final

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from jobs.windows import on_days_before
from schemas.features.purchase_value import CHANGES

NEW_DAY: Final = 0
DAY: Final = "unix_micros(paid_at) DIV 86400000000"  # of UTC: any cut into days serves to count


def find_customers_with_news(
    purchases: DataFrame,
    refunds: DataFrame,
    records: DataFrame,
    previous_purchases: DataFrame,
    previous_records: DataFrame,
    as_of: date,
) -> DataFrame:
    """One row per customer who has to be described anew.

    Besides news these are the customers with a purchase or refund on as_of, or on a day that changes what no sum tells.
    """
    moving_days = (NEW_DAY, *CHANGES.days_to_describe_anew)
    has_changed = F.col("changed_date") >= F.lit(as_of)
    touched = [
        purchases.where(has_changed | on_days_before("paid_at", moving_days, as_of)),
        refunds.where(has_changed | on_days_before("refunded_at", moving_days, as_of)),  # a refund knows its buyer
        find_gone(purchases.where(~has_changed), previous_purchases),
    ]
    of_records = reduce(DataFrame.unionByName, (rows.select("source_record_id") for rows in touched)).distinct()
    customers = of_records.join(records, "source_record_id", how="inner").select("customer_id")
    same = ["source_record_id", "customer_id"]
    came = records.join(previous_records, same, how="left_anti").select("customer_id")
    went = previous_records.join(records, same, how="left_anti").select("customer_id")
    return customers.unionByName(came).unionByName(went).distinct().localCheckpoint()  # read several times


def find_gone(unchanged: DataFrame, previous_purchases: DataFrame) -> DataFrame:
    """The purchases of the night before that are not among the unchanged ones.

    The days on which some are missing are fetched, a few numbers: only these days are then read and compared.
    """
    now = unchanged.groupBy(F.expr(DAY).alias("day")).agg(F.count("*").alias("now"))
    before = previous_purchases.groupBy(F.expr(DAY).alias("day")).agg(F.count("*").alias("before"))
    is_short = F.col("before") > F.coalesce("now", F.expr("0L"))
    days = [row.day for row in before.join(now, "day", how="left").where(is_short).select("day").collect()]
    still = unchanged.where(on_utc_days("paid_at", days)).select("order_id")
    return previous_purchases.where(on_utc_days("paid_at", days)).join(still, "order_id", how="left_anti")


def on_utc_days(moment: str, days: list[int]) -> Column:
    """Whether the moment lies on one of these days since 1970; neighbouring days are one range to a reader."""
    is_on = F.lit(False)
    for first in sorted(day for day in days if day - 1 not in days):
        end = first
        while end in days:
            end += 1
        begins, ends = (F.timestamp_seconds(F.lit(day * 86_400)) for day in (first, end))
        is_on |= (F.col(moment) >= begins) & (F.col(moment) < ends)
    return is_on
