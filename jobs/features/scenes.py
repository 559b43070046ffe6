"""In which scenes of life a customer spends, at the shop and by bank card, online and in person."""

from __future__ import annotations

from datetime import date
from typing import Final

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs.windows import aggregates_of, count_where, days_before, happened_by
from schemas.features.scenes import MERCHANT_MEASURES, MIX_FORMULAS, SPENDING_MEASURES

YEAR_DAYS: Final = 365


def build(purchases: DataFrame, transactions: DataFrame, identities: DataFrame, *, as_of: date) -> DataFrame:
    """One row per customer with a purchase or a card payment in the last 365 days.

    A purchase counts on the day it was paid, a card payment on the day it was booked; what a merchant gave back counts
    against the spending of that day.
    """
    records = identities.select("source_record_id", "customer_id")
    bank_customers = (
        records.where(~F.col("source_record_id").startswith("shop:"))
        .select("customer_id", F.lit(True).alias("has_bank"))
        .distinct()
    )
    payments = tell_card_payments(transactions, records, as_of)
    spending = tell_purchases(purchases, records, bank_customers, as_of).unionByName(payments.drop("merchant_id"))
    return (
        spending.where(F.col("days_ago") < YEAR_DAYS)
        .groupBy("customer_id")
        .agg(*aggregates_of(*SPENDING_MEASURES))
        .select("*", *aggregates_of(*MIX_FORMULAS))
        .join(describe_merchants(payments), "customer_id", how="left")
        .fillna(0, "merchant_count_90d")
    )


def tell_purchases(purchases: DataFrame, records: DataFrame, bank_customers: DataFrame, as_of: date) -> DataFrame:
    """One row per purchase paid by as_of; not counted when a partner bank has booked the same payment."""
    is_paid_by_card = F.col("payment_method") == "bank_card"
    return (
        purchases.where(happened_by("paid_at", as_of))
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


def tell_card_payments(transactions: DataFrame, records: DataFrame, as_of: date) -> DataFrame:
    """One row per card payment booked by as_of, negative where a merchant gave money back."""
    is_card = F.col("transaction_type").isin("pos", "online")
    return (
        transactions.where(is_card & happened_by("booked_at", as_of))
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
            "merchant_id",
        )
    )


def describe_merchants(payments: DataFrame) -> DataFrame:
    """One row per customer who ever paid a merchant by card."""
    return (
        payments.where("merchant_id IS NOT NULL AND cents > 0")
        .groupBy("customer_id", "merchant_id")
        .agg(
            F.min("days_ago").alias("newest_days_ago"),
            F.max("days_ago").alias("oldest_days_ago"),
            count_where(F.col("days_ago") < YEAR_DAYS).alias("payment_count"),
        )
        .groupBy("customer_id")
        .agg(*aggregates_of(*MERCHANT_MEASURES))
    )
