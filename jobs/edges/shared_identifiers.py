"""Who shares a phone, an address or a device with whom."""

from __future__ import annotations

from datetime import date
from functools import reduce

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from jobs.windows import happened_by

MAX_CUSTOMERS_SHARING = 10
"""An identifier of more customers ties nobody: it is a parcel locker, a shop's tablet or an office, not a household.

It also bounds the work: an identifier gives at most 45 pairs, however many people use it.
"""


def build(
    purchases: DataFrame,
    shop_users: DataFrame,
    bank_customers: DataFrame,
    browsing_events: DataFrame,
    identities: DataFrame,
    *,
    as_of: date,
) -> DataFrame:
    """One row per pair of customers and kind of identifier that both were seen with by as_of.

    A phone is seen on a record of the shop or a bank and as the recipient's on a purchase; an address on a purchase;
    a device on a purchase or a visit while logged in.
    """
    sightings = reduce(
        DataFrame.unionByName,
        [
            _sightings(shop_users, "phone", "phone_token", _record_seen_at("registered_at", as_of)),
            _sightings(bank_customers, "phone", "phone_token", _record_seen_at("opened_at", as_of)),
            _sightings(purchases, "phone", "recipient_phone_token", F.col("ordered_at")),
            _sightings(purchases, "address", "shipping_address_token", F.col("ordered_at")),
            _sightings(purchases, "device", "device_id", F.col("ordered_at")),
            _sightings(browsing_events, "device", "device_id", F.col("occurred_at")),
        ],
    ).where(happened_by("seen_at", as_of))
    return _count_pairs(_pairs(_holders(sightings, identities)))


def _sightings(rows: DataFrame, identifier_type: str, identifier: str, seen_at: Column) -> DataFrame:
    """One row per time a record was seen with an identifier; rows without record or identifier tell nothing."""
    seen = rows.where(F.col("source_record_id").isNotNull() & F.col(identifier).isNotNull())
    return seen.select(
        "source_record_id",
        F.lit(identifier_type).alias("identifier_type"),
        F.col(identifier).alias("identifier"),
        seen_at.alias("seen_at"),
    )


def _record_seen_at(began_at: str, as_of: date) -> Column:
    """When the partner last confirmed the record; of a record known only from a later version, when it began."""
    return F.when(happened_by("updated_at", as_of), F.col("updated_at")).otherwise(F.col(began_at))


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


def _pairs(holders: DataFrame) -> DataFrame:
    """One row per identifier and pair of its customers, the smaller id first; widely shared identifiers left out."""
    identifier = Window.partitionBy("identifier_type", "identifier")
    group = F.sort_array(F.collect_list(F.struct("customer_id", "first_seen_at", "last_seen_at")))
    return (
        holders.withColumn("_customers", F.count("*").over(identifier))
        .where(F.col("_customers").between(2, MAX_CUSTOMERS_SHARING))
        .groupBy("identifier_type", "identifier")
        .agg(group.alias("group"))
        .select("identifier_type", "group", F.explode("group").alias("first"))
        .select("identifier_type", "first", F.explode("group").alias("second"))
        .where(F.col("first.customer_id") < F.col("second.customer_id"))
    )


def _count_pairs(pairs: DataFrame) -> DataFrame:
    """One row per pair and kind: how many they share, and from when to when."""
    both_from = F.greatest("first.first_seen_at", "second.first_seen_at")
    either_until = F.greatest("first.last_seen_at", "second.last_seen_at")
    return pairs.groupBy(
        F.col("first.customer_id").alias("first_customer_id"),
        F.col("second.customer_id").alias("second_customer_id"),
        "identifier_type",
    ).agg(
        F.count("*").alias("identifier_count"),
        F.min(both_from).alias("first_seen_at"),
        F.max(either_until).alias("last_seen_at"),
    )
