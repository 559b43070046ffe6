"""How many of the others behind a customer's phones, addresses and devices are known to have defaulted."""

from __future__ import annotations

from datetime import date
from typing import Final

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from jobs.relations.pairs import is_heavy
from jobs.relations.ties import USUAL_SHARE, USUAL_WEIGHT, known_defaults
from jobs.windows import count_where, days_before, happened_by, in_last_days, share_of

BURST_DEVICES: Final = 3  # a phone, a tablet and a computer are not all bought in one week; a guess


def build(identifier_holders: DataFrame, instalments: DataFrame, identities: DataFrame, *, as_of: date) -> DataFrame:
    """One row per customer seen with an identifier by as_of; the own default never enters the own row.

    Counts per identifier come back to its holders: the work grows with the holders, never with their pairs.
    """
    bad = known_defaults(instalments, identities, as_of).withColumn("is_bad", F.lit(1))
    holders = hold_once(identifier_holders.where(happened_by("first_seen_at", as_of)))
    marked = holders.join(bad, "customer_id", how="left").withColumn("is_bad", F.coalesce("is_bad", F.lit(0)))
    of_identifier = marked.groupBy("identifier_type", "identifier").agg(
        F.count("*").alias("holders"), F.sum("is_bad").alias("defaulters")
    )
    shared = of_identifier.where("holders > 1")
    beside_others = marked.join(shared, ["identifier_type", "identifier"], how="left")
    return beside_others.groupBy("customer_id").agg(*describe_identifiers(as_of))


def hold_once(holders: DataFrame) -> DataFrame:
    """One row per customer and identifier: a recipient's phone is a phone, and a home is one of the addresses.

    phone_since: since when a record of the customer has had this phone; null where none has.
    """
    kind = F.when(F.col("identifier_type") == "recipient", F.lit("phone")).otherwise(F.col("identifier_type"))
    counted = holders.where("identifier_type <> 'household'")
    return counted.groupBy(kind.alias("identifier_type"), "identifier", "customer_id").agg(
        F.min("first_seen_at").alias("first_seen_at"),
        F.min(F.when(counted["identifier_type"] == "phone", F.col("first_seen_at"))).alias("phone_since"),
        F.max(is_heavy()).alias("is_heavy"),
    )


def describe_identifiers(as_of: date) -> list[Column]:
    """The aggregates over a customer's identifiers; holders is null where nobody else has it."""
    others = F.col("holders") - 1
    other_defaulters = F.col("defaulters") - F.col("is_bad")
    share = (other_defaulters + USUAL_WEIGHT * USUAL_SHARE) / (others + USUAL_WEIGHT)
    is_device = F.col("identifier_type") == "device"
    new_devices = count_where(is_device & in_last_days("first_seen_at", 7, as_of))
    in_billionths = F.round(share * 1_000_000_000).cast("bigint")  # whole, so that the order of rows cannot show
    return [
        F.count("*").alias("identifier_count_ever"),
        count_where(in_last_days("first_seen_at", 30, as_of)).alias("new_identifier_count_30d"),
        new_devices.alias("new_device_count_7d"),
        (new_devices >= BURST_DEVICES).alias("has_device_burst"),
        days_before(as_of, F.max("phone_since")).alias("days_since_new_phone"),
        F.count("holders").alias("shared_identifier_count_ever"),
        F.max("is_heavy").alias("has_heavy_identifier"),
        share_of(F.sum(in_billionths), F.count("holders") * 1_000_000_000).alias("identifier_default_share_mean"),
        (F.max(in_billionths) / F.lit(1_000_000_000)).alias("identifier_default_share_max"),
        F.coalesce(F.sum(other_defaulters), F.lit(0)).alias("identifier_defaulter_count"),
    ]
