"""Who shares a phone, an address or a device with whom."""

from __future__ import annotations

from datetime import date
from typing import Final

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs.windows import happened_by

MAX_CUSTOMERS_SHARING: Final = 10
"""An identifier of more customers ties nobody: it is a parcel locker, a shop's tablet or an office, not a household.

It also bounds the work: an identifier gives at most 45 pairs, however many people use it.
"""

WHOLE_TIE: Final = 2520
"""1/(n - 1) is a whole number of these parts for every n up to MAX_CUSTOMERS_SHARING, so that sums of it are exact."""


def build(identifier_holders: DataFrame, *, as_of: date) -> DataFrame:
    """One row per pair of customers and kind of identifier that both were seen with by as_of."""
    known = identifier_holders.where(happened_by("first_seen_at", as_of))
    return _count_pairs(_pairs(known))


def _pairs(holders: DataFrame) -> DataFrame:
    """One row per identifier and pair of its customers, the smaller id first; widely shared identifiers left out."""
    group = F.sort_array(F.collect_list(F.struct("customer_id", "first_seen_at", "last_seen_at")))
    return (
        holders.where(F.col("holder_count").between(2, MAX_CUSTOMERS_SHARING))
        .groupBy("identifier_type", "identifier")
        .agg(group.alias("group"), F.max("holder_count").alias("holder_count"))
        .select("identifier_type", "holder_count", "group", F.explode("group").alias("first"))
        .select("identifier_type", "holder_count", "first", F.explode("group").alias("second"))
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
        (F.sum(F.lit(WHOLE_TIE) / (F.col("holder_count") - 1)) / WHOLE_TIE).alias("tie_weight"),
        F.min(both_from).alias("first_seen_at"),
        F.max(either_until).alias("last_seen_at"),
    )
