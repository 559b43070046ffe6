"""Everybody a customer is tied to, one row for each, as the customer sees it."""

from __future__ import annotations

from datetime import date
from functools import reduce
from typing import Final

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from jobs.windows import happened_by

MONEY_OF_TIE: Final = ("sent_count", "sent_cents", "received_count", "received_cents")
"""What a tie says about money within the last 180 days."""

SHARED: Final = ("phone", "address", "device", "recipient", "household", "card")
FAVOURS: Final = {"brought": "referral", "bringing": "referral", "gifted": "gift", "gifting": "gift"}
"""How a customer calls the other of a favour: whom they brought or gave to, and who brought them or gave to them."""


def neighbours_of(transfers: DataFrame, shared_identifiers: DataFrame, favours: DataFrame, as_of: date) -> DataFrame:
    """One row per customer and neighbour tied by as_of; nobody is their own neighbour."""
    ties = (
        *tie_by_transfers(transfers, as_of),
        *tie_by_identifiers(shared_identifiers, as_of),
        *tie_by_favours(favours, as_of),
    )
    between_two = reduce(DataFrame.unionByName, ties).where("customer_id != neighbour_id")
    return between_two.groupBy("customer_id", "neighbour_id").agg(*describe_ties())


def tie_by_transfers(transfers: DataFrame, as_of: date) -> tuple[DataFrame, DataFrame]:
    """Two rows per payer and payee, one from each side."""
    known = transfers.where(happened_by("first_transferred_at", as_of))
    count, cents, nothing = F.col("transfer_count_180d"), F.col("amount_cents_sum_180d"), F.lit(0).cast("bigint")
    began, last = F.col("first_transferred_at"), F.col("last_transferred_at")
    kind, payer, payee = F.lit("transfer"), "payer_customer_id", "payee_customer_id"
    return (
        _tie(known, payer, payee, kind, began, (count, cents, nothing, nothing), last),
        _tie(known, payee, payer, kind, began, (nothing, nothing, count, cents), last),
    )


def tie_by_identifiers(shared_identifiers: DataFrame, as_of: date) -> tuple[DataFrame, DataFrame]:
    """Two rows per pair and kind of identifier, one from each side."""
    known = shared_identifiers.where(happened_by("first_seen_at", as_of))
    kind, began = F.col("identifier_type"), F.col("first_seen_at")
    one, other = "first_customer_id", "second_customer_id"
    return _tie(known, one, other, kind, began), _tie(known, other, one, kind, began)


def tie_by_favours(favours: DataFrame, as_of: date) -> tuple[DataFrame, DataFrame]:
    """Two rows per giver, receiver and kind of favour, one from each side."""
    known = favours.where(happened_by("first_seen_at", as_of))
    is_referral, began = F.col("favour_type") == "referral", F.col("first_seen_at")
    given = F.when(is_referral, F.lit("brought")).otherwise(F.lit("gifted"))
    received = F.when(is_referral, F.lit("bringing")).otherwise(F.lit("gifting"))
    giver, receiver = "giver_customer_id", "receiver_customer_id"
    return _tie(known, giver, receiver, given, began), _tie(known, receiver, giver, received, began)


def _tie(
    pairs: DataFrame,
    one: str,
    other: str,
    kind: Column,
    began_at: Column,
    money: tuple[Column, ...] = (),
    last_at: Column | None = None,
) -> DataFrame:
    nothing = (F.lit(0).cast("bigint"),) * len(MONEY_OF_TIE)
    return pairs.select(
        F.col(one).alias("customer_id"),
        F.col(other).alias("neighbour_id"),
        kind.alias("kind"),
        began_at.alias("began_at"),
        *(value.alias(name) for name, value in zip(MONEY_OF_TIE, money or nothing, strict=True)),
        (F.lit(None).cast("timestamp") if last_at is None else last_at).alias("last_transferred_at"),
    )


def describe_ties() -> list[Column]:
    """The aggregates over all ties of a customer and one neighbour."""
    return [
        *(F.sum(name).alias(name) for name in MONEY_OF_TIE),
        *(F.max(F.col("kind") == kind).alias(f"is_{kind}") for kind in (*SHARED, *FAVOURS)),
        F.max(F.col("kind").isin(*SHARED)).alias("is_sharing"),
        F.min("began_at").alias("began_at"),
        F.max("last_transferred_at").alias("last_transferred_at"),
    ]
