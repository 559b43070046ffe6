"""Who customers are by their records: what no model reads, for watching how a score treats groups of people."""

from __future__ import annotations

from pyspark.sql import DataFrame
from pyspark.sql import functions as F


def people_by_records(identities: DataFrame, shop_users: DataFrame, bank_customers: DataFrame) -> DataFrame:
    """One row per customer of identities with a record: gender, birth_date and city_tier.

    gender is null where records contradict each other; birth_date is the newest that is told, city_tier the best.
    """
    told = ("source_record_id", "gender", "birth_date")
    records = shop_users.select(*told, "city_tier").unionByName(bank_customers.select(*told), allowMissingColumns=True)
    owned = identities.select("source_record_id", "customer_id")
    # Many records to one customer.
    of_customers = records.join(owned, "source_record_id", how="inner")
    return of_customers.groupBy("customer_id").agg(
        F.when(F.min("gender") == F.max("gender"), F.min("gender")).alias("gender"),
        F.max("birth_date").alias("birth_date"),
        F.min("city_tier").alias("city_tier"),
    )
