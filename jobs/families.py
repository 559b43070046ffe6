"""The feature families side by side: the one place where they are joined."""

from __future__ import annotations

from collections.abc import Sequence

from pyspark.sql import DataFrame


def join_families(customers: DataFrame, families: Sequence[DataFrame]) -> DataFrame:
    """Every row of customers beside the customer's row of each family; null where a family has none.

    customers: any grain that holds customer_id. families: one row per customer, so that no row is doubled.
    """
    joined = customers
    for family in families:
        joined = joined.join(family, "customer_id", how="left")
    return joined
