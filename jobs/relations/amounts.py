"""The shape of what a customer sends to others and receives from them: mean, variance, skewness, kurtosis.

Sums of amounts and of their squares are exact integers, so that the mean and the variance are right to the last digit.
From these every amount gets its distance from the mean in standard deviations, whose third and fourth powers are added
up as decimals of nine digits: integers again, so that neither the order of the rows nor their partitions show, and no
digit is lost between large powers that nearly cancel. Moments are those of the whole, not of a sample (Joanes and Gill
1998: g1 and g2).
"""

from __future__ import annotations

from datetime import date
from typing import Final

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from jobs.windows import in_last_days

WINDOW_DAYS: Final = 180  # as the ties by transfers sum them
DIRECTIONS: Final = ("sent", "received")
SQUARES: Final = "sum(CAST(amount_cents AS DECIMAL(15, 0)) * CAST(amount_cents AS DECIMAL(15, 0)))"
POWER: Final = "DECIMAL(28, 9)"  # holds the fourth power for as many rows as there are bits in an integer


def shape_of_amounts(payments: DataFrame, identities: DataFrame, as_of: date) -> DataFrame:
    """One row per customer who sent to or received from another within WINDOW_DAYS; columns for both directions.

    payments: one row per transfer between source records. Without a transfer in a direction its columns are null.
    """
    recent = payments.where(in_last_days("transferred_at", WINDOW_DAYS, as_of))
    distances = _in_deviations(_from_both_sides(recent, identities))
    return distances.groupBy("customer_id").agg(*(column for direction in DIRECTIONS for column in _shape(direction)))


def _from_both_sides(payments: DataFrame, identities: DataFrame) -> DataFrame:
    """Two rows per transfer between different people: customer_id, direction, amount_cents."""
    found = payments
    for role in ("payer", "payee"):
        people = identities.select(
            F.col("source_record_id").alias(f"{role}_source_record_id"), F.col("customer_id").alias(role)
        )
        found = found.join(people, f"{role}_source_record_id", how="inner")
    sides = [
        F.struct(F.col(role).alias("customer_id"), F.lit(direction).alias("direction"))
        for role, direction in (("payer", "sent"), ("payee", "received"))
    ]
    told = found.where("payer <> payee").select("amount_cents", F.explode(F.array(*sides)).alias("side"))
    return told.select("side.customer_id", "side.direction", "amount_cents")


def _in_deviations(amounts: DataFrame) -> DataFrame:
    """Every amount with the count, sum and variance of its customer and direction, and its distance from the mean."""
    whole = Window.partitionBy("customer_id", "direction")
    summed = amounts.withColumns(
        {
            "number": F.count("*").over(whole),
            "total": F.sum("amount_cents").over(whole),
            "squares": F.expr(SQUARES).over(whole),
        }
    )
    spread = F.expr("number * squares - CAST(total AS DECIMAL(19, 0)) * CAST(total AS DECIMAL(19, 0))").cast("double")
    variance = spread / (F.col("number") * F.col("number")).cast("double")
    away = (F.col("number") * F.col("amount_cents") - F.col("total")).cast("double") / F.sqrt("spread")
    return summed.withColumns({"spread": spread, "variance": variance}).withColumn(
        "distance", F.when(F.col("spread") > 0, away)
    )


def _shape(direction: str) -> list[Column]:
    """The aggregates of one direction; the sums over its rows are the same on each of them."""
    here = F.col("direction") == direction
    number, total = F.max(F.when(here, F.col("number"))), F.max(F.when(here, F.col("total")))
    name = f"{direction}_cents"
    return [
        number.alias(f"{direction}_count_180d"),
        (total.cast("double") / number.cast("double")).alias(f"{name}_mean_180d"),
        F.max(F.when(here, F.col("amount_cents"))).alias(f"{name}_max_180d"),
        F.max(F.when(here, F.col("variance"))).alias(f"{name}_variance_180d"),
        (_mean_power(here, 3, number)).alias(f"{name}_skewness_180d"),
        (_mean_power(here, 4, number) - F.lit(3.0)).alias(f"{name}_kurtosis_180d"),
    ]


def _mean_power(here: Column, power: int, number: Column) -> Column:
    powered = F.when(here, F.pow("distance", F.lit(float(power))).cast(POWER))
    return F.sum(powered).cast("double") / number.cast("double")
