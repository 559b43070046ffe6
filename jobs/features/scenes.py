"""In which scenes of life a customer spends, at the shop and by bank card, online and in person."""

from __future__ import annotations

from datetime import date

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs.windows import aggregates_of, count_where, days_before, happened_by, in_last_days
from schemas.features.scenes import MERCHANT_MEASURES, MIX_FORMULAS, SPENDING_MEASURES, TRADE_MEASURES
from schemas.windows import YEAR_DAYS


def build(
    purchases: DataFrame, refunds: DataFrame, transactions: DataFrame, identities: DataFrame, *, as_of: date
) -> DataFrame:
    """One row per customer with a purchase or a card payment in the last 365 days.

    A purchase counts on the day it was paid, a card payment on the day it was booked; what the shop or a merchant gave
    back counts against the spending of the day it was given back. As in purchase_value, only refunds of orders that
    still are purchases count.
    """
    known = identities.where(happened_by("record_since", as_of))
    records = known.select("source_record_id", "customer_id")
    card_payments = transactions.where(
        F.col("transaction_type").isin("pos", "online") & happened_by("booked_at", as_of)
    )
    bought = find_counted(purchases.where(happened_by("paid_at", as_of)), known)
    spending = (
        tell_purchases(bought, as_of)
        .unionByName(tell_refunds(refunds, bought, as_of))
        .unionByName(tell_card_payments(card_payments, records, as_of))
    )
    return (
        spending.groupBy("customer_id")
        .agg(*aggregates_of(*SPENDING_MEASURES), F.bool_and("is_refund").alias("has_only_refunds"))
        .where("NOT has_only_refunds")
        .select("*", *aggregates_of(*MIX_FORMULAS))
        .join(describe_merchants(card_payments, records, as_of), "customer_id", how="left")
        .join(describe_trades(card_payments, records, as_of), "customer_id", how="left")
        .fillna(0, ["merchant_count_90d", "trade_count_365d"])
    )


def find_counted(purchases: DataFrame, known: DataFrame) -> DataFrame:
    """The purchases with their customers; not counted where a partner bank has booked the same payment.

    A bank books what is paid by its card from the day on which its relation with the customer began.
    """
    bank_customers = (
        known.where(~F.col("source_record_id").startswith("shop:"))
        .groupBy("customer_id")
        .agg(F.min("record_since").alias("bank_since"))
    )
    is_booked = (F.col("payment_method") == "bank_card") & (F.col("paid_at") >= F.col("bank_since"))
    return (
        purchases.join(known.select("source_record_id", "customer_id"), "source_record_id", how="inner")
        .join(bank_customers, "customer_id", how="left")
        .select(
            "customer_id",
            "order_id",
            "paid_at",
            "net_cents",
            "scene",
            "is_offline",
            F.lit(True).alias("is_shop"),
            F.coalesce(~is_booked, F.lit(True)).alias("is_counted"),
            (F.col("discount_cents") > 0).alias("is_discounted"),
            (F.col("payment_method") == "instalment_credit").alias("is_on_credit"),
        )
    )


def tell_purchases(bought: DataFrame, as_of: date) -> DataFrame:
    """One row per purchase of the last 365 days."""
    return (
        bought.where(in_last_days("paid_at", YEAR_DAYS, as_of))
        .withColumns(
            {
                "days_ago": days_before(as_of, "paid_at"),
                "cents": F.col("net_cents"),
                "is_refund": F.lit(False),
            }
        )
        .drop("order_id", "paid_at", "net_cents")
    )


def tell_refunds(refunds: DataFrame, bought: DataFrame, as_of: date) -> DataFrame:
    """One row per refund of the last 365 days, negative, in the scene of its purchase; a purchase may be older."""
    recent = refunds.where(in_last_days("refunded_at", YEAR_DAYS, as_of))
    return (
        recent.select("order_id", "refunded_at", "amount_cents")
        .join(bought, "order_id", how="inner")
        .withColumns(
            {
                "days_ago": days_before(as_of, "refunded_at"),
                "cents": -F.col("amount_cents"),
                "is_refund": F.lit(True),
            }
        )
        .drop("order_id", "refunded_at", "amount_cents", "paid_at", "net_cents")
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
            F.lit(True).alias("is_counted"),
            (F.col("amount_cents") > 0).alias("is_refund"),
            *(F.lit(False).alias(name) for name in ("is_shop", "is_discounted", "is_on_credit")),
        )
    )


def describe_merchants(card_payments: DataFrame, records: DataFrame, as_of: date) -> DataFrame:
    """One row per customer who ever paid a merchant by card."""
    return (
        card_payments.where("merchant_id IS NOT NULL AND amount_cents < 0")
        .select("source_record_id", "bank_code", "merchant_id", "booked_at")
        .join(records, "source_record_id", how="inner")
        .repartition("customer_id")  # most merchants are paid once: to count them before would shuffle as many rows
        .groupBy("customer_id", "bank_code", "merchant_id")  # ids of merchants are unique per bank only
        .agg(
            days_before(as_of, F.max("booked_at")).alias("newest_days_ago"),
            days_before(as_of, F.min("booked_at")).alias("oldest_days_ago"),
            count_where(in_last_days("booked_at", YEAR_DAYS, as_of)).alias("payment_count"),
        )
        .groupBy("customer_id")
        .agg(*aggregates_of(*MERCHANT_MEASURES))
    )


def describe_trades(card_payments: DataFrame, records: DataFrame, as_of: date) -> DataFrame:
    """One row per customer who paid a merchant of a known trade by card in the last 365 days."""
    return (
        card_payments.where("mcc IS NOT NULL AND amount_cents < 0")
        .where(in_last_days("booked_at", YEAR_DAYS, as_of))
        .select("source_record_id", "mcc")
        .join(records, "source_record_id", how="inner")
        .repartition(
            "customer_id"
        )  # one shuffle for both; counting by record before would halve its rows, and take one more
        .groupBy("customer_id", "mcc")
        .agg(F.count("*").alias("payment_count"))
        .groupBy("customer_id")
        .agg(*aggregates_of(*TRADE_MEASURES))
    )
