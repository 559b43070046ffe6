"""People, each once, with what their records say about them."""

from __future__ import annotations

from datetime import date

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from jobs.windows import count_where, local_date
from schemas.cleaned.shop_users import SHOP

VERIFIED_KYC_LEVEL = 2
"""From this level on a bank has seen the person's identity document."""


def build(
    identities: DataFrame,
    shop_users: DataFrame,
    bank_customers: DataFrame,
    *,
    as_of: date,  # noqa: ARG001 - who is who is knowledge, not a state of the day
) -> DataFrame:
    """One row per customer.

    Where records disagree about birth date or city, a record whose identity was verified counts more than another,
    then the one changed last. A customer without record at any partner any more keeps its row.
    """
    records = identities.join(_what_records_say(shop_users, bank_customers), "source_record_id", how="left")
    partner = F.substring_index("source_record_id", ":", 1)
    is_shop = partner == SHOP
    return records.groupBy("customer_id").agg(
        F.min(local_date("record_since")).alias("known_since_date"),
        count_where(is_shop).alias("shop_record_count"),
        count_where(~is_shop).alias("bank_record_count"),
        F.sort_array(F.collect_set(F.when(~is_shop, partner))).alias("bank_codes"),
        _most_trusted("birth_date").alias("birth_date"),
        _most_trusted("city_code").alias("city_code"),
        F.coalesce(F.bool_or("is_verified"), F.lit(False)).alias("is_verified"),
    )


def _what_records_say(shop_users: DataFrame, bank_customers: DataFrame) -> DataFrame:
    """One row per record that a partner shows."""
    said = ("source_record_id", "birth_date", "city_code", "updated_at")
    is_known_to_bank = F.col("kyc_level") >= VERIFIED_KYC_LEVEL
    return shop_users.select(*said, F.col("is_real_name_verified").alias("is_verified")).unionByName(
        bank_customers.select(*said, is_known_to_bank.alias("is_verified"))
    )


def _most_trusted(column: str) -> Column:
    """The value of the verified record changed last; of equal ones, of the record with the largest id."""
    trust = F.struct("is_verified", "updated_at", "source_record_id")
    return F.max_by(column, F.when(F.col(column).isNotNull(), trust))
