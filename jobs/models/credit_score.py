"""The scorecard for default risk: a logistic regression on weights of evidence, with the report to sign it off.

It is learnt from the earlier observation dates of most customers, and judged on the newest dates of customers it never
saw: several rows of one customer, or outcome windows that overlap, cannot make it look better than it is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import pandas as pd
from pyspark.sql import Column as SparkColumn
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs.models.described_people import describe_people, groups_of
from jobs.models.feature_bins import NUMBER_TYPES, TrainingError
from jobs.models.model_files import Task, make_files
from jobs.models.scorecard import Population
from schemas.columns import CUSTOMER_ID
from schemas.measures_across_families import DEBT_MEASURES
from schemas.models.credit_score import NETWORK_FAMILIES, POPULATION, POPULATION_FAMILIES, POPULATION_MARKER
from schemas.models.credit_training_set import CREDIT_TRAINING_SET
from schemas.models.leak_audit import LEAK_AUDIT
from schemas.table import Column, Table

NOT_FEATURES = ("observation_date", "customer_id", "household_id", "is_default")
OVER_DEBTS = tuple(measure.column.name for measure in DEBT_MEASURES)
FEATURES = tuple(column for column in CREDIT_TRAINING_SET.columns if column.name not in NOT_FEATURES)


def build(
    credit_training_set: DataFrame,
    identities: DataFrame,
    shop_users: DataFrame,
    bank_customers: DataFrame,
    leak_audit: DataFrame,
    *,
    as_of: date,
) -> dict[str, object]:
    """The files of the contract by name, JSON as plain values; equal rows give equal bytes.

    credit_training_set: one row per customer and observation date with a matured outcome. The others say who the
    customers are: no model reads it, and the report shows how people of each kind fare. leak_audit: what attacks on
    features found, for the report.
    TrainingError when it is empty, holds one class only, too few defaults to learn from, or nothing that predicts.
    """
    people = describe_people(credit_training_set, identities, shop_users, bank_customers)
    attacks = leak_audit.toArrow().sort_by([(name, "ascending") for name in LEAK_AUDIT.key]).to_pylist()
    return train(collect_sorted(credit_training_set), as_of=as_of, people=people, attacks=attacks)


def collect_sorted(credit_training_set: DataFrame) -> pd.DataFrame:
    """The training set in memory, sorted by its key, numbers as float64.

    The one place where rows leave Spark: optimal binning solves integer programmes over all rows of a feature at once.
    It is one row for each borrower and month, so memory holds millions of them.
    """
    features = [_comparable(column) for column in FEATURES]
    rows: pd.DataFrame = credit_training_set.select(*NOT_FEATURES, *features).toArrow().to_pandas()
    return rows.sort_values(["observation_date", "customer_id"], kind="stable", ignore_index=True)


def train(
    rows: pd.DataFrame,
    *,
    as_of: date,
    people: pd.DataFrame | None = None,
    attacks: Sequence[Mapping[str, Any]] | None = None,
) -> dict[str, Any]:
    """The files of the model from sorted rows; rows of customers outside the population are left aside and counted.

    people: who the customers are, as `describe_people` tells it; without it the report says nothing of fairness.
    attacks: the rows of models/leak_audit; without them the report says that nothing was attacked.
    """
    try:
        return make_files(_task(rows, as_of, people, attacks))
    except TrainingError as error:
        raise TrainingError(f"models/credit_score: {error}") from None


def _task(
    rows: pd.DataFrame, as_of: date, people: pd.DataFrame | None, attacks: Sequence[Mapping[str, Any]] | None
) -> Task:
    if rows.empty:
        raise TrainingError("the training set is empty: no outcome has matured yet; wait for one")
    inside = rows[(rows[POPULATION_MARKER] >= 1).to_numpy()].reset_index(drop=True)
    if inside.empty:
        raise TrainingError(f"nobody in the training set is of the population: {POPULATION}")
    return Task(
        rows=inside,
        columns=FEATURES,
        predicts=CREDIT_TRAINING_SET.column("is_default").meaning,
        as_of=as_of,
        population=Population(POPULATION, POPULATION_MARKER, (*columns_of(POPULATION_FAMILIES), *OVER_DEBTS)),
        network=columns_of(NETWORK_FAMILIES),
        rows_outside_population=len(rows) - len(inside),
        groups=None if people is None else groups_of(inside, people),
        attacks=attacks,
    )


def columns_of(families: Sequence[Table]) -> tuple[str, ...]:
    """The names of what the families say of a customer."""
    return tuple(column.name for family in families for column in family.columns if column != CUSTOMER_ID)


def _comparable(column: Column) -> SparkColumn:
    """Numbers as doubles; of a type that cannot be a feature only whether it is there, so that the report names it."""
    if column.type == "string":
        return F.col(column.name)
    if column.type in NUMBER_TYPES:
        return F.col(column.name).cast("double").alias(column.name)
    return F.col(column.name).isNotNull().cast("double").alias(column.name)
