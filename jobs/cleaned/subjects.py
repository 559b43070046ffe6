"""Whom a wish or a message is about: from the subject a partner names to the source records it may mean."""

from __future__ import annotations

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from schemas.cleaned.shop_users import SHOP

NOBODY = "?"
"""Stands in the place of the bank code where we cannot say whose record is meant; no bank can be named so."""


def banks_of_each_id(bank_customers: DataFrame) -> DataFrame:
    """One row per bank_customer_id as `subject_id`, with the banks that ever had a customer of this id, by alphabet."""
    return bank_customers.groupBy(F.col("bank_customer_id").alias("subject_id")).agg(
        F.sort_array(F.collect_set("bank_code")).alias("banks_of_id")
    )


def address_every_match(rows: DataFrame, banks_of_id: DataFrame, *, only_if_certain: Column) -> DataFrame:
    """One row per row and source record that its subject_type and subject_id may mean.

    A subject is named without its bank, and ids are unique per bank only, so several customers may be meant. Where
    only_if_certain holds, a subject that may mean several means nobody. A subject that means nobody, or whom no bank
    has delivered yet, keeps one row under `?:<subject_id>`: it ties to no customer and is there to be seen.
    """
    nobody = F.array(F.lit(NOBODY))
    is_uncertain = F.col("banks_of_id").isNull() | (only_if_certain & (F.size("banks_of_id") > 1))
    homes = (
        F.when(F.col("subject_type") == "shop_user", F.array(F.lit(SHOP)))
        .when(is_uncertain, nobody)
        .otherwise(F.col("banks_of_id"))
    )
    return (
        rows.join(banks_of_id, "subject_id", how="left")
        .withColumn("_home", F.explode(homes))
        .withColumn("source_record_id", F.concat_ws(":", "_home", "subject_id"))
        .drop("_home", "banks_of_id")
    )
