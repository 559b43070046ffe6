"""What a customer buys at the shop: favourite categories and brands, and how dear what is bought is of its kind."""

from __future__ import annotations

from datetime import date
from typing import Final

from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F

from jobs.windows import aggregates_of, in_last_days
from schemas.features.tastes import BRAND_MEASURES, CATEGORY_MEASURES, HIGHEST_LEVEL, LEVEL_POINTS
from schemas.windows import YEAR_DAYS

HAS_PRICE: Final = "unit_price_cents > 0"  # what is given away tells nothing of what somebody pays
POINTS_OF_LEVEL: Final = (  # in doubles: a slipped decimal point must not stop a night
    "CAST(floor(least(CAST(unit_price_cents AS DOUBLE) / CAST(usual_price_cents AS DOUBLE), "
    f"{HIGHEST_LEVEL}D) * {LEVEL_POINTS}D) AS BIGINT)"
)


def build(purchase_lines: DataFrame, identities: DataFrame, *, as_of: date) -> DataFrame:
    """One row per customer with a line of a purchase in the last 365 days; a line counts on the day it was paid."""
    bought = purchase_lines.where(in_last_days("paid_at", YEAR_DAYS, as_of)).select(
        "source_record_id", "category_code", "brand", "unit_price_cents"
    )
    lines = (
        bought.join(identities.select("source_record_id", "customer_id"), "source_record_id", how="inner")
        .repartition("customer_id")  # then nothing below is shuffled again
        .join(F.broadcast(find_usual_prices(bought)), "category_code", how="left")
        .withColumn("level_points", F.expr(f"CASE WHEN {HAS_PRICE} THEN {POINTS_OF_LEVEL} END"))
    )
    categories = (
        lines.groupBy("customer_id", "category_code")
        .agg(
            F.count("*").alias("line_count"),
            F.sum("level_points").alias("level_points"),
            F.count("level_points").alias("level_count"),
        )
        .groupBy("customer_id")
        .agg(*aggregates_of(*CATEGORY_MEASURES))
    )
    brands = (
        lines.where("brand IS NOT NULL")
        .groupBy("customer_id", "brand")
        .agg(F.count("*").alias("line_count"))
        .groupBy("customer_id")
        .agg(*aggregates_of(*BRAND_MEASURES))
    )
    return categories.join(brands, "customer_id", how="left").fillna(0, "bought_brand_count_365d")


def find_usual_prices(bought: DataFrame) -> DataFrame:
    """One row per category with the median price of a piece above 0, the lower one of two; each line counts once.

    A percentile would hold every price of a category in memory: equal prices are counted first.
    """
    of_category = Window.partitionBy("category_code")
    up_to_here = of_category.orderBy("unit_price_cents").rowsBetween(Window.unboundedPreceding, Window.currentRow)
    return (
        bought.where(HAS_PRICE)
        .groupBy("category_code", "unit_price_cents")
        .agg(F.count("*").alias("line_count"))
        .select(
            "category_code",
            "unit_price_cents",
            F.sum("line_count").over(up_to_here).alias("up_to_here"),
            F.sum("line_count").over(of_category).alias("all_lines"),
        )
        .where("2 * up_to_here >= all_lines")
        .groupBy("category_code")
        .agg(F.min("unit_price_cents").alias("usual_price_cents"))
    )
