"""On which days instalments stood unpaid, and what that says of a customer after an observation date."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from jobs.windows import happened_by, local_date


def find_unpaid_stretches(instalments: DataFrame, repayments: DataFrame, as_of: date) -> DataFrame:
    """One row per stretch of days, from unpaid_from until the day before unpaid_until, at whose ends it was not paid.

    A part payment ends one stretch and begins the next; a reversal begins one again. unpaid_until is null while it
    lasts. A change of the amount due on a later schedule is taken as known from the start.
    """
    known = instalments.where(happened_by("plan_opened_at", as_of)).select(
        "plan_id",
        "instalment_number",
        "source_record_id",
        local_date("plan_opened_at").alias("plan_opened_date"),
        "first_due_date",
        "due_date",
        "due_cents",
    )
    instalment = Window.partitionBy("plan_id", "instalment_number").orderBy("unpaid_from")
    until_now = instalment.rowsBetween(Window.unboundedPreceding, Window.currentRow)
    return (
        sum_payments_of_each_day(known, repayments, as_of)
        .join(known, ["plan_id", "instalment_number"], how="inner")
        .withColumn("paid_cents", F.sum("amount_cents").over(until_now))
        .withColumn("unpaid_until", F.lead("unpaid_from").over(instalment))
        .where("paid_cents < due_cents")
    )


def sum_payments_of_each_day(known: DataFrame, repayments: DataFrame, as_of: date) -> DataFrame:
    """One row per instalment and day on which money came or was taken back, and one for the day the plan was opened."""
    names = ("plan_id", "instalment_number", "unpaid_from", "amount_cents")
    openings = known.select("plan_id", "instalment_number", "plan_opened_date", F.lit(0).cast("bigint")).toDF(*names)
    payments = repayments.where(happened_by("paid_at", as_of)).select(
        "plan_id", "instalment_number", local_date("paid_at"), "amount_cents"
    )
    every_day = openings.unionByName(payments.toDF(*names)).groupBy("plan_id", "instalment_number", "unpaid_from")
    return every_day.agg(F.sum("amount_cents").alias("amount_cents"))


def worst_delays(
    stretches: DataFrame, identities: DataFrame, windows: Sequence[tuple[date, date]], *, default_days: int
) -> DataFrame:
    """One row per window (observation date, last day) and customer who then owed what could default and had not yet.

    days_past_due_max_after: the worst delay within the window, of later plans too.
    Who is asked depends on nothing that happened after the observation date: on the plans opened and the payments made
    by then, and on due dates as first agreed. A later payment, reversal or new schedule changes no population.
    """
    return (
        stretches.join(identities.select("source_record_id", "customer_id"), "source_record_id", how="inner")
        .withColumn("observed", F.explode(_all_of(windows)))
        .select("*", "observed.*")
        .groupBy("observation_date", "customer_id", "window_end_date")
        .agg(*_describe_outcome(default_days))
        .where("could_default AND NOT was_in_default")
    )


def _all_of(windows: Sequence[tuple[date, date]]) -> Column:
    """Every observation date with the last day of its window, as one array."""
    return F.array(
        *(
            F.struct(F.lit(observed).alias("observation_date"), F.lit(last).alias("window_end_date"))
            for observed, last in windows
        )
    )


def _describe_outcome(default_days: int) -> list[Column]:
    """The aggregates over a customer's unpaid stretches, for one observation date."""
    observed, last = F.col("observation_date"), F.col("window_end_date")
    is_open = (F.col("plan_opened_date") <= observed) & (F.col("unpaid_from") <= observed)
    is_owed = is_open & F.coalesce(F.col("unpaid_until") > observed, F.lit(True))
    could_default = is_owed & (F.date_add("first_due_date", default_days) <= last)
    was_in_default = is_owed & (F.date_add("due_date", default_days) <= observed)
    last_late_day = F.least(F.coalesce("unpaid_until", last), last)  # the day of the payment counts as late
    is_late_after = (last_late_day > observed) & (F.col("unpaid_from") <= last)
    days_late = F.greatest(F.datediff(last_late_day, "due_date"), F.lit(0))
    return [
        F.max(could_default).alias("could_default"),
        F.max(was_in_default).alias("was_in_default"),
        F.coalesce(F.max(F.when(is_late_after, days_late)), F.lit(0)).alias("days_past_due_max_after"),
    ]
