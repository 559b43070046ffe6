"""Who went 60 or more days past due within six months of an observation date."""

from __future__ import annotations

from datetime import date

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs.labels.unpaid_stretches import find_unpaid_stretches, worst_delays
from schemas.labels.credit_default import DEFAULT_60_DAYS, DEFAULT_DAYS


def build(instalments: DataFrame, repayments: DataFrame, identities: DataFrame, *, as_of: date) -> DataFrame:
    """One row per matured observation date and customer who then owed something that could go 60 days past due."""
    windows = [(day, DEFAULT_60_DAYS.window_end(day)) for day in DEFAULT_60_DAYS.observation_dates(as_of)]
    stretches = find_unpaid_stretches(instalments, repayments, as_of)
    return (
        worst_delays(stretches, identities, windows, default_days=DEFAULT_DAYS)
        .withColumnRenamed("window_end_date", "performance_end_date")
        .withColumn("is_default", F.col("days_past_due_max_after") >= DEFAULT_DAYS)
    )
