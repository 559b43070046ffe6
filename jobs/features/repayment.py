"""How a customer keeps the promise to pay instalments."""

from __future__ import annotations

from datetime import date
from typing import Final

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from jobs.windows import count_where, days_before, happened_by, in_last_days, share_of, sum_where

EARLY_DAYS: Final = 3  # a transfer takes up to two banking days; three early is on purpose
NEXT_DAYS: Final = 30  # every plan is due once a month


def build(instalments: DataFrame, repayments: DataFrame, identities: DataFrame, *, as_of: date) -> DataFrame:
    """One row per customer with an instalment plan opened by as_of.

    An instalment without any payment has no payment row and is as late as its due date says, never "current".
    A payment that was taken back was never paid: the instalment then has no settled_date.
    """
    owed = (
        instalments.where(happened_by("plan_opened_at", as_of))
        .join(identities.select("source_record_id", "customer_id"), "source_record_id", how="inner")
        .withColumn("days_since_due", F.datediff(F.lit(as_of), "due_date"))  # negative when due after as_of
        .withColumn("days_late", F.datediff(F.coalesce("settled_date", F.lit(as_of)), "due_date"))
        .withColumn("owed_cents", F.greatest(F.col("due_cents") - F.col("paid_cents"), F.lit(0)))
    )
    plans = describe_plans(owed, repayments, as_of)
    return owed.groupBy("customer_id").agg(*describe_instalments(as_of)).join(plans, "customer_id", how="inner")


def describe_instalments(as_of: date) -> list[Column]:
    """The aggregates over a customer's instalments."""
    is_due = F.col("days_since_due") >= 0
    is_due_next = F.col("days_since_due").between(-NEXT_DAYS, -1)
    is_unpaid_due = is_due & F.col("settled_date").isNull()
    days_past_due = F.coalesce(F.max(F.when(is_unpaid_due, F.col("days_since_due"))), F.lit(0))
    in_half_year, in_year = (F.col("days_since_due").between(0, days - 1) for days in (180, 365))
    is_settled_early = F.col("settled_date").isNotNull() & (F.col("days_late") <= -EARLY_DAYS)
    is_settled_on_time = F.col("settled_date").isNotNull() & (F.col("days_late") <= 0)
    due_count = count_where(in_year)
    return [
        sum_where(is_due, "owed_cents").alias("unpaid_due_cents"),
        sum_where(is_due_next, "owed_cents").alias("due_cents_next_30d"),
        days_past_due.alias("days_past_due"),
        bucket_of(days_past_due).alias("days_past_due_bucket"),
        worst_delay(in_half_year).alias("days_past_due_max_180d"),
        worst_delay(in_year).alias("days_past_due_max_365d"),
        count_where(in_year & (F.col("days_late") >= 1)).alias("late_instalment_count_365d"),
        share_of(count_where(in_year & is_settled_on_time), due_count).alias("on_time_share_365d"),
        share_of(count_where(in_year & is_settled_early), due_count).alias("early_share_365d"),
        count_where(in_year & F.col("is_rescheduled")).alias("rescheduled_count_365d"),
        F.min(days_before(as_of, "last_paid_at")).alias("days_since_last_payment"),
    ]


def describe_plans(owed: DataFrame, repayments: DataFrame, as_of: date) -> DataFrame:
    """One row per customer: how many plans, and how often a payment towards them was taken back."""
    reversals = (
        repayments.where(in_last_days("paid_at", 365, as_of) & F.col("is_reversal"))
        .groupBy("plan_id")
        .agg(F.count("repayment_id").alias("reversal_count"))
    )
    plans = owed.groupBy("customer_id", "plan_id").agg(F.min("plan_opened_at").alias("opened_at"))
    return (
        plans.join(reversals, "plan_id", how="left")
        .groupBy("customer_id")
        .agg(
            F.count("plan_id").alias("plan_count"),
            count_where(in_last_days("opened_at", 90, as_of)).alias("plan_count_90d"),
            F.coalesce(F.sum("reversal_count"), F.lit(0)).cast("bigint").alias("reversal_count_365d"),
        )
    )


def worst_delay(is_meant: Column) -> Column:
    """The most days an instalment was paid, or is still unpaid, after its due date; null when none is meant."""
    return F.max(F.when(is_meant, F.greatest("days_late", F.lit(0))))


def bucket_of(days_past_due: Column) -> Column:
    """The industry's standard bucket of days past due."""
    return (
        F.when(days_past_due == 0, "current")
        .when(days_past_due < 30, "1-29")
        .when(days_past_due < 60, "30-59")
        .when(days_past_due < 90, "60-89")
        .otherwise("90+")
    )
