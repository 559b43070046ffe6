"""Rows to learn from: labels beside what was visible on their observation date, in memory and in one order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
from pyspark.sql import Column as SparkColumn
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs.models.data_sheet import describe_column, vintages
from jobs.models.feature_bins import NUMBER_TYPES, Bads
from schemas.families import propensity_columns
from schemas.label_specification import LabelSpecification
from schemas.models.observations import MOST_FROZEN
from schemas.table import Column

FEATURES = tuple(column for column in propensity_columns() if column.type in (*NUMBER_TYPES, "string"))
MOST_ROWS = 1_000_000
"""More teach nothing that these do not, and half a gigabyte is enough for one model. A guess."""

PARTS = 1 << 20


def collect(labels: DataFrame, observations: DataFrame, *outcomes: str, key: Sequence[str]) -> pd.DataFrame:
    """The labels with a row in observations, sorted by key; numbers as float64, and `outcomes` as they are.

    Of more than MOST_ROWS only whole households are kept, chosen by a hash of their id: no rate changes, and nobody is
    seen on some dates only.
    """
    joined = labels.select(*dict.fromkeys((*key, "observation_date", "customer_id", *outcomes))).join(
        observations, ["observation_date", "customer_id"], how="inner"
    )
    count = labels.count()
    if count > MOST_ROWS:
        joined = joined.where(F.pmod(F.xxhash64("household_id"), F.lit(PARTS)) < round(PARTS * MOST_ROWS / count))
    named = dict.fromkeys((*key, "observation_date", "customer_id", "household_id", *outcomes))
    rows: pd.DataFrame = joined.select(*named, *map(_comparable, FEATURES)).toArrow().to_pandas()
    return rows.sort_values(list(key), kind="stable", ignore_index=True)


def everybody(observations: DataFrame) -> pd.DataFrame:
    """Who was known on the newest observation date, whether or not they were asked about anything, with FEATURES.

    Of more than MOST_FROZEN those with the smallest hashes of their id; in order of customer_id.
    """
    newest = observations.select(F.max("observation_date").alias("observation_date"))
    of_day = observations.join(newest, "observation_date", how="left_semi")
    chosen = of_day.orderBy(F.xxhash64("customer_id"), "customer_id").limit(MOST_FROZEN)
    rows: pd.DataFrame = chosen.select("customer_id", *map(_comparable, FEATURES)).toArrow().to_pandas()
    return rows.sort_values("customer_id", kind="stable", ignore_index=True)


def learning_sheet(
    rows: pd.DataFrame, labels: Mapping[str, tuple[LabelSpecification, pd.Series, Bads]]
) -> dict[str, Any]:
    """What the models were learnt from, for a data sheet. labels: name -> specification, dates and outcomes."""
    return {
        "rows": len(rows),
        "customers": int(rows["customer_id"].nunique()),
        "households": int(rows["household_id"].nunique()),
        "labels": {
            name: {**label.described(), "vintages": vintages(dates, outcome)}
            for name, (label, dates, outcome) in labels.items()
        },
        "columns": [describe_column(rows[column.name], column) for column in FEATURES],
    }


def _comparable(column: Column) -> SparkColumn:
    return F.col(column.name) if column.type == "string" else F.col(column.name).cast("double").alias(column.name)
