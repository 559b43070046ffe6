"""In which scenes of life a customer spends, at the shop and by bank card, online and in person."""

from __future__ import annotations

from datetime import date
from typing import Final

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs.windows import aggregates_of, count_where, days_before, happened_by, in_last_days
from schemas.features.scenes import MERCHANT_MEASURES, MIX_FORMULAS, SPENDING_MEASURES

YEAR_DAYS: Final = 365


def build(purchases: DataFrame, transactions: DataFrame, identities: DataFrame, *, as_of: date) -> DataFrame:
    """One row per customer with a purchase or a card payment in the last 365 days.

    A purchase counts on the day it was paid, a card payment on the day it was booked; what a merchant gave back counts
    against the spending of that day.
    """
    records = identities.where(happened_by("record_since", as_of)).select("source_record_id", "customer_id")
    bank_customers = (
        records.where(~F.col("source_record_id").startswith("shop:"))
        .select("customer_id", F.lit(True).alias("has_bank"))
        .distinct()
    )
    card_payments = transactions.where(
        F.col("transaction_type").isin("pos", "online") & happened_by("booked_at", as_of)
    )
    spending = tell_purchases(purchases, records, bank_customers, as_of).unionByName(
        tell_card_payments(card_payments, records, as_of)
    )
    return (
        spending.groupBy("customer_id")
        .agg(*aggregates_of(*SPENDING_MEASURES))
        .select("*", *aggregates_of(*MIX_FORMULAS))
        .join(describe_merchants(card_payments, records, as_of), "customer_id", how="left")
        .fillna(0, "merchant_count_90d")
    )


def tell_purchases(purchases: DataFrame, records: DataFrame, bank_customers: DataFrame, as_of: date) -> DataFrame:
    """One row per purchase of the last 365 days; not counted when a partner bank has booked the same payment."""
    is_paid_by_card = F.col("payment_method") == "bank_card"
    return (
        purchases.where(in_last_days("paid_at", YEAR_DAYS, as_of))
        .join(records, "source_record_id", how="inner")
        .join(bank_customers, "customer_id", how="left")
        .select(
            "customer_id",
            days_before(as_of, "paid_at").alias("days_ago"),
            F.col("net_cents").alias("cents"),
            "scene",
            "is_offline",
            F.lit(True).alias("is_shop"),
            (~is_paid_by_card | F.col("has_bank").isNull()).alias("is_counted"),
            (F.col("discount_cents") > 0).alias("is_discounted"),
            (F.col("payment_method") == "instalment_credit").alias("is_on_credit"),
        )
    )


def tell_card_payments(card_payments: DataFrame, records: DataFrame, as_of: date) -> DataFrame:
    """One row per card payment of the last 365 days, negative where a merchant gave money back."""
    return (
        card_payments.where(in_last_days("booked_at", YEAR_DAYS, as_of))
        .join(records, "source_record_id", how="inner")
        .select(
            "customer_id",
            days_before(as_of, "booked_at").alias("days_ago"),
            (-F.col("amount_cents")).alias("cents"),
            F.coalesce("scene", F.lit("other")).alias("scene"),
            "is_offline",
            F.lit(False).alias("is_shop"),
            F.lit(True).alias("is_counted"),
            F.lit(False).alias("is_discounted"),
            F.lit(False).alias("is_on_credit"),
        )
    )


def describe_merchants(card_payments: DataFrame, records: DataFrame, as_of: date) -> DataFrame:
    """One row per customer who ever paid a merchant by card."""
    by_record = (
        card_payments.where("merchant_id IS NOT NULL AND amount_cents < 0")
        .groupBy("source_record_id", "merchant_id")
        .agg(
            F.max("booked_at").alias("newest_at"),
            F.min("booked_at").alias("oldest_at"),
            count_where(in_last_days("booked_at", YEAR_DAYS, as_of)).alias("payment_count"),
        )
    )
    return (
        by_record.join(records, "source_record_id", how="inner")
        .groupBy("customer_id", "merchant_id")
        .agg(
            days_before(as_of, F.max("newest_at")).alias("newest_days_ago"),
            days_before(as_of, F.min("oldest_at")).alias("oldest_days_ago"),
            F.sum("payment_count").alias("payment_count"),
        )
        .groupBy("customer_id")
        .agg(*aggregates_of(*MERCHANT_MEASURES))
    )
