"""Who stopped buying, each by their own rhythm."""

from __future__ import annotations

from datetime import date

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from jobs.windows import local_date
from schemas.cleaned.shop_users import SHOP
from schemas.labels.churn import (
    CHURNS,
    LAST_ORDER_DAYS,
    LEAST_ORDER_DAYS,
    LONGEST_WINDOW_DAYS,
    QUANTILE_TENTHS,
    SHORTEST_WINDOW_DAYS,
)


def build(shop_orders: DataFrame, identities: DataFrame, *, as_of: date) -> DataFrame:
    """One row per matured observation date and customer who had a rhythm by then.

    Orders count from their payment on, whatever became of them later: who is asked depends on nothing later.
    """
    days = days_with_an_order(shop_orders, identities)
    dates = F.array(*map(F.lit, CHURNS.observation_dates(as_of)))
    observed = days.withColumn("observation_date", F.explode(dates)).withColumns(
        {
            "before": F.filter("order_dates", lambda day: day <= F.col("observation_date")),
            "first_after": F.array_min(F.filter("order_dates", lambda day: day > F.col("observation_date"))),
        }
    )
    with_rhythm = observed.where(
        (F.size("before") >= LEAST_ORDER_DAYS)
        & (F.datediff("observation_date", F.element_at("before", -1)) < LAST_ORDER_DAYS)
    ).withColumn("window_days", _own_window())
    return with_rhythm.select(
        "observation_date",
        "customer_id",
        F.coalesce(F.datediff("first_after", "observation_date") > F.col("window_days"), F.lit(True)).alias(
            "is_churned"
        ),
        "window_days",
        F.size("before").cast("bigint").alias("order_day_count"),
        F.date_add("observation_date", F.col("window_days")).alias("window_end_date"),
    )


def days_with_an_order(shop_orders: DataFrame, identities: DataFrame) -> DataFrame:
    """One row per customer: order_dates, the local days with a paid order, each once, oldest first."""
    paid = shop_orders.where(F.col("paid_at").isNotNull()).select(
        F.concat(F.lit(f"{SHOP}:"), "shop_user_id").alias("source_record_id"), local_date("paid_at").alias("order_date")
    )
    return (
        paid.distinct()  # versions of an order, and orders of one day
        .join(identities.select("source_record_id", "customer_id"), "source_record_id", how="inner")
        .groupBy("customer_id")
        .agg(F.sort_array(F.collect_set("order_date")).alias("order_dates"))
    )


def _own_window() -> Column:
    """The ninth decile, by nearest rank, of the pauses between neighbouring days of `before`, within bounds."""
    count = F.size("before") - 1
    pauses = F.sort_array(
        F.transform(
            F.sequence(F.lit(1), count),
            lambda position: F.datediff(
                F.element_at("before", (position + 1).cast("int")), F.element_at("before", position.cast("int"))
            ),
        )
    )
    rank = F.ceil(count * F.lit(QUANTILE_TENTHS) / F.lit(10)).cast("int")
    bounded = F.least(F.greatest(F.element_at(pauses, rank), F.lit(SHORTEST_WINDOW_DAYS)), F.lit(LONGEST_WINDOW_DAYS))
    return bounded.cast("int")
