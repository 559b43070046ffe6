"""Which record of which partner belongs to which person, with an id that stays from night to night."""

from __future__ import annotations

from datetime import date

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from jobs.customers.linking import tie_records

ID_DIGITS = 24
"""Of a SHA-256 in hexadecimal: with 96 bits, any two of a thousand million ids are equal with a chance of 10^-11."""


def build(
    shop_users: DataFrame, bank_customers: DataFrame, *, previous: DataFrame | None = None, as_of: date
) -> DataFrame:
    """One row per source record ever known, with the customer it belongs to.

    previous: last night's identities, None on the first night. A record that no partner shows any more keeps its row
    and its customer.
    """
    records = tie_records(_records(shop_users, bank_customers))
    claims = _claim_customers(_with_last_night(records, previous))
    continues = F.col("_claim").isNotNull() & _is_heir()
    is_gone = F.col("_matched_before").isNotNull()
    return claims.withColumn("_continues", continues).select(
        "source_record_id",
        "record_since",
        F.when(is_gone, F.col("_previous_id"))
        .when(F.col("_continues"), F.col("_claim.customer_id"))
        .otherwise(_new_id(as_of))
        .alias("customer_id"),
        F.when(is_gone, F.col("_previous_since"))
        .when(F.col("_continues"), F.col("_claim.since"))
        .otherwise(F.lit(as_of))
        .alias("customer_since_date"),
        F.coalesce("_matched_before", _matched_by()).alias("matched_by"),
    )


def _records(shop_users: DataFrame, bank_customers: DataFrame) -> DataFrame:
    """One row per record of a person, with what can tie it to others."""
    identifying = ("source_record_id", "national_id_token", "phone_token", "birth_date")
    return shop_users.select(*identifying, F.col("registered_at").alias("record_since")).unionByName(
        bank_customers.select(*identifying, F.col("opened_at").alias("record_since"))
    )


def _with_last_night(records: DataFrame, previous: DataFrame | None) -> DataFrame:
    """Every record with its customer of last night; `_matched_before` is given only where no partner shows it now."""
    if previous is None:
        nothing = {"_previous_id": "string", "_previous_since": "date", "_matched_before": "string"}
        return records.withColumns({name: F.lit(None).cast(kind) for name, kind in nothing.items()})
    before = previous.select(
        "source_record_id",
        F.col("customer_id").alias("_previous_id"),
        F.col("customer_since_date").alias("_previous_since"),
        F.col("matched_by").alias("_matched_before"),
        F.col("record_since").alias("_since_before"),
    )
    is_gone = F.col("cluster").isNull()
    return records.join(before, "source_record_id", how="full").withColumns(
        {
            "_matched_before": F.when(is_gone, F.col("_matched_before")),
            "record_since": F.coalesce("record_since", "_since_before"),
            "cluster": F.coalesce("cluster", F.concat(F.lit("gone|"), F.col("source_record_id"))),
        }
    )


def _claim_customers(records: DataFrame) -> DataFrame:
    """Every record with the previous customer that its cluster would continue, in `_claim`.

    It is the one that holds most of the cluster's records; of equal ones the oldest, then the smallest id.
    """
    cluster = Window.partitionBy("cluster")
    votes = F.count("*").over(Window.partitionBy("cluster", "_previous_id"))
    has_vote = F.col("_previous_id").isNotNull() & F.col("_matched_before").isNull()
    vote = F.struct(
        (-votes).alias("votes_against"),
        F.col("_previous_since").alias("since"),
        F.col("_previous_id").alias("customer_id"),
    )
    return records.withColumn("_vote", F.when(has_vote, vote)).withColumns(
        {
            "_claim": F.min("_vote").over(cluster),
            "_record_count": F.count("*").over(cluster),
            "_first_record": F.min("source_record_id").over(cluster),
        }
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


def _matched_by() -> Column:
    return (
        F.when(F.col("_record_count") == 1, F.lit("alone"))
        .when(F.col("is_tied_by_id"), F.lit("national_id"))
        .otherwise(F.lit("phone_and_birth_date"))
    )
