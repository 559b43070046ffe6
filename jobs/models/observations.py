"""What was visible of every customer on an observation date."""

from __future__ import annotations

from datetime import date

from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F

from jobs.families import join_families
from jobs.windows import aggregates_of, happened_by
from schemas.measures_across_families import DEBT_MEASURES
from schemas.models.observations import HOUSEHOLD_AT_MOST, OBSERVATIONS


def build(identities: DataFrame, purchases: DataFrame, *families: DataFrame, as_of: date) -> DataFrame:
    """One row per customer whose first record began by the observation date; the road asks for one after the other.

    families: one DataFrame per family a model may read, built for as_of, so that nothing after it is visible.
    identities, purchases: as known on the day of the training. They say who is one person, and who lives together; who
    is described depends on nothing after as_of.
    """
    known = identities.where(happened_by("record_since", as_of)).select("customer_id").distinct()
    customers = (
        known.join(households(purchases, identities), "customer_id", how="left")
        .withColumn("household_id", F.coalesce("household_id", "customer_id"))
        .withColumn("observation_date", F.lit(as_of))
    )
    described = join_families(customers, families).select("*", *aggregates_of(*DEBT_MEASURES))
    return described.select(*OBSERVATIONS.column_names)


def households(purchases: DataFrame, identities: DataFrame) -> DataFrame:
    """One row per customer with an address that at most HOUSEHOLD_AT_MOST customers mostly have goods sent to.

    The address of most orders counts; of equally many that of the newest order. No token decides: under another key the
    same people live together.

    Not customers/households, though that of the training's day could be read: it names who surely lives together, so it
    asks for a shared phone as well, and leaves large homes out. Here a pair that is taken apart leaks from the rows
    learnt from into the rows judged by, while one wrongly kept together costs nothing: the wider word is the safer.
    """
    orders = purchases.where(F.col("shipping_address_token").isNotNull()).join(
        identities.select("source_record_id", "customer_id"), "source_record_id", how="inner"
    )
    sent = orders.groupBy("customer_id", "shipping_address_token").agg(
        F.struct(F.count("*"), F.max(F.struct("ordered_at", "order_id"))).alias("how_often_and_last")
    )
    main = sent.groupBy("customer_id").agg(F.max_by("shipping_address_token", "how_often_and_last").alias("address"))
    together = Window.partitionBy("address")
    return (
        main.withColumn("household_id", F.min("customer_id").over(together))
        .withColumn("members", F.count("*").over(together))
        .where(F.col("members") <= HOUSEHOLD_AT_MOST)
        .select("customer_id", "household_id")
    )
