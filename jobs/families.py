"""The feature families side by side: the one place where they are joined."""

from __future__ import annotations

from collections.abc import Sequence

from pyspark.sql import DataFrame
from pyspark.sql import functions as F


def join_families(customers: DataFrame, families: Sequence[DataFrame]) -> DataFrame:
    """Every row of customers beside the customer's row of each family; null where a family has none.

    customers: any grain that holds customer_id. families: one row per customer, so that no row is doubled.
    For who goes on with a few of the columns: the others are not even computed.
    """
    joined = customers
    for family in families:
        joined = joined.join(family, "customer_id", how="left")
    return joined


def join_whole_families(customers: DataFrame, families: Sequence[DataFrame]) -> DataFrame:
    """The same, for who goes on with all columns.

    A family goes through the joins as one value. As columns, the fourteenth join would copy those of thirteen families.
    """
    names = [f"_family_{number}" for number in range(len(families))]
    packed = [
        family.select("customer_id", F.struct(*(name for name in family.columns if name != "customer_id")).alias(whole))
        for whole, family in zip(names, families, strict=True)
    ]
    return join_families(customers, packed).select(*customers.columns, *(f"{name}.*" for name in names))
