"""Which records of the partners are the same person, by exact tokens."""

from __future__ import annotations

from datetime import date
from functools import reduce

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from jobs.customers.records import records

SHARED_BY_RULE = {"national_id": ("national_id_token",), "phone_and_birth_date": ("phone_token", "birth_date")}

MATCH_PROBABILITIES = {"national_id": 0.9999, "phone_and_birth_date": 0.9995}
"""How surely two records that share these are one person. Guesses: only their order, and their place beside the bounds
of clusters, decide anything."""

MAX_RECORDS_SHARING = 10
"""A token on more records ties nobody: a person has a handful of records, a switchboard or a test number has many.

It also bounds the work: what is shared gives at most 45 pairs, however many records hold it.
"""


def build(
    shop_users: DataFrame,
    bank_customers: DataFrame,
    *,
    as_of: date,  # noqa: ARG001 - who is who is knowledge, not a state of the day
) -> DataFrame:
    """One row per pair of records that share a national id, or phone and birth date.

    A pair with two different national ids is rejected, whatever else the two share.
    """
    people = records(shop_users, bank_customers).withColumn("national_id_token", _believable_id())
    proposed = reduce(
        DataFrame.unionByName,
        [_pairs(people, shared, place) for place, shared in enumerate(SHARED_BY_RULE.values())],
    )
    pairs = proposed.groupBy("left_record_id", "right_record_id").agg(
        F.min("place").alias("place"), F.bool_or("is_conflict").alias("is_conflict")
    )
    rules = F.array(*map(F.lit, SHARED_BY_RULE))
    probabilities = F.array(*(F.lit(MATCH_PROBABILITIES[rule]) for rule in SHARED_BY_RULE))
    return pairs.select(
        "left_record_id",
        "right_record_id",
        rules[F.col("place")].alias("matched_by"),
        probabilities[F.col("place")].alias("match_probability"),
        F.when(F.col("is_conflict"), F.lit("rejected")).otherwise(F.lit("automatic")).alias("decision"),
        F.lit("rule").alias("decided_by"),
        F.when(F.col("is_conflict"), F.lit("conflicting_national_id")).alias("reason"),
    )


def _believable_id() -> Column:
    """The national id, null where so many records hold it that it says nothing about any of them."""
    held = Window.partitionBy(F.coalesce("national_id_token", F.concat(F.lit("none|"), F.col("source_record_id"))))
    return F.when(F.count("*").over(held) <= MAX_RECORDS_SHARING, F.col("national_id_token"))


def _pairs(people: DataFrame, shared: tuple[str, ...], place: int) -> DataFrame:
    """One row per two records that hold the same values; what is held by too many gives none."""
    group = F.sort_array(F.collect_list(F.struct("source_record_id", "national_id_token")))
    groups = people.dropna(subset=list(shared)).groupBy(*shared).agg(group.alias("group"))
    return (
        groups.where(F.size("group").between(2, MAX_RECORDS_SHARING))
        .select("group", F.explode("group").alias("left"))
        .select("left", F.explode("group").alias("right"))
        .where(F.col("left.source_record_id") < F.col("right.source_record_id"))
        .select(
            F.col("left.source_record_id").alias("left_record_id"),
            F.col("right.source_record_id").alias("right_record_id"),
            F.lit(place).alias("place"),
            F.coalesce(F.col("left.national_id_token") != F.col("right.national_id_token"), F.lit(False)).alias(
                "is_conflict"
            ),
        )
    )
