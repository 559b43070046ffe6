"""The ties of the alliance as one edge table, and who was known to have defaulted: what the families measure."""

from __future__ import annotations

import logging
from datetime import date
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from jobs.relations.pairs import WHOLE_TIE
from jobs.windows import days_before, happened_by

logger = logging.getLogger("nightledger")

KINDS: Final = (*("transfer", "phone", "address", "device", "recipient", "household", "card", "referral", "gift"),)
"""Kinds of tie that are told apart; who buys at the same merchant is too weak a tie to carry anything."""

MOST_PARTNERS: Final = 200
"""Who exchanged money with more customers is a shop, a landlord or a collecting account, and ties nobody by transfers;
who brought more to the shop is a recruiter; who shares devices with more lends them out, each to a few.

It also bounds the work: nobody has more than so many neighbours by each of the KINDS, whatever the size of the
alliance, so that a walk of a given length from each of some customers costs in proportion to their number.
"""

DEFAULT_DAYS: Final = 60  # as the credit label counts a default

USUAL_SHARE: Final = 0.02  # of customers in default at any time; a guess that only matters where few others are known
USUAL_WEIGHT: Final = 5  # others it takes for what is seen to count as much as the usual; a guess

EDGES_IN_MEMORY: Final = 5_000_000
"""What one process takes on with 4 GB, unless the settings say otherwise."""


def all_ties(transfers: DataFrame, shared_identifiers: DataFrame, favours: DataFrame, as_of: date) -> DataFrame:
    """One row per pair and kind of tie: source_id, target_id, kind, weight in parts of WHOLE_TIE, cents, age_days.

    transfers: a row per payer and payee; the edge points to the payee and carries the cents of 180 days.
    shared_identifiers: a row per pair and kind; the edge carries no money.
    favours: a row per giver, receiver and kind; the edge points to the receiver and carries no money.
    Of a kind by which a customer has more than MOST_PARTNERS partners the customer has no tie at all.
    """
    whole, nothing = F.lit(WHOLE_TIE).cast("bigint"), F.lit(0).cast("bigint")
    paid = transfers.where(happened_by("first_transferred_at", as_of)).select(
        *_ends("payer_customer_id", "payee_customer_id"),
        F.lit("transfer").alias("kind"),
        whole.alias("weight"),
        F.col("amount_cents_sum_180d").alias("cents"),
        days_before(as_of, "first_transferred_at").alias("age_days"),
    )
    favoured = favours.where(happened_by("first_seen_at", as_of)).select(
        *_ends("giver_customer_id", "receiver_customer_id"),
        F.col("favour_type").alias("kind"),
        whole.alias("weight"),
        nothing.alias("cents"),
        days_before(as_of, "first_seen_at").alias("age_days"),
    )
    shared = shared_identifiers.where(happened_by("first_seen_at", as_of)).select(
        *_ends("first_customer_id", "second_customer_id"),
        F.col("identifier_type").alias("kind"),
        F.round(F.col("tie_weight") * WHOLE_TIE).cast("bigint").alias("weight"),
        nothing.alias("cents"),
        days_before(as_of, "first_seen_at").alias("age_days"),
    )
    ties = paid.unionByName(favoured).unionByName(shared)
    return _without_busy(ties.where("source_id <> target_id"))


def known_defaults(instalments: DataFrame, identities: DataFrame, as_of: date) -> DataFrame:
    """customer_id of everyone with an instalment that had been DEFAULT_DAYS past due by as_of, paid since or not.

    A default is known from the day on which the instalment has been unpaid that long, not before.
    """
    return matured_borrowers(instalments, identities, as_of).where("is_bad").select("customer_id")


def matured_borrowers(instalments: DataFrame, identities: DataFrame, as_of: date) -> DataFrame:
    """customer_id, is_bad: everyone of whom a default could be known by as_of, and whether one is."""
    return (
        instalments.where(happened_by("plan_opened_at", as_of) & could_have_defaulted(as_of))
        .join(identities.select("source_record_id", "customer_id"), "source_record_id", how="inner")
        .groupBy("customer_id")
        .agg(F.max(had_defaulted(as_of)).alias("is_bad"))
    )


def could_have_defaulted(as_of: date) -> Column:
    """Whether an instalment was due so long ago that its default would be known by as_of."""
    return F.date_add("due_date", DEFAULT_DAYS) <= F.lit(as_of)


def had_defaulted(as_of: date) -> Column:
    """Whether an instalment had been unpaid for DEFAULT_DAYS by as_of."""
    defaulted_date = F.date_add("due_date", DEFAULT_DAYS)
    was_unpaid = F.col("settled_date").isNull() | (F.col("settled_date") >= defaulted_date)
    return could_have_defaulted(as_of) & was_unpaid


def in_one_process(edges: DataFrame, most: int, what: str) -> pa.Table | None:
    """The edges as Arrow, or None when there are more than `most`; the log says which way is taken.

    One job answers both questions: it reads at most one row more than fits.
    """
    table = edges.limit(most + 1).toArrow()
    if len(table) <= most:
        logger.info("%s: %s edges, in one process", what, f"{len(table):,}")
        return table
    logger.info("%s: more than %s edges, on Spark", what, f"{most:,}")
    return None


def busy_customers(sources: pa.ChunkedArray, targets: pa.ChunkedArray) -> pa.Array:
    """The same customers as `all_ties` leaves out of one kind of tie, from the ends of its rows."""
    ends = pa.table({"one": pc.min_element_wise(sources, targets), "other": pc.max_element_wise(sources, targets)})
    pairs = ends.group_by(["one", "other"]).aggregate([])  # two who pay each other are one pair
    partners = pa.chunked_array([*pairs["one"].chunks, *pairs["other"].chunks], pa.string()).value_counts()
    return partners.field("values").filter(pc.greater(partners.field("counts"), MOST_PARTNERS))


def _ends(source: str, target: str) -> tuple[Column, Column]:
    return F.col(source).alias("source_id"), F.col(target).alias("target_id")


def _without_busy(ties: DataFrame) -> DataFrame:
    """The ties of a kind between customers with at most MOST_PARTNERS different others by it, in either direction."""
    pairs = ties.select("kind", F.least("source_id", "target_id").alias("one"), F.greatest("source_id", "target_id"))
    ends = pairs.toDF("kind", "one", "other").distinct().select("kind", F.explode(F.array("one", "other")))
    partners = ends.toDF("busy_kind", "busy_id").groupBy("busy_id", "busy_kind").agg(F.count("*").alias("partners"))
    busy = partners.where(F.col("partners") > MOST_PARTNERS).select("busy_id", "busy_kind")
    left = ties
    for end in ("source_id", "target_id"):
        is_busy = (F.col(end) == F.col("busy_id")) & (F.col("kind") == F.col("busy_kind"))
        left = left.join(busy, is_busy, how="leftanti")
    return left
