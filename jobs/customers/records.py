"""The partners' records of people, all in one shape."""

from __future__ import annotations

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

IDENTIFYING = (
    "source_record_id",
    "national_id_token",
    "phone_token",
    "email_token",
    "full_name_token",
    "full_name_encoding",
    "given_name_token",
    "birth_date",
    "city_code",
    "gender",
)


def records(shop_users: DataFrame, bank_customers: DataFrame) -> DataFrame:
    """One row per record that a partner shows, with the partner, what can tie it to others and since when it exists."""
    at_shop = shop_users.select(*IDENTIFYING, F.col("registered_at").alias("record_since"))
    at_banks = bank_customers.select(*IDENTIFYING, F.col("opened_at").alias("record_since"))
    return at_shop.unionByName(at_banks).withColumn("partner", F.substring_index("source_record_id", ":", 1))
