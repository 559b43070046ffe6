"""Everything known about a customer: all feature families side by side."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from functools import reduce
from operator import add

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from jobs.families import join_families
from jobs.windows import share_of
from schemas.profiles.customer_profiles import FAMILIES_OF_A_FULL_PROFILE

MONTHS_IN_HALF_YEAR = 6


def build(customers: DataFrame, *families: DataFrame, as_of: date) -> DataFrame:
    """One row per customer whose oldest record began by as_of.

    families: one DataFrame per family, in the order of the contract; a new one needs no edit here.
    A customer without a row in a family holds null there.
    """
    known_customers = customers.where(F.col("known_since_date") <= F.lit(as_of))
    marks = [f"has_row_in_family_{number}" for number in range(len(families))]
    marked = [family.withColumn(mark, F.lit(True)) for family, mark in zip(families, marks, strict=True)]
    known_family_count = count_of_true(marks)
    return join_families(known_customers, marked).withColumns(
        {
            "known_family_count": known_family_count,
            "is_thin_profile": known_family_count < FAMILIES_OF_A_FULL_PROFILE,
            "debt_service_ratio": share_of(
                F.col("due_cents_next_30d") * MONTHS_IN_HALF_YEAR, F.col("inflow_cents_sum_180d")
            ),
        }
    )


def count_of_true(marks: Sequence[str]) -> Column:
    """How many of the columns are not null."""
    return reduce(add, [F.col(mark).isNotNull().cast("bigint") for mark in marks])
