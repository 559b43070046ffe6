"""The ties of the alliance as one edge table, and who was known to have defaulted: what the families measure."""

from __future__ import annotations

import logging
from datetime import date
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from jobs.windows import happened_by

logger = logging.getLogger("nightledger")

KINDS: Final = ("transfer", "phone", "address", "device")

WHOLE_TIE: Final = 2520
"""Weights are kept in parts of it, since 1/(n - 1) for up to ten people sharing is then whole, and sums are exact."""

MOST_PARTNERS: Final = 200
"""Who exchanged money with more customers is a shop, a landlord or a collecting account, and ties nobody by transfers.

It also bounds the work: no walk goes through a customer with more ties than that, whatever the size of the alliance.
"""

DEFAULT_DAYS: Final = 60  # as the credit label counts a default

EDGES_IN_MEMORY: Final = 5_000_000
"""What one process takes on with 4 GB, unless the settings say otherwise."""


def all_ties(transfers: DataFrame, shared_identifiers: DataFrame, as_of: date) -> DataFrame:
    """One row per pair and kind of tie: source_id, target_id, kind, weight in parts of WHOLE_TIE, cents.

    transfers: a row per payer and payee; the edge points to the payee and carries the cents of 180 days.
    shared_identifiers: a row per pair and kind; the edge carries no money.
    """
    payments = transfers.where(
        happened_by("first_transferred_at", as_of) & F.expr("payer_customer_id <> payee_customer_id")
    )
    busy = _busy_customers(payments)
    paid = payments.join(busy, F.col("payer_customer_id") == F.col("busy_id"), how="leftanti")
    paid = paid.join(busy, F.col("payee_customer_id") == F.col("busy_id"), how="leftanti").select(
        F.col("payer_customer_id").alias("source_id"),
        F.col("payee_customer_id").alias("target_id"),
        F.lit("transfer").alias("kind"),
        F.lit(WHOLE_TIE).cast("bigint").alias("weight"),
        F.col("amount_cents_sum_180d").alias("cents"),
    )
    shared = shared_identifiers.where(happened_by("first_seen_at", as_of)).select(
        F.col("first_customer_id").alias("source_id"),
        F.col("second_customer_id").alias("target_id"),
        F.col("identifier_type").alias("kind"),
        F.round(F.col("tie_weight") * WHOLE_TIE).cast("bigint").alias("weight"),
        F.lit(0).cast("bigint").alias("cents"),
    )
    return paid.unionByName(shared)


def known_defaults(instalments: DataFrame, identities: DataFrame, as_of: date) -> DataFrame:
    """customer_id of everyone with an instalment that had been DEFAULT_DAYS past due by as_of, paid since or not.

    A default is known from the day on which the instalment has been unpaid that long, not before.
    """
    defaulted_date = F.date_add("due_date", DEFAULT_DAYS)
    was_unpaid = F.col("settled_date").isNull() | (F.col("settled_date") >= defaulted_date)
    is_known = happened_by("plan_opened_at", as_of) & (defaulted_date <= F.lit(as_of))
    return (
        instalments.where(is_known & was_unpaid)
        .join(identities.select("source_record_id", "customer_id"), "source_record_id", how="inner")
        .select("customer_id")
        .distinct()
    )


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


def busy_customers(payers: pa.ChunkedArray, payees: pa.ChunkedArray) -> pa.Array:
    """The same customers as `all_ties` leaves out of transfers, from the ends of one row per payer and payee."""
    partners = pa.chunked_array([*payers.chunks, *payees.chunks], pa.string()).value_counts()
    return partners.field("values").filter(pc.greater(partners.field("counts"), MOST_PARTNERS))


def _busy_customers(payments: DataFrame) -> DataFrame:
    """busy_id: customers who exchanged money with more than MOST_PARTNERS."""
    payers = payments.groupBy(F.col("payer_customer_id").alias("busy_id")).agg(F.count("*").alias("partners"))
    payees = payments.groupBy(F.col("payee_customer_id").alias("busy_id")).agg(F.count("*").alias("partners"))
    both = payers.unionByName(payees).groupBy("busy_id").agg(_sum_of("partners"))
    return both.where(F.col("partners") > MOST_PARTNERS).select("busy_id")


def _sum_of(name: str) -> Column:
    return F.sum(name).alias(name)
