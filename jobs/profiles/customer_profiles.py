"""Everything known about a customer: all feature families side by side."""

from __future__ import annotations

from datetime import date

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs.families import join_whole_families
from jobs.windows import aggregates_of
from schemas.profiles.customer_profiles import PROFILE_MEASURES


def build(customers: DataFrame, *families: DataFrame, as_of: date) -> DataFrame:
    """One row per customer whose oldest record began by as_of.

    families: one DataFrame per family, in the order of the contract; a new one needs no edit here.
    A customer without a row in a family holds null there.
    """
    known_customers = customers.where(F.col("known_since_date") <= F.lit(as_of))
    return join_whole_families(known_customers, families).select("*", *aggregates_of(*PROFILE_MEASURES))
