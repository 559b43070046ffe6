"""How a customer keeps the promise to pay instalments."""

from __future__ import annotations

from datetime import date

from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F

from jobs.windows import aggregates_of, days_before, happened_by, in_last_days
from schemas.features.repayment import (
    DECAY_PER_DAY,
    INSTALMENT_MEASURES,
    PAYMENT_MEASURES,
    PLAN_MEASURES,
    RATE_POINTS,
)

NEWEST_DUE_FIRST = ("is_due", "due_date", "plan_id", "instalment_number")  # a total order: the ids break ties


def build(instalments: DataFrame, repayments: DataFrame, identities: DataFrame, *, as_of: date) -> DataFrame:
    """One row per customer with an instalment plan opened by as_of.

    An instalment without any payment has no payment row and is as late as its due date says, never "current".
    A payment that was taken back was never paid: the instalment then has no settled_date.
    """
    records = identities.select("source_record_id", "customer_id")
    owed = tell_delays(
        instalments.where(happened_by("plan_opened_at", as_of)).join(records, "source_record_id", how="inner"), as_of
    )
    return (
        owed.groupBy("customer_id")
        .agg(*aggregates_of(*INSTALMENT_MEASURES))
        .join(describe_payments(repayments, records, as_of), "customer_id", how="left")
        .join(describe_plans(owed, repayments, as_of), "customer_id", how="left")
    )


def tell_delays(owed: DataFrame, as_of: date) -> DataFrame:
    """The instalments with their delays; days_ago is negative for what is due after as_of.

    weighted_delay is in units of 1e-8 days, so that sums are exact: ten-thousandths of the decay times ten-thousandths
    of paid over due.
    """
    delayed = owed.withColumns(
        {
            "days_ago": F.datediff(F.lit(as_of), "due_date"),
            "days_late": F.datediff(F.coalesce("settled_date", F.lit(as_of)), "due_date"),
            "days_since_settled": F.datediff(F.lit(as_of), "settled_date"),
            "days_since_paid": days_before(as_of, "last_paid_at"),
            "days_since_moved": days_before(as_of, "rescheduled_at"),
            "owed_cents": F.greatest(F.col("due_cents") - F.col("paid_cents"), F.lit(0)),
        }
    )
    newest_first = Window.partitionBy("customer_id").orderBy(*(F.col(name).desc() for name in NEWEST_DUE_FIRST))
    paid_over_due = F.expr("greatest(paid_cents, due_cents) * 10000 DIV greatest(due_cents, 1L)")
    return delayed.withColumns(
        {
            "is_due": F.col("days_ago") >= 0,
            "weighted_delay": F.greatest("days_late", F.lit(0))
            * paid_over_due
            * (F.lit(10_000) - DECAY_PER_DAY * F.col("days_ago")),
        }
    ).withColumn("instalments_ago", F.expr("CASE WHEN is_due THEN 1 END") * (F.row_number().over(newest_first) - 1))


def describe_payments(repayments: DataFrame, records: DataFrame, as_of: date) -> DataFrame:
    """One row per customer who paid in the last 365 days: how evenly the days with a payment follow one another."""
    is_payment = ~F.col("is_reversal") & (F.col("amount_cents") > 0)
    newest_last = Window.partitionBy("customer_id").orderBy(F.col("days_ago").desc())
    return (
        repayments.where(in_last_days("paid_at", 365, as_of) & is_payment)
        .join(records, "source_record_id", how="inner")
        .select("customer_id", days_before(as_of, "paid_at").alias("days_ago"))
        .distinct()
        .withColumn("gap_days", F.lag("days_ago").over(newest_last) - F.col("days_ago"))
        .groupBy("customer_id")
        .agg(*aggregates_of(*PAYMENT_MEASURES))
    )


def describe_plans(owed: DataFrame, repayments: DataFrame, as_of: date) -> DataFrame:
    """One row per customer with an instalment plan: how many plans, how they end, and payments taken back."""
    reversals = (
        repayments.where(in_last_days("paid_at", 365, as_of) & F.col("is_reversal"))
        .groupBy("plan_id")
        .agg(F.count("repayment_id").alias("reversal_count"))
    )
    closed_date = F.when(F.count("instalment_number") == F.count("settled_date"), F.max("settled_date"))
    plans = owed.groupBy("customer_id", "plan_id").agg(
        F.min("plan_opened_at").alias("opened_at"),
        closed_date.alias("closed_date"),
        F.max("due_date").alias("last_due_date"),
        F.max(F.round(F.col("annual_rate") * RATE_POINTS).cast("bigint")).alias("rate_points"),
    )
    opened_before = (
        Window.partitionBy("customer_id").orderBy("opened_at", "plan_id").rowsBetween(Window.unboundedPreceding, -1)
    )
    is_any_open = F.max(F.col("closed_date").isNull()).over(opened_before)
    last_closed_date = F.max("closed_date").over(opened_before)
    return (
        plans.withColumns(
            {
                "days_ago": days_before(as_of, "opened_at"),
                "days_closed_late": F.datediff("closed_date", "last_due_date"),
                "days_closed_ago": F.datediff(F.lit(as_of), last_closed_date),
                "is_any_open": is_any_open,
            }
        )
        .withColumn(
            "is_stacked",
            F.coalesce(F.col("is_any_open") | (F.col("days_closed_ago") < F.col("days_ago")), F.lit(False)),
        )
        .join(reversals, "plan_id", how="left")
        .groupBy("customer_id")
        .agg(*aggregates_of(*PLAN_MEASURES))
    )
