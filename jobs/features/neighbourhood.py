"""Whom a customer is tied to, one hop away, and how those keep their promises."""

from __future__ import annotations

from datetime import date
from typing import Final

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from jobs.windows import count_where, happened_by, share_of

LATE_DAYS: Final = 30  # the first bucket that few people fall into by forgetting

MONEY_OF_TIE: Final = ("sent_count", "sent_cents", "received_count", "received_cents")
"""What a tie says about money within the last 180 days."""


def build(
    transfers: DataFrame, shared_identifiers: DataFrame, instalments: DataFrame, identities: DataFrame, *, as_of: date
) -> DataFrame:
    """One row per customer who is tied to another by a transfer or a shared identifier by as_of.

    Nobody is their own neighbour, so a customer's own delays never enter the customer's own row.
    """
    ties = tie_by_transfers(transfers, as_of).unionByName(tie_by_identifiers(shared_identifiers, as_of))
    neighbours = (
        ties.where("customer_id != neighbour_id")
        .groupBy("customer_id", "neighbour_id")
        .agg(*(F.sum(name).alias(name) for name in MONEY_OF_TIE), F.max("is_sharing").alias("is_sharing"))
    )
    borrowers = tell_late_borrowers(instalments, identities, as_of)
    return neighbours.join(borrowers, "neighbour_id", how="left").groupBy("customer_id").agg(*describe_neighbours())


def tie_by_transfers(transfers: DataFrame, as_of: date) -> DataFrame:
    """Two rows per payer and payee, one from each side."""
    known = transfers.where(happened_by("first_transferred_at", as_of))
    count, cents, nothing = F.col("transfer_count_180d"), F.col("amount_cents_sum_180d"), F.lit(0).cast("bigint")
    from_payer = _tie(known, "payer_customer_id", "payee_customer_id", (count, cents, nothing, nothing))
    from_payee = _tie(known, "payee_customer_id", "payer_customer_id", (nothing, nothing, count, cents))
    return from_payer.unionByName(from_payee)


def tie_by_identifiers(shared_identifiers: DataFrame, as_of: date) -> DataFrame:
    """Two rows per pair and kind of identifier, one from each side."""
    known = shared_identifiers.where(happened_by("first_seen_at", as_of))
    nothing = (F.lit(0).cast("bigint"),) * len(MONEY_OF_TIE)
    from_first = _tie(known, "first_customer_id", "second_customer_id", nothing, is_sharing=True)
    from_second = _tie(known, "second_customer_id", "first_customer_id", nothing, is_sharing=True)
    return from_first.unionByName(from_second)


def _tie(pairs: DataFrame, one: str, other: str, sent: tuple[Column, ...], *, is_sharing: bool = False) -> DataFrame:
    return pairs.select(
        F.col(one).alias("customer_id"),
        F.col(other).alias("neighbour_id"),
        *(value.alias(name) for name, value in zip(MONEY_OF_TIE, sent, strict=True)),
        F.lit(is_sharing).alias("is_sharing"),
    )


def tell_late_borrowers(instalments: DataFrame, identities: DataFrame, as_of: date) -> DataFrame:
    """One row per customer with an instalment plan: whether anything is 30 or more days past due on as_of."""
    is_late = F.col("settled_date").isNull() & (F.datediff(F.lit(as_of), "due_date") >= LATE_DAYS)
    return (
        instalments.where(happened_by("plan_opened_at", as_of))
        .join(identities.select("source_record_id", "customer_id"), "source_record_id", how="inner")
        .groupBy(F.col("customer_id").alias("neighbour_id"))
        .agg(F.max(is_late).alias("is_late"))
    )


def describe_neighbours() -> list[Column]:
    """The aggregates over a customer's neighbours; is_late is null for those without a plan."""
    borrowing_count = F.count("is_late")
    return [
        count_where(F.col("sent_count") > 0).alias("paid_customer_count_180d"),
        count_where(F.col("received_count") > 0).alias("paying_customer_count_180d"),
        F.sum("sent_cents").alias("sent_cents_sum_180d"),
        F.sum("received_cents").alias("received_cents_sum_180d"),
        count_where(F.col("is_sharing")).alias("sharing_customer_count"),
        F.count("neighbour_id").alias("neighbour_count"),
        borrowing_count.alias("borrowing_neighbour_count"),
        share_of(count_where(F.col("is_late")), borrowing_count).alias("late_neighbour_share"),
    ]
