"""Groups of customers in which money goes round, with what speaks for it."""

from __future__ import annotations

from datetime import date
from typing import Final

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs.arrow_frames import frame_of
from jobs.relations.rings import find_rings, find_rings_on_spark
from jobs.relations.ties import EDGES_IN_MEMORY, in_one_process
from jobs.windows import happened_by

REGULAR_TRANSFERS: Final = 4  # three may be a holiday that was paid back in parts; a guess
DAYS_BETWEEN: Final = 60  # on average: monthly payments with every other one missing; a guess


def build(
    transfers: DataFrame, shared_identifiers: DataFrame, *, as_of: date, edges_in_memory: int = EDGES_IN_MEMORY
) -> DataFrame:
    """One row per customer on a circle of regular payments by as_of."""
    payments = transfers.where(happened_by("first_transferred_at", as_of))
    regular = regular_payments(payments)
    edges = in_one_process(regular, edges_in_memory, "edges/suspected_rings")
    if edges is None:
        members = find_rings_on_spark(regular.localCheckpoint()).localCheckpoint()
    else:
        members = frame_of(transfers.sparkSession, find_rings(edges))
    return with_evidence(members, payments, shared_identifiers.where(happened_by("first_seen_at", as_of)))


def regular_payments(payments: DataFrame) -> DataFrame:
    """source_id, target_id: who has paid whom at least REGULAR_TRANSFERS times, DAYS_BETWEEN apart on average."""
    days = F.datediff("last_transferred_at", "first_transferred_at")
    is_often = F.col("transfer_count") >= REGULAR_TRANSFERS
    is_steady = days <= DAYS_BETWEEN * (F.col("transfer_count") - 1)
    return payments.where(is_often & is_steady).select(
        F.col("payer_customer_id").alias("source_id"), F.col("payee_customer_id").alias("target_id")
    )


def with_evidence(members: DataFrame, payments: DataFrame, shared_identifiers: DataFrame) -> DataFrame:
    """The members, with the money and the identifiers that stay within their ring; one row each, as before."""
    inside = _within_rings(payments, members, "payer_customer_id", "payee_customer_id")
    received = inside.groupBy(F.col("payee_customer_id").alias("customer_id")).agg(
        F.sum("amount_cents_sum").alias("received_in_ring_cents_sum")
    )
    money = inside.groupBy("ring_id").agg(
        F.sum("transfer_count").alias("ring_transfer_count"),
        F.sum("amount_cents_sum").alias("ring_amount_cents_sum"),
        F.sum("amount_cents_sum_180d").alias("ring_amount_cents_sum_180d"),
        F.min("first_transferred_at").alias("ring_first_transferred_at"),
        F.max("last_transferred_at").alias("ring_last_transferred_at"),
    )
    pair = ("first_customer_id", "second_customer_id")
    sharing = _within_rings(shared_identifiers, members, *pair).groupBy("ring_id")
    return (
        members.join(received, "customer_id", how="inner")  # everyone on a circle is paid
        .join(members.groupBy("ring_id").agg(F.count("*").alias("ring_customer_count")), "ring_id", how="inner")
        .join(money, "ring_id", how="inner")
        .join(sharing.agg(F.count_distinct(*pair).alias("ring_sharing_pair_count")), "ring_id", how="left")
        .fillna(0, ["ring_sharing_pair_count"])
    )


def _within_rings(pairs: DataFrame, members: DataFrame, one: str, other: str) -> DataFrame:
    """The pairs of which both customers are in the same ring, with the ring."""
    ones, others = (members.select(F.col("customer_id").alias(end), "ring_id") for end in (one, other))
    return pairs.join(F.broadcast(ones), one, how="inner").join(F.broadcast(others), [other, "ring_id"], how="inner")
