"""Who shares an identifier with whom: a phone, an address, a device, a recipient, a home or a card."""

from __future__ import annotations

from datetime import date

from pyspark.sql import DataFrame

from jobs.relations.pairs import tie_holders
from jobs.windows import happened_by


def build(identifier_holders: DataFrame, *, as_of: date) -> DataFrame:
    """One row per pair of customers and kind of identifier that both were seen with by as_of."""
    known = identifier_holders.where(happened_by("first_seen_at", as_of))
    tied = tie_holders(known, ("identifier_type", "identifier"), "identifier_type")
    return tied.withColumnRenamed("shared_count", "identifier_count")
