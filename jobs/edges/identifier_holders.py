"""Who was seen with which phone, address, device, recipient or card, and who lives where."""

from __future__ import annotations

from datetime import date
from functools import reduce

from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F

from jobs.edges.sightings import cards_of_records, phones_on_records, seen_in_rows
from jobs.windows import happened_by, in_last_days
from schemas.cleaned.shop_users import SHOP

HOME_DAYS = 365  # a year holds every season's parcels, and lets go of where somebody lived before


def build(
    purchases: DataFrame,
    shop_users: DataFrame,
    bank_customers: DataFrame,
    bank_accounts: DataFrame,
    browsing_events: DataFrame,
    identities: DataFrame,
    *,
    as_of: date,
) -> DataFrame:
    """One row per customer and identifier that the customer was seen with by as_of.

    shop_users, bank_customers, bank_accounts: one row per delivered version.
    A phone stands on a record of the shop or a bank; an address, a device and a recipient's phone on a purchase; a
    device also on a visit while logged in; a card is a credit card's account that a bank has said to be the customer's.
    A household is the customer's home, see `homes`.
    """
    users = shop_users.withColumn("source_record_id", F.concat(F.lit(f"{SHOP}:"), F.col("shop_user_id")))
    bank_record = F.concat_ws(":", "bank_code", "bank_customer_id")
    customers, accounts = (
        versions.withColumn("source_record_id", bank_record) for versions in (bank_customers, bank_accounts)
    )
    on_purchases = {"shipping_address_token": "address", "device_id": "device", "recipient_phone_token": "recipient"}
    sightings = reduce(
        DataFrame.unionByName,
        [
            phones_on_records(users, "registered_at", as_of),
            phones_on_records(customers, "opened_at", as_of),
            cards_of_records(accounts),
            seen_in_rows(purchases, on_purchases, "ordered_at"),
            seen_in_rows(browsing_events, {"device_id": "device"}, "occurred_at"),
        ],
    ).where(happened_by("seen_at", as_of))
    holders = _holders(sightings, identities).unionByName(homes(purchases, identities, as_of))
    identifier = Window.partitionBy("identifier_type", "identifier")
    return holders.withColumn("holder_count", F.count("*").over(identifier))


def homes(purchases: DataFrame, identities: DataFrame, as_of: date) -> DataFrame:
    """One row per customer with a parcel in the last HOME_DAYS: the address most of them were sent to.

    Of addresses with equally many the one used last, and of those the one with the larger token.
    """
    recent = purchases.where(in_last_days("ordered_at", HOME_DAYS, as_of))
    parcels = seen_in_rows(recent, {"shipping_address_token": "household"}, "ordered_at")
    rank = F.struct("sighting_count", "last_seen_at", "identifier", "first_seen_at", "known_date")
    chosen = _holders(parcels, identities).groupBy("customer_id", "identifier_type").agg(F.max(rank).alias("home"))
    return chosen.select("customer_id", "identifier_type", "home.*").select(
        "identifier_type", "identifier", "customer_id", "first_seen_at", "last_seen_at", "known_date", "sighting_count"
    )


def _holders(sightings: DataFrame, identities: DataFrame) -> DataFrame:
    """One row per customer and identifier, with the first and last time the two were seen together."""
    seen_by_record = sightings.groupBy("source_record_id", "identifier_type", "identifier").agg(
        F.min("seen_at").alias("first_seen_at"),
        F.max("seen_at").alias("last_seen_at"),
        F.min("known_date").alias("known_date"),
        F.count("*").alias("sighting_count"),
    )
    customers = identities.select("source_record_id", "customer_id")
    return (
        seen_by_record.join(customers, "source_record_id", how="inner")
        .groupBy("identifier_type", "identifier", "customer_id")
        .agg(
            F.min("first_seen_at").alias("first_seen_at"),
            F.max("last_seen_at").alias("last_seen_at"),
            F.min("known_date").alias("known_date"),
            F.sum("sighting_count").alias("sighting_count"),
        )
    )
