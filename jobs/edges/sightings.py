"""Where the partners' rows show a customer with an identifier, and since when a record has carried it.

A sighting: source_record_id, identifier_type, identifier, seen_at, known_date.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from jobs.versions import keep_version_in_force

SIGHTING = ("source_record_id", "identifier_type", "identifier", "seen_at", "known_date")


def seen_in_rows(rows: DataFrame, identifiers: Mapping[str, str], seen_at: str) -> DataFrame:
    """One row per row and identifier it shows; rows without record or identifier tell nothing.

    identifiers: the type by the column that holds it; all are read in one pass.
    """
    shown = [
        F.struct(F.lit(kind).alias("identifier_type"), F.col(column).alias("identifier"))
        for column, kind in identifiers.items()
    ]
    told = rows.where("source_record_id is not null").select(
        "source_record_id", F.col(seen_at).alias("seen_at"), "known_date", F.explode(F.array(*shown)).alias("shown")
    )
    return told.where("shown.identifier is not null").select(
        "source_record_id", "shown.identifier_type", "shown.identifier", "seen_at", "known_date"
    )


def phones_on_records(versions: DataFrame, began_at: str, as_of: date) -> DataFrame:
    """The phone in force on each record, since when it has stood there and when the record was last changed.

    versions: every version that was delivered, with its record.
    A phone is as old as its record unless an older version with another phone is known.
    """
    carried = carried_since(versions, ("source_record_id",), ("phone_token",), began_at)
    in_force = keep_version_in_force(versions, "source_record_id", as_of=as_of)
    now = in_force.select("source_record_id", "phone_token", "updated_at")
    return _twice(
        now.join(carried, ["source_record_id", "phone_token"], how="inner"), "phone", "phone_token", "updated_at"
    )


def cards_of_records(versions: DataFrame) -> DataFrame:
    """Whoever a credit card's account has belonged to, since when, and when the bank last said so.

    versions: every version of a bank account that was delivered, with its record.
    """
    cards = versions.where("account_type = 'credit_card'").withColumn(
        "card", F.concat_ws("/", "bank_code", "account_id")
    )
    carried = carried_since(cards, ("card",), ("source_record_id",), "opened_at")
    return _twice(carried, "card", "card", "last_changed_at")


def carried_since(versions: DataFrame, thing: tuple[str, ...], value: tuple[str, ...], began_at: str) -> DataFrame:
    """One row per thing and value that a version of it has carried: since_at, last_changed_at, known_date.

    The value of the oldest version that we know counts from the thing's beginning, any other from its first version.
    """
    carried = versions.groupBy(*thing, *value).agg(
        F.min("updated_at").alias("changed_at"),
        F.max("updated_at").alias("last_changed_at"),
        F.min(began_at).alias("began_at"),
        F.min("captured_date").alias("known_date"),
    )
    is_later = F.col("changed_at") > F.min("changed_at").over(Window.partitionBy(*thing))
    since_at = F.when(is_later, F.col("changed_at")).otherwise(F.col("began_at"))
    return carried.withColumn("since_at", since_at)


def _twice(carried: DataFrame, kind: str, identifier: str, last_seen_at: str) -> DataFrame:
    """A sighting at the beginning and one at the end."""
    seen_at: Column = F.explode(F.array("since_at", last_seen_at)).alias("seen_at")
    told = carried.where(F.col(identifier).isNotNull()).withColumns(
        {"identifier_type": F.lit(kind), "identifier": F.col(identifier)}
    )
    return told.select("source_record_id", "identifier_type", "identifier", seen_at, "known_date").select(*SIGHTING)
