"""Which record of which partner belongs to which person, with an id that stays from night to night."""

from __future__ import annotations

from datetime import date

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from jobs.arrow_frames import frame_of
from jobs.customers.clusters import OF_PAIRS, OF_RECORDS, find_clusters
from jobs.customers.records import records
from schemas.customers.identities import ALONE

ID_DIGITS = 24
"""Of a SHA-256 in hexadecimal: with 96 bits, any two of a thousand million ids are equal with a chance of 10^-11."""

TIED_BY = ("matched_by", "match_probability", "matched_record_id", "weakest_match_probability", "has_bridge")


def build(
    shop_users: DataFrame,
    bank_customers: DataFrame,
    record_pairs: DataFrame,
    *,
    previous: DataFrame | None = None,
    as_of: date,
) -> DataFrame:
    """One row per source record ever known, with the customer it belongs to.

    previous: last night's identities, None on the first night. A record that no partner shows any more keeps its row
    and its customer.
    """
    people = records(shop_users, bank_customers).select(*OF_RECORDS, "record_since").toArrow()
    clusters = find_clusters(people, record_pairs.select(*OF_PAIRS).toArrow()).members.drop_columns("national_id_token")
    claims = _claim_customers(_with_last_night(frame_of(shop_users.sparkSession, clusters), previous))
    is_shown = F.col("is_shown")
    named = claims.withColumn("_continues", F.col("_claim").isNotNull() & _is_heir())
    return named.select(
        "source_record_id",
        "record_since",
        F.when(~is_shown, F.col("previous_customer_id"))
        .when(F.col("_continues"), F.col("_claim.customer_id"))
        .otherwise(_new_id(as_of))
        .alias("customer_id"),
        F.when(~is_shown, F.col("_previous_since"))
        .when(F.col("_continues"), F.col("_claim.since"))
        .otherwise(F.lit(as_of))
        .alias("customer_since_date"),
        "previous_customer_id",
        "is_shown",
        *TIED_BY,
    )


def _with_last_night(clusters: DataFrame, previous: DataFrame | None) -> DataFrame:
    """Every record with its customer of last night; one that no partner shows now is a cluster of its own."""
    shown = clusters.withColumns({"matched_by": F.coalesce("matched_by", F.lit(ALONE)), "is_shown": F.lit(True)})
    if previous is None:
        nothing = {"previous_customer_id": "string", "_previous_since": "date"}
        return shown.withColumns({name: F.lit(None).cast(kind) for name, kind in nothing.items()})
    before = previous.select(
        "source_record_id",
        F.col("customer_id").alias("previous_customer_id"),
        F.col("customer_since_date").alias("_previous_since"),
        F.col("record_since").alias("_since_before"),
    )
    return shown.join(before, "source_record_id", how="full").withColumns(
        {
            "is_shown": F.col("cluster").isNotNull(),
            "record_since": F.coalesce("record_since", "_since_before"),
            "cluster": F.coalesce("cluster", F.concat(F.lit("gone|"), F.col("source_record_id"))),
            "matched_by": F.coalesce("matched_by", F.lit(ALONE)),
            "has_bridge": F.coalesce("has_bridge", F.lit(False)),
        }
    )


def _claim_customers(known: DataFrame) -> DataFrame:
    """Every record with the previous customer that its cluster would continue, in `_claim`.

    It is the one that holds most of the cluster's records; of equal ones the oldest, then the smallest id.
    """
    cluster = Window.partitionBy("cluster")
    votes = F.count("*").over(Window.partitionBy("cluster", "previous_customer_id"))
    has_vote = F.col("previous_customer_id").isNotNull() & F.col("is_shown")
    vote = F.struct(
        (-votes).alias("votes_against"),
        F.col("_previous_since").alias("since"),
        F.col("previous_customer_id").alias("customer_id"),
    )
    return known.withColumn("_vote", F.when(has_vote, vote)).withColumns(
        {"_claim": F.min("_vote").over(cluster), "_first_record": F.min("source_record_id").over(cluster)}
    )


def _is_heir() -> Column:
    """Whether no other cluster claims the same customer with more records; a tie goes to the smallest record."""
    same_claim = Window.partitionBy(F.coalesce("_claim.customer_id", "cluster"))
    strength = F.struct(F.col("_claim.votes_against"), F.col("_first_record"))
    return strength == F.min(strength).over(same_claim)


def _new_id(as_of: date) -> Column:
    """Made from the cluster's first record and the night, so a night built again gives the same ids.

    The night keeps it apart from the id of an earlier customer that began with the same record.
    """
    origin = F.concat_ws("|", F.col("_first_record"), F.lit(as_of.isoformat()))
    return F.concat(F.lit("c"), F.substring(F.sha2(origin, 256), 1, ID_DIGITS))
