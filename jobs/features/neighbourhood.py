"""Whom a customer is tied to, one hop away, what passes between them, and how those keep their promises."""

from __future__ import annotations

from datetime import date
from typing import Final

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from jobs.relations.amounts import DIRECTIONS, shape_of_amounts
from jobs.relations.neighbours import FAVOURS, SHARED, neighbours_of
from jobs.relations.ties import USUAL_SHARE, USUAL_WEIGHT, could_have_defaulted, had_defaulted
from jobs.windows import count_where, happened_by, in_last_days, share_of

LATE_DAYS: Final = 30  # the first bucket that few people fall into by forgetting


def build(
    transfers: DataFrame,
    shared_identifiers: DataFrame,
    favours: DataFrame,
    payments: DataFrame,
    instalments: DataFrame,
    accounts: DataFrame,
    identities: DataFrame,
    *,
    as_of: date,
) -> DataFrame:
    """One row per customer who is tied to another by a transfer, a shared identifier or a favour by as_of.

    payments: one row per transfer between source records. Nobody is their own neighbour, so a customer's own delays,
    defaults and cards never enter the customer's own row.
    """
    neighbours = (
        neighbours_of(transfers, shared_identifiers, favours, as_of)
        .join(tell_borrowers(instalments, identities, as_of), "neighbour_id", how="left")
        .join(tell_card_holders(accounts, identities, as_of), "neighbour_id", how="left")
    )
    described = neighbours.groupBy("customer_id").agg(*describe_neighbours(as_of))
    return described.join(shape_of_amounts(payments, identities, as_of), "customer_id", how="left").fillna(
        0, [f"{direction}_count_180d" for direction in DIRECTIONS]
    )


def tell_borrowers(instalments: DataFrame, identities: DataFrame, as_of: date) -> DataFrame:
    """One row per customer with an instalment plan: how they keep it, as far as it is known on as_of.

    is_late: something is 30 or more days past due. is_matured: a default could have become known by now.
    """
    is_unpaid = F.coalesce(F.col("settled_date") > F.lit(as_of), F.lit(True))
    is_late = is_unpaid & (F.datediff(F.lit(as_of), "due_date") >= LATE_DAYS)
    return (
        instalments.where(happened_by("plan_opened_at", as_of))
        .join(identities.select("source_record_id", "customer_id"), "source_record_id", how="inner")
        .groupBy(F.col("customer_id").alias("neighbour_id"))
        .agg(
            F.max(is_late).alias("is_late"),
            F.max(could_have_defaulted(as_of)).alias("is_matured"),
            F.max(had_defaulted(as_of)).alias("is_defaulted"),
        )
    )


def tell_card_holders(accounts: DataFrame, identities: DataFrame, as_of: date) -> DataFrame:
    """One row per customer with a credit card of a partner bank that is open on as_of."""
    is_open = happened_by("opened_at", as_of) & ~happened_by("closed_at", as_of)
    cards = accounts.where((F.col("account_type") == "credit_card") & is_open)
    holders = cards.join(identities.select("source_record_id", "customer_id"), "source_record_id", how="inner")
    return holders.select(F.col("customer_id").alias("neighbour_id"), F.lit(True).alias("has_card")).distinct()


def describe_neighbours(as_of: date) -> list[Column]:
    """The aggregates over a customer's neighbours; is_late is null for those without a plan."""
    borrowing_count, matured_count = F.count("is_late"), count_where(F.col("is_matured"))
    paid, paying = F.col("sent_count") > 0, F.col("received_count") > 0
    sent_cents, received_cents = F.sum("sent_cents"), F.sum("received_cents")
    defaulted_count = count_where(F.col("is_defaulted"))
    return [
        count_where(paid).alias("paid_customer_count_180d"),
        count_where(paying).alias("paying_customer_count_180d"),
        sent_cents.alias("sent_cents_sum_180d"),
        received_cents.alias("received_cents_sum_180d"),
        count_where(F.col("is_sharing")).alias("sharing_customer_count"),
        *(count_where(F.col(f"is_{kind}")).alias(f"{kind}_sharing_customer_count") for kind in SHARED),
        *(count_where(F.col(f"is_{role}")).alias(f"{role}_customer_count") for role in FAVOURS),
        *(
            count_where(in_last_days("last_transferred_at", days, as_of)).alias(f"counterparty_count_{days}d")
            for days in (30, 90, 180)
        ),
        share_of(count_where(paid & paying), count_where(paid | paying)).alias("reciprocal_counterparty_share_180d"),
        share_of(sent_cents, received_cents).alias("sent_received_ratio_180d"),
        F.count("neighbour_id").alias("neighbour_count"),
        *(count_where(in_last_days("began_at", days, as_of)).alias(f"new_neighbour_count_{days}d") for days in (7, 30)),
        count_where(F.col("has_card")).alias("card_holding_neighbour_count"),
        borrowing_count.alias("borrowing_neighbour_count"),
        share_of(count_where(F.col("is_late")), borrowing_count).alias("late_neighbour_share"),
        matured_count.alias("matured_neighbour_count"),
        defaulted_count.alias("defaulted_neighbour_count"),
        ((defaulted_count + USUAL_WEIGHT * USUAL_SHARE) / (matured_count + USUAL_WEIGHT)).alias(
            "defaulted_neighbour_share"
        ),
    ]
