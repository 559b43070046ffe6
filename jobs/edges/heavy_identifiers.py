"""Identifiers of too many customers to tie any of them."""

from __future__ import annotations

from datetime import date

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs.relations.pairs import is_heavy
from jobs.windows import count_where, in_last_days


def build(identifier_holders: DataFrame, *, as_of: date) -> DataFrame:
    """One row per identifier of more than MAX_CUSTOMERS_SHARING customers by as_of."""
    heavy = identifier_holders.where(is_heavy())
    return heavy.groupBy("identifier_type", "identifier").agg(
        F.max("holder_count").alias("holder_count"),
        count_where(in_last_days("first_seen_at", 7, as_of)).alias("new_holder_count_7d"),
        F.min("first_seen_at").alias("first_seen_at"),
        F.max("last_seen_at").alias("last_seen_at"),
    )
