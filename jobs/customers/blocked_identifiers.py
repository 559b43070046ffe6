"""Identifiers that tie nobody: on too many records, filled in by systems, or of a kind that never ties alone."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Final

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from jobs.customers.match_rules import IDENTIFIERS, MOST_RECORDS_SHARING, PLACEHOLDER_BIRTH_DATES
from jobs.customers.records import records
from jobs.windows import in_last_days

WINDOW_DAYS: Final = 90
"""Who ordered with a device or to an address longer ago may have nothing to do with it any more."""

SEEN_ON_PURCHASES: Final = {
    "recipient_phone": "recipient_phone_token",
    "address": "shipping_address_token",
    "device": "device_id",
}


def build(shop_users: DataFrame, bank_customers: DataFrame, purchases: DataFrame, *, as_of: date) -> DataFrame:
    """One row per identifier of more than MOST_RECORDS_SHARING records, and per birth date that is filled in.

    What only looks given ("null", noughts) has no token since its capture and is not here.
    """
    is_filled_in = F.col("birth_date").isin(*PLACEHOLDER_BIRTH_DATES)
    true_birth_date = F.when(~is_filled_in, F.col("birth_date")).cast("string")
    named_and_born = F.when(F.col("full_name_token").isNotNull(), F.concat_ws(" ", "full_name_token", true_birth_date))
    on_records = [
        *((kind, F.col(column), "too_many_records") for kind, column in IDENTIFIERS.items()),
        ("name_and_birth_date", F.when(true_birth_date.isNotNull(), named_and_born), "too_many_records"),
    ]
    filled_in = ("birth_date", F.when(is_filled_in, F.col("birth_date")).cast("string"), "placeholder")
    on_purchases = [(kind, F.col(column), "never_alone") for kind, column in SEEN_ON_PURCHASES.items()]
    recent = purchases.where(in_last_days("ordered_at", WINDOW_DAYS, as_of))
    carried = _carried(records(shop_users, bank_customers), [*on_records, filled_in]).unionByName(
        _carried(recent, on_purchases)
    )
    is_placeholder = F.col("blocked_because") == "placeholder"
    return (
        carried.groupBy("identifier_type", "identifier", "blocked_because")
        .agg(F.count_distinct("source_record_id").alias("record_count"))
        .where(is_placeholder | (F.col("record_count") > MOST_RECORDS_SHARING))
    )


def _carried(rows: DataFrame, identifiers: Sequence[tuple[str, Column, str]]) -> DataFrame:
    """One row per record and identifier given on it: kind, value and why it would be blocked."""
    told = [
        F.struct(
            F.lit(kind).alias("identifier_type"), value.alias("identifier"), F.lit(because).alias("blocked_because")
        )
        for kind, value, because in identifiers
    ]
    return (
        rows.select("source_record_id", F.inline(F.array(*told)))
        .where(F.col("identifier").isNotNull())
        .select("source_record_id", "identifier_type", "identifier", "blocked_because")
    )
