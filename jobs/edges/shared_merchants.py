"""Who buys at the same small merchant."""

from __future__ import annotations

from datetime import date
from typing import Final

from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F

from jobs.relations.pairs import tie_holders
from jobs.windows import in_last_days

WINDOW_DAYS: Final = 90  # a season: who still goes there, and few enough movements to read every night


def build(transactions: DataFrame, identities: DataFrame, *, as_of: date) -> DataFrame:
    """One row per pair of customers who paid a merchant of at most ten customers within WINDOW_DAYS."""
    merchant = ("bank_code", "merchant_id")  # ids are unique per bank only
    payments = transactions.where(
        in_last_days("booked_at", WINDOW_DAYS, as_of) & F.col("merchant_id").isNotNull() & (F.col("amount_cents") < 0)
    )
    first_and_last = (F.min("booked_at").alias("first_seen_at"), F.max("booked_at").alias("last_seen_at"))
    by_record = payments.groupBy(*merchant, "source_record_id").agg(
        *first_and_last, F.min("known_date").alias("known_date")
    )
    buyers = (
        by_record.join(identities.select("source_record_id", "customer_id"), "source_record_id", how="inner")
        .groupBy(*merchant, "customer_id")
        .agg(*(function(name).alias(name) for function, name in OF_RECORDS))
        .withColumn("holder_count", F.count("*").over(Window.partitionBy(*merchant)))
    )
    return tie_holders(buyers, merchant).withColumnRenamed("shared_count", "merchant_count")


OF_RECORDS: Final = ((F.min, "first_seen_at"), (F.max, "last_seen_at"), (F.min, "known_date"))
"""A customer's records together."""
