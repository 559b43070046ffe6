"""Which records of the partners are the same person, by exact tokens."""

from __future__ import annotations

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

MAX_RECORDS_SHARING = 10
"""A token on more records ties nobody: a person has a handful of records, a switchboard or a test number has many."""


def tie_records(records: DataFrame) -> DataFrame:
    """Every record with the name of its `cluster`, and `is_tied_by_id`: whether another record has its national id.

    Records belong together (1) when they carry the same national id, (2) when they share phone and birth date, as
    long as that brings no two national ids together. A record without national id is therefore tied to records with
    exactly one, or to others without any; where a phone and birth date are seen with two national ids (twins, say) it
    stays alone. So no chain of records ties two national ids, and two rules in order need no iteration.

    A token on more than MAX_RECORDS_SHARING records counts as not given.
    """
    same_id = Window.partitionBy(_shared("national_id_token"))
    same_pair = Window.partitionBy(_shared("phone_token", "birth_date"))
    identifies = F.col("national_id_token").isNotNull() & (F.count("*").over(same_id) <= MAX_RECORDS_SHARING)
    pairs = _all_given("phone_token", "birth_date") & (F.count("*").over(same_pair) <= MAX_RECORDS_SHARING)
    return (
        records.withColumn("_id", F.when(identifies, F.col("national_id_token")))
        .withColumn("is_tied_by_id", F.col("_id").isNotNull() & (F.count("*").over(same_id) > 1))
        .withColumns(
            {"_pairs": pairs, "_first_id": F.min("_id").over(same_pair), "_last_id": F.max("_id").over(same_pair)}
        )
        .withColumn("cluster", _cluster())
        .drop("_id", "_pairs", "_first_id", "_last_id")
    )


def _cluster() -> Column:
    """Named by the national id, else by the only one seen with the same phone and birth date, else by these two."""
    is_only_id = F.col("_first_id") == F.col("_last_id")
    id_of_pair = F.when(F.col("_pairs") & is_only_id, F.col("_first_id"))
    is_pair_without_id = F.col("_pairs") & F.col("_first_id").isNull()
    return F.coalesce(
        F.concat(F.lit("id|"), F.coalesce("_id", id_of_pair)),
        F.when(is_pair_without_id, _shared("phone_token", "birth_date")),
        _alone(),
    )


def _shared(*columns: str) -> Column:
    """The values as one text; a record that misses one shares with nobody and does not crowd the nulls' partition."""
    values = F.concat_ws("|", F.lit("same"), *(F.col(name).cast("string") for name in columns))
    return F.when(_all_given(*columns), values).otherwise(_alone())


def _all_given(*columns: str) -> Column:
    is_given = F.lit(True)
    for name in columns:
        is_given = is_given & F.col(name).isNotNull()
    return is_given


def _alone() -> Column:
    return F.concat(F.lit("alone|"), F.col("source_record_id"))
