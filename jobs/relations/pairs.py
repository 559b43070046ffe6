"""Pairs of the customers who hold one thing together, bounded: a thing of many customers pairs nobody.

holders: one row per customer and thing with customer_id, first_seen_at, last_seen_at, known_date and holder_count, the
number of the thing's customers. A thing gives at most 45 pairs, however many hold it.
"""

from __future__ import annotations

from typing import Final

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

MAX_CUSTOMERS_SHARING: Final = 10
"""A thing of more customers ties nobody: it is a parcel locker, a shop's tablet or an office, not a household."""

WHOLE_TIE: Final = 2520
"""1/(n - 1) is a whole number of these parts for every n up to MAX_CUSTOMERS_SHARING, so that sums of it are exact."""


def is_heavy() -> Column:
    """Whether the thing of a holder has too many customers to tie any of them."""
    return F.col("holder_count") > MAX_CUSTOMERS_SHARING


def tie_holders(holders: DataFrame, thing: tuple[str, ...], *kind: str) -> DataFrame:
    """One row per pair and kind: how many things they share, the weight of the tie, and from when to when.

    thing: the columns that name it, those of `kind` among them. The smaller id comes first. A pair begins when both
    have held the thing, is last seen when either held it, and is known when both were.
    """
    pairs = _pairs(holders, thing)
    return pairs.groupBy(
        F.col("first.customer_id").alias("first_customer_id"),
        F.col("second.customer_id").alias("second_customer_id"),
        *kind,
    ).agg(
        F.count("*").alias("shared_count"),
        (F.sum(F.lit(WHOLE_TIE) / (F.col("holder_count") - 1)) / WHOLE_TIE).alias("tie_weight"),
        F.min(F.greatest("first.first_seen_at", "second.first_seen_at")).alias("first_seen_at"),
        F.max(F.greatest("first.last_seen_at", "second.last_seen_at")).alias("last_seen_at"),
        F.min(F.greatest("first.known_date", "second.known_date")).alias("known_date"),
    )


def _pairs(holders: DataFrame, thing: tuple[str, ...]) -> DataFrame:
    """One row per thing and pair of its customers, the smaller id first; things of many customers left out."""
    group = F.sort_array(F.collect_list(F.struct("customer_id", "first_seen_at", "last_seen_at", "known_date")))
    return (
        holders.where(F.col("holder_count").between(2, MAX_CUSTOMERS_SHARING))
        .groupBy(*thing)
        .agg(group.alias("group"), F.max("holder_count").alias("holder_count"))
        .select(*thing, "holder_count", "group", F.explode("group").alias("first"))
        .select(*thing, "holder_count", "first", F.explode("group").alias("second"))
        .where(F.col("first.customer_id") < F.col("second.customer_id"))
    )
