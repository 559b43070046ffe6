"""Who sent money to whom."""

from __future__ import annotations

from datetime import date

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs.windows import happened_by, in_last_days, sum_where

RECENT_DAYS = 180  # two quarters: long enough for rent and family, short enough to notice that a tie ended


def build(transfers: DataFrame, identities: DataFrame, *, as_of: date) -> DataFrame:
    """One row per payer and payee who are different people, over all transfers by as_of.

    transfers: one row per transfer between source records. Money between the accounts of one person ties nobody.
    """
    between_records = _sum_by_records(transfers.where(happened_by("transferred_at", as_of)), as_of)
    payers = identities.select(
        F.col("source_record_id").alias("payer_source_record_id"), F.col("customer_id").alias("payer_customer_id")
    )
    payees = identities.select(
        F.col("source_record_id").alias("payee_source_record_id"), F.col("customer_id").alias("payee_customer_id")
    )
    return (
        between_records.join(payers, "payer_source_record_id", how="inner")
        .join(payees, "payee_source_record_id", how="inner")
        .where("payer_customer_id <> payee_customer_id")
        .groupBy("payer_customer_id", "payee_customer_id")
        .agg(
            *(F.sum(name).alias(name) for name in ("transfer_count", "transfer_count_180d")),
            *(F.sum(name).alias(name) for name in ("amount_cents_sum", "amount_cents_sum_180d")),
            F.min("first_transferred_at").alias("first_transferred_at"),
            F.max("last_transferred_at").alias("last_transferred_at"),
            F.min("known_date").alias("known_date"),
        )
    )


def _sum_by_records(transfers: DataFrame, as_of: date) -> DataFrame:
    """One row per paying and receiving record: far fewer rows to find the customers of than transfers."""
    is_recent = in_last_days("transferred_at", RECENT_DAYS, as_of)
    return transfers.groupBy("payer_source_record_id", "payee_source_record_id").agg(
        F.count("*").alias("transfer_count"),
        sum_where(is_recent, F.lit(1)).alias("transfer_count_180d"),
        F.sum("amount_cents").alias("amount_cents_sum"),
        sum_where(is_recent, "amount_cents").alias("amount_cents_sum_180d"),
        F.min("transferred_at").alias("first_transferred_at"),
        F.max("transferred_at").alias("last_transferred_at"),
        F.min("known_date").alias("known_date"),
    )
