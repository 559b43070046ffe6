"""How money moved around a customer: in circles, over several hands to one, straight through."""

from __future__ import annotations

from datetime import date
from typing import Final

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from jobs.arrow_frames import frame_of
from jobs.relations import distributed_flows, flows
from jobs.relations.ties import EDGES_IN_MEMORY, in_one_process
from jobs.windows import in_last_days, local_date, share_of

WINDOW_DAYS: Final = 30  # money that goes in circles returns within days; a month holds every salary and rent once


def build(
    transfers: DataFrame, identities: DataFrame, *, as_of: date, edges_in_memory: int = EDGES_IN_MEMORY
) -> DataFrame:
    """One row per customer with a transfer to or from another within WINDOW_DAYS."""
    days = sum_of_days(transfers.where(in_last_days("transferred_at", WINDOW_DAYS, as_of)), identities)
    edges = in_one_process(days, edges_in_memory, "features/money_flows")
    if edges is None:
        described = distributed_flows.describe_flows(days.localCheckpoint())
    else:
        described = frame_of(transfers.sparkSession, flows.describe_flows(edges))
    return described.select("customer_id", *in_words_of_the_contract())


def sum_of_days(transfers: DataFrame, identities: DataFrame) -> DataFrame:
    """One row per payer, payee and day: source_id, target_id, day since 1970, cents; not between one's own accounts."""
    payers = identities.select(
        F.col("source_record_id").alias("payer_source_record_id"), F.col("customer_id").alias("source_id")
    )
    payees = identities.select(
        F.col("source_record_id").alias("payee_source_record_id"), F.col("customer_id").alias("target_id")
    )
    return (
        transfers.join(payers, "payer_source_record_id", how="inner")
        .join(payees, "payee_source_record_id", how="inner")
        .where("source_id <> target_id")
        .groupBy("source_id", "target_id", F.unix_date(local_date("transferred_at")).alias("day"))
        .agg(F.sum("amount_cents").alias("cents"))
    )


def in_words_of_the_contract() -> list[Column]:
    """The measures as the family calls them; what is not there is missing."""
    return [
        F.col("payer_count").alias("payer_count_30d"),
        F.col("payee_count").alias("payee_count_30d"),
        share_of(F.col("passed_on"), F.col("received")).alias("passed_on_share_30d"),
        F.when(F.col("cycle_length") > 0, F.col("cycle_length")).alias("money_cycle_length_30d"),
        F.col("gathered_count").alias("gathered_customer_count_30d"),
    ]
