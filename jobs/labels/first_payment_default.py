"""Whose first instalment was not paid."""

from __future__ import annotations

from datetime import date

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from jobs.labels.unpaid_stretches import find_unpaid_stretches
from schemas.labels.first_payment_default import (
    DEFAULT_DAYS,
    FIRST_PAYMENT_MISSED,
    GOOD_DAYS,
    LONGEST_FIRST_TERM_DAYS,
)

FIRST = 1


def build(instalments: DataFrame, repayments: DataFrame, identities: DataFrame, *, as_of: date) -> DataFrame:
    """One row per plan whose first instalment has matured.

    A delay is counted from the due date as first agreed: a plan that is rescheduled before its first payment does not
    look better for it. A first instalment that was paid and taken back is unpaid again from that day.
    """
    first = instalments.where(F.col("instalment_number") == FIRST)
    stretches = find_unpaid_stretches(first, repayments, as_of)
    plans = stretches.groupBy(
        "plan_id", "source_record_id", F.col("plan_opened_date").alias("observation_date"), "first_due_date"
    ).agg(F.max(_days_late()).alias("first_days_past_due"))
    days = F.col("first_days_past_due")
    outcome = F.when(days >= DEFAULT_DAYS, "bad").when(days > GOOD_DAYS, "indeterminate").otherwise("good")
    window_end = F.date_add("observation_date", FIRST_PAYMENT_MISSED.window_days)
    return (
        plans.where(F.datediff("first_due_date", "observation_date") <= LONGEST_FIRST_TERM_DAYS)
        .where(F.date_add(window_end, FIRST_PAYMENT_MISSED.settle_days) <= F.lit(as_of))
        .join(identities.select("source_record_id", "customer_id"), "source_record_id", how="inner")
        .withColumns({"outcome": outcome, "window_end_date": window_end})
    )


def _days_late() -> Column:
    """Of a stretch without full payment: days from the first due date to its end, DEFAULT_DAYS at most.

    What begins later than that is another story; every plan has the stretch that begins when it is opened.
    """
    limit = F.date_add("first_due_date", DEFAULT_DAYS)
    end = F.least(F.coalesce("unpaid_until", limit), limit)
    days = F.greatest(F.datediff(end, "first_due_date"), F.lit(0))
    return F.when(F.col("unpaid_from") <= limit, days).otherwise(F.lit(0))
