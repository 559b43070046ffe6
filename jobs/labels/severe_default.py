"""Who went 90 or more days past due within twelve months of an observation date."""

from __future__ import annotations

from datetime import date

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs.labels.unpaid_stretches import find_unpaid_stretches, worst_delays
from schemas.labels.severe_default import DEFAULT_90_DAYS, DEFAULT_DAYS, INDETERMINATE_DAYS


def build(instalments: DataFrame, repayments: DataFrame, identities: DataFrame, *, as_of: date) -> DataFrame:
    """One row per matured observation date and customer who then owed something that could go 90 days past due."""
    windows = [(day, DEFAULT_90_DAYS.window_end(day)) for day in DEFAULT_90_DAYS.observation_dates(as_of)]
    stretches = find_unpaid_stretches(instalments, repayments, as_of)
    worst = F.col("days_past_due_max_after")
    outcome = F.when(worst >= DEFAULT_DAYS, "bad").when(worst >= INDETERMINATE_DAYS, "indeterminate").otherwise("good")
    return worst_delays(stretches, identities, windows, default_days=DEFAULT_DAYS).withColumn("outcome", outcome)
