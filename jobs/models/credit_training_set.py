"""What was visible of a customer on an observation date, beside how it turned out."""

from __future__ import annotations

from datetime import date

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from schemas.models.credit_training_set import CREDIT_TRAINING_SET


def build(credit_default: DataFrame, observations: DataFrame, *, as_of: date) -> DataFrame:  # noqa: ARG001
    """One row per labelled customer and observation date; features are null where nothing was visible.

    observations: one row per customer known by an observation date, on the dates of the labels and perhaps on others.
    """
    labelled = credit_default.select("observation_date", "customer_id", "is_default")
    joined = labelled.join(observations, ["observation_date", "customer_id"], how="left")
    household = F.coalesce("household_id", "customer_id")
    return joined.withColumn("household_id", household).select(*CREDIT_TRAINING_SET.column_names)
