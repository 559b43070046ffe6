"""Who a customer is to the partners: since when, how well verified, how steady, and how surely one person."""

from __future__ import annotations

from datetime import date

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from jobs.windows import aggregates_of, count_where, days_before, happened_by, in_last_days
from schemas.features.identity import (
    ACCOUNT_MEASURES,
    ADDRESS_MEASURES,
    BOTH_FIELDS,
    COUNTS_OF_OTHERS,
    DEVICE_MEASURES,
    IP_ADDRESS_MEASURES,
    LONGEST_SHOPPED_FROM,
    PLAN_MEASURES,
    RECORD_MEASURES,
)
from schemas.windows import YEAR_DAYS

DETAILS = ("source_record_id", "updated_at", *BOTH_FIELDS)


def build(
    identities: DataFrame,
    shop_users: DataFrame,
    bank_customers: DataFrame,
    accounts: DataFrame,
    instalments: DataFrame,
    purchases: DataFrame,
    browsing_events: DataFrame,
    *,
    as_of: date,
) -> DataFrame:
    """One row per customer with a record that began by as_of.

    A record whose details a partner has not delivered still counts; its fields are then not filled.
    """
    known = identities.where(happened_by("record_since", as_of))
    records = known.select("source_record_id", "customer_id")
    details = tell_details(shop_users, bank_customers)
    owned = accounts.where(is_open(as_of)).join(records, "source_record_id", how="inner")
    plans = (
        instalments.where(happened_by("plan_opened_at", as_of))
        .groupBy("source_record_id")
        .agg(days_before(as_of, F.min("plan_opened_at")).alias("days_ago"))
        .join(records, "source_record_id", how="inner")
    )
    return (
        known.join(details, "source_record_id", how="left")
        .withColumns(
            {
                "is_shop": F.col("source_record_id").startswith("shop:"),
                "days_ago": days_before(as_of, "record_since"),
                "days_unchanged": F.greatest(days_before(as_of, F.coalesce("updated_at", "record_since")), F.lit(0)),
                "age": F.floor((day_number(F.lit(as_of)) - day_number(F.col("birth_date"))) / 10_000).cast("int"),
            }
        )
        .groupBy("customer_id")
        .agg(*aggregates_of(*RECORD_MEASURES))
        .join(owned.groupBy("customer_id").agg(*aggregates_of(*ACCOUNT_MEASURES)), "customer_id", how="left")
        .join(plans.groupBy("customer_id").agg(*aggregates_of(*PLAN_MEASURES)), "customer_id", how="left")
        .join(describe_addresses(purchases, records, as_of), "customer_id", how="left")
        .join(describe_devices(browsing_events, records, as_of), "customer_id", how="left")
        .join(describe_ip_addresses(purchases, records, as_of), "customer_id", how="left")
        .fillna(0, list(COUNTS_OF_OTHERS))
    )


def tell_details(shop_users: DataFrame, bank_customers: DataFrame) -> DataFrame:
    """One row per record of a partner; a column that only the other kind of partner has is null."""
    users = shop_users.select(*DETAILS, "is_real_name_verified", "city_tier")
    customers = bank_customers.select(*DETAILS, "bank_code", "kyc_level")
    return users.unionByName(customers, allowMissingColumns=True)


def day_number(day: Column) -> Column:
    """20260331 for 31 March 2026: completed years are whole ten thousands of the difference."""
    return F.year(day) * 10_000 + F.month(day) * 100 + F.dayofmonth(day)


def is_open(as_of: date) -> Column:
    """Whether an account was opened by as_of and not closed by then."""
    return happened_by("opened_at", as_of) & ~happened_by("closed_at", as_of)


def describe_addresses(purchases: DataFrame, records: DataFrame, as_of: date) -> DataFrame:
    """One row per customer who ever had a purchase shipped to a known address."""
    shipped = purchases.where(happened_by("paid_at", as_of) & F.col("shipping_address_token").isNotNull())
    used = tell_used(shipped, "shipping_address_token", "paid_at", records, as_of)
    return used.groupBy("customer_id").agg(*aggregates_of(*ADDRESS_MEASURES))


def describe_devices(browsing_events: DataFrame, records: DataFrame, as_of: date) -> DataFrame:
    """One row per customer who ever logged in on a device."""
    logged_in = browsing_events.where(happened_by("occurred_at", as_of) & F.col("source_record_id").isNotNull())
    used = tell_used(logged_in, "device_id", "occurred_at", records, as_of)
    return used.groupBy("customer_id").agg(*aggregates_of(*DEVICE_MEASURES))


def describe_ip_addresses(purchases: DataFrame, records: DataFrame, as_of: date) -> DataFrame:
    """One row per customer who placed a purchase from a known IP address in the longest window that counts them."""
    is_recent = in_last_days("paid_at", LONGEST_SHOPPED_FROM, as_of)
    placed = purchases.where(is_recent & F.col("ip_address_token").isNotNull())
    used = tell_used(placed, "ip_address_token", "paid_at", records, as_of)
    return used.groupBy("customer_id").agg(*aggregates_of(*IP_ADDRESS_MEASURES))


def tell_used(uses: DataFrame, thing: str, moment: str, records: DataFrame, as_of: date) -> DataFrame:
    """One row per customer and thing used on any of the customer's records: when last and first, how often in a year.

    Uses are brought together by record first: most things are used many times. What nobody asks for is not computed.
    """
    by_record = uses.groupBy("source_record_id", thing).agg(
        F.max(moment).alias("newest_at"),
        F.min(moment).alias("oldest_at"),
        count_where(in_last_days(moment, YEAR_DAYS, as_of)).alias("use_count_365d"),
    )
    return (
        by_record.join(records, "source_record_id", how="inner")
        .groupBy("customer_id", thing)
        .agg(
            days_before(as_of, F.max("newest_at")).alias("newest_days_ago"),
            days_before(as_of, F.min("oldest_at")).alias("oldest_days_ago"),
            F.sum("use_count_365d").alias("use_count_365d"),
        )
    )
