"""How recently, how often and for how much a customer buys."""

from __future__ import annotations

from datetime import date
from typing import Final

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from jobs.windows import count_where, days_before, happened_by, share_of, sum_where
from schemas.columns import SCENES

WINDOWS: Final = (30, 90, 365)  # a month, a season and a year
YEAR_DAYS: Final = 365


def build(purchases: DataFrame, refunds: DataFrame, identities: DataFrame, *, as_of: date) -> DataFrame:
    """One row per customer with a purchase in the last 365 days.

    A purchase counts on the local day it was paid, a refund on the day it was given back. Only refunds of orders that
    still are purchases count: a cancelled order has left the purchases, and its refund must not be taken off again.
    """
    refunded = sum_refunds_of_each_order(refunds, as_of)
    return (
        purchases.where(happened_by("paid_at", as_of))
        .withColumn("days_ago", days_before(as_of, "paid_at"))
        .join(refunded, "order_id", how="left")
        .join(identities.select("source_record_id", "customer_id"), "source_record_id", how="inner")
        .groupBy("customer_id")
        .agg(*describe_purchases())
        .where("purchase_count_365d > 0")
    )


def sum_refunds_of_each_order(refunds: DataFrame, as_of: date) -> DataFrame:
    """One row per refunded order: cents given back in each window; refunds after as_of have not happened."""
    return (
        refunds.where(happened_by("refunded_at", as_of))
        .withColumn("days_ago", days_before(as_of, "refunded_at"))
        .groupBy("order_id")
        .agg(*(sum_where(in_window(days), "amount_cents").alias(refunded_in(days)) for days in WINDOWS))
    )


def describe_purchases() -> list[Column]:
    """The aggregates over a customer's purchases; all from integer sums, so the order of rows cannot show."""
    in_year = in_window(YEAR_DAYS)
    purchase_count = count_where(in_year)
    paid_cents = sum_where(in_year, "net_cents")
    refund_share = share_of(sum_refunded(YEAR_DAYS), paid_cents)
    bought_in_scene = [F.max((in_year & (F.col("scene") == scene)).cast("bigint")) for scene in SCENES]
    return [
        F.min("days_ago").alias("days_since_last_purchase"),
        *(count_where(in_window(days)).alias(f"purchase_count_{days}d") for days in WINDOWS),
        *(
            (sum_where(in_window(days), "net_cents") - sum_refunded(days)).alias(f"net_spend_cents_sum_{days}d")
            for days in WINDOWS
        ),
        F.when(refund_share > 1, 1.0).otherwise(refund_share).alias("refund_share_365d"),
        share_of(sum_where(in_year, "discount_cents"), sum_where(in_year, "gross_cents")).alias("discount_share_365d"),
        share_of(count_where(in_year & (F.col("payment_method") == "instalment_credit")), purchase_count).alias(
            "instalment_share_365d"
        ),
        sum(bought_in_scene, F.lit(0)).cast("bigint").alias("scene_count_365d"),
    ]


def in_window(days: int) -> Column:
    """Whether a row of the last days is meant; days_ago is 0 on as_of and never negative here."""
    return F.col("days_ago") < days


def refunded_in(days: int) -> str:
    """The column that holds what was given back for an order in the last days."""
    return f"refunded_cents_{days}d"


def sum_refunded(days: int) -> Column:
    """Cents given back in the last days over all of a customer's purchases, older ones included; 0 when none."""
    return F.sum(F.coalesce(refunded_in(days), F.lit(0))).cast("bigint")
