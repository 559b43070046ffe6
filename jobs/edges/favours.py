"""Who brought whom to the shop, and who has parcels sent to whose phone."""

from __future__ import annotations

from datetime import date

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs.relations.pairs import MAX_CUSTOMERS_SHARING
from jobs.windows import happened_by

PAIR = ("giver_customer_id", "receiver_customer_id")


def build(referrals: DataFrame, identifier_holders: DataFrame, identities: DataFrame, *, as_of: date) -> DataFrame:
    """One row per giver, receiver and kind of favour by as_of, between different people."""
    brought = refer(referrals.where(happened_by("referred_at", as_of)), identities)
    sent = give(identifier_holders.where(happened_by("first_seen_at", as_of)))
    return (
        brought.unionByName(sent)
        .where("giver_customer_id <> receiver_customer_id")
        .groupBy(*PAIR, "favour_type")
        .agg(
            F.count("*").alias("favour_count"),
            F.min("first_seen_at").alias("first_seen_at"),
            F.max("last_seen_at").alias("last_seen_at"),
            F.min("known_date").alias("known_date"),
        )
    )


def refer(referrals: DataFrame, identities: DataFrame) -> DataFrame:
    """One row per referral between records that belong to a customer."""
    known = referrals
    for role, record in (("giver", "referrer_source_record_id"), ("receiver", "referred_source_record_id")):
        customers = identities.select(
            F.col("source_record_id").alias(record), F.col("customer_id").alias(f"{role}_customer_id")
        )
        known = known.join(customers, record, how="inner")
    at = F.col("referred_at")
    return known.select(
        *PAIR, F.lit("referral").alias("favour_type"), at.alias("first_seen_at"), at.alias("last_seen_at"), "known_date"
    )


def give(identifier_holders: DataFrame) -> DataFrame:
    """One row per buyer, recipient's phone and customer on whose record it stands.

    Both sides of a phone are at most MAX_CUSTOMERS_SHARING, so it gives at most a hundred rows.
    """
    light = identifier_holders.where(F.col("holder_count") <= MAX_CUSTOMERS_SHARING)
    owners = light.where("identifier_type = 'phone'").select(
        "identifier",
        F.col("customer_id").alias("receiver_customer_id"),
        F.col("first_seen_at").alias("owned_at"),
        F.col("known_date").alias("owner_known_date"),
    )
    own = identifier_holders.where("identifier_type = 'phone'").select("identifier", "customer_id")
    buyers = light.where("identifier_type = 'recipient'").join(own, ["identifier", "customer_id"], how="leftanti")
    began_at = F.greatest("first_seen_at", "owned_at")
    return buyers.join(owners, "identifier", how="inner").select(
        F.col("customer_id").alias("giver_customer_id"),
        "receiver_customer_id",
        F.lit("gift").alias("favour_type"),
        began_at.alias("first_seen_at"),
        F.greatest("last_seen_at", began_at).alias("last_seen_at"),
        F.greatest("known_date", "owner_known_date").alias("known_date"),
    )
