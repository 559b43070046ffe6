"""What was visible of a customer on an observation date, beside how it turned out."""

from __future__ import annotations

from datetime import date

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs.families import join_families
from schemas.families import model_columns


def build(credit_default: DataFrame, *families: DataFrame, as_of: date) -> DataFrame:
    """One row per labelled customer of the observation date as_of; the road asks for one date after the other.

    families: one DataFrame per family a model may read, built for as_of, so that nothing after it is visible.
    """
    labelled = credit_default.where(F.col("observation_date") == F.lit(as_of))
    joined = join_families(labelled.select("observation_date", "customer_id", "is_default"), families)
    read_by_models = [column.name for column in model_columns()]
    return joined.select("observation_date", "customer_id", "is_default", *read_by_models)
