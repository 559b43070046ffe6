"""How many of the others behind a customer's phones, addresses and devices are known to have defaulted."""

from __future__ import annotations

from datetime import date
from typing import Final

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from jobs.relations.ties import known_defaults
from jobs.windows import count_where, happened_by, in_last_days, share_of

USUAL_SHARE: Final = 0.02  # of customers in default at any time; a guess that only matters where few others are known
USUAL_WEIGHT: Final = 5  # others it takes for what is seen to count as much as the usual; a guess
LIGHT_HOLDERS: Final = 10  # up to so many customers an identifier ties them; see edges/shared_identifiers


def build(identifier_holders: DataFrame, instalments: DataFrame, identities: DataFrame, *, as_of: date) -> DataFrame:
    """One row per customer seen with an identifier by as_of; the own default never enters the own row.

    Counts per identifier come back to its holders: the work grows with the holders, never with their pairs.
    """
    bad = known_defaults(instalments, identities, as_of).withColumn("is_bad", F.lit(1))
    holders = identifier_holders.where(happened_by("first_seen_at", as_of))
    marked = holders.join(bad, "customer_id", how="left").withColumn("is_bad", F.coalesce("is_bad", F.lit(0)))
    of_identifier = marked.groupBy("identifier_type", "identifier").agg(
        F.count("*").alias("holders"), F.sum("is_bad").alias("defaulters")
    )
    shared = of_identifier.where("holders > 1")
    beside_others = marked.join(shared, ["identifier_type", "identifier"], how="left")
    return beside_others.groupBy("customer_id").agg(*describe_identifiers(as_of))


def describe_identifiers(as_of: date) -> list[Column]:
    """The aggregates over a customer's identifiers; holders is null where nobody else has it."""
    others = F.col("holders") - 1
    other_defaulters = F.col("defaulters") - F.col("is_bad")
    share = (other_defaulters + USUAL_WEIGHT * USUAL_SHARE) / (others + USUAL_WEIGHT)
    in_billionths = F.round(share * 1_000_000_000).cast("bigint")  # whole, so that the order of rows cannot show
    return [
        F.count("*").alias("identifier_count_ever"),
        count_where(in_last_days("first_seen_at", 30, as_of)).alias("new_identifier_count_30d"),
        F.count("holders").alias("shared_identifier_count_ever"),
        F.coalesce(F.max(F.col("holders") > LIGHT_HOLDERS), F.lit(False)).alias("has_heavy_identifier"),
        share_of(F.sum(in_billionths), F.count("holders") * 1_000_000_000).alias("identifier_default_share_mean"),
        (F.max(in_billionths) / F.lit(1_000_000_000)).alias("identifier_default_share_max"),
        F.coalesce(F.sum(other_defaulters), F.lit(0)).alias("identifier_defaulter_count"),
    ]
