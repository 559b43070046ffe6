"""Who was seen with which phone, address or device."""

from __future__ import annotations

from datetime import date
from functools import reduce

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from jobs.windows import happened_by


def build(
    purchases: DataFrame,
    shop_users: DataFrame,
    bank_customers: DataFrame,
    browsing_events: DataFrame,
    identities: DataFrame,
    *,
    as_of: date,
) -> DataFrame:
    """One row per customer and phone, address or device that the customer was seen with by as_of.

    A phone is seen on a record of the shop or a bank and as the recipient's on a purchase; an address on a purchase;
    a device on a purchase or a visit while logged in. A record shows its phone when it began and when the partner last
    changed it: the version in force does not tell which of its fields a change was about.
    """
    sightings = reduce(
        DataFrame.unionByName,
        [
            _sightings(shop_users, "phone", "phone_token", F.col("registered_at")),
            _sightings(shop_users, "phone", "phone_token", F.col("updated_at")),
            _sightings(bank_customers, "phone", "phone_token", F.col("opened_at")),
            _sightings(bank_customers, "phone", "phone_token", F.col("updated_at")),
            _sightings(purchases, "phone", "recipient_phone_token", F.col("ordered_at")),
            _sightings(purchases, "address", "shipping_address_token", F.col("ordered_at")),
            _sightings(purchases, "device", "device_id", F.col("ordered_at")),
            _sightings(browsing_events, "device", "device_id", F.col("occurred_at")),
        ],
    ).where(happened_by("seen_at", as_of))
    holders = _holders(sightings, identities)
    identifier = Window.partitionBy("identifier_type", "identifier")
    return holders.withColumn("holder_count", F.count("*").over(identifier))


def _sightings(rows: DataFrame, identifier_type: str, identifier: str, seen_at: Column) -> DataFrame:
    """One row per time a record was seen with an identifier; rows without record or identifier tell nothing."""
    seen = rows.where(F.col("source_record_id").isNotNull() & F.col(identifier).isNotNull())
    return seen.select(
        "source_record_id",
        F.lit(identifier_type).alias("identifier_type"),
        F.col(identifier).alias("identifier"),
        seen_at.alias("seen_at"),
    )


def _holders(sightings: DataFrame, identities: DataFrame) -> DataFrame:
    """One row per customer and identifier, with the first and last time the two were seen together."""
    first_and_last = (F.min("first_seen_at").alias("first_seen_at"), F.max("last_seen_at").alias("last_seen_at"))
    seen_by_record = sightings.groupBy("source_record_id", "identifier_type", "identifier").agg(
        F.min("seen_at").alias("first_seen_at"), F.max("seen_at").alias("last_seen_at")
    )
    customers = identities.select("source_record_id", "customer_id")
    return (
        seen_by_record.join(customers, "source_record_id", how="inner")
        .groupBy("identifier_type", "identifier", "customer_id")
        .agg(*first_and_last)
    )
