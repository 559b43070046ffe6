"""The scorecard for default risk: a logistic regression on weights of evidence, with the report to sign it off.

It is learnt from the earlier observation dates of most customers, and judged on the newest dates of customers it never
saw: several rows of one customer, or outcome windows that overlap, cannot make it look better than it is.
"""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import pandas as pd
from pyspark.sql import Column as SparkColumn
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs.models.feature_bins import NUMBER_TYPES, Bads, TrainingError
from jobs.models.report_page import write_page
from jobs.models.scorecard import read_scorecard, seal
from jobs.models.scorecard_content import scorecard_content
from jobs.models.scorecard_fit import FIT_PARAMETERS, fit_scorecard
from jobs.models.scorecard_report import make_report
from jobs.models.training_split import SPLIT_PARAMETERS, Rows, split
from schemas.models.credit_training_set import CREDIT_TRAINING_SET
from schemas.table import Column

NOT_FEATURES = ("observation_date", "customer_id", "is_default")
FEATURES = tuple(column for column in CREDIT_TRAINING_SET.columns if column.name not in NOT_FEATURES)


def build(credit_training_set: DataFrame, *, as_of: date) -> dict[str, object]:
    """scorecard.json, report.json (plain values) and report.html (text); equal rows give equal bytes.

    credit_training_set: one row per customer and observation date with a matured outcome.
    TrainingError when it is empty, holds one class only, too few defaults to learn from, or nothing that predicts.
    """
    return train(collect_sorted(credit_training_set), as_of=as_of)


def collect_sorted(credit_training_set: DataFrame) -> pd.DataFrame:
    """The training set in memory, sorted by its key, numbers as float64.

    The one place where rows leave Spark: optimal binning solves integer programmes over all rows of a feature at once.
    It is one row for each borrower and month, so memory holds millions of them.
    """
    features = [_comparable(column) for column in FEATURES]
    rows: pd.DataFrame = credit_training_set.select(*NOT_FEATURES, *features).toArrow().to_pandas()
    return rows.sort_values(["observation_date", "customer_id"], kind="stable", ignore_index=True)


def train(rows: pd.DataFrame, *, as_of: date) -> dict[str, object]:
    """The three files from sorted rows."""
    if rows.empty:
        raise TrainingError("models/credit_score: the training set is empty: no outcome has matured yet; wait for one")
    is_bad = rows["is_default"].to_numpy(dtype=np.int64)
    parts = split(rows)
    learnt = parts["training"]
    fit = fit_scorecard(rows[learnt].reset_index(drop=True), is_bad[learnt], FEATURES)
    origin = {
        "as_of": as_of.isoformat(),
        "predicts": CREDIT_TRAINING_SET.column("is_default").meaning,
        "trained_on": _span(rows, is_bad, learnt),
        "parameters": {**FIT_PARAMETERS, **SPLIT_PARAMETERS},
    }
    scorecard = seal({**scorecard_content(fit), **origin}, as_of)
    read_scorecard(scorecard)  # what no reader would accept must not be published
    report = make_report(scorecard, fit, rows, is_bad, parts)
    return {"scorecard.json": scorecard, "report.json": report, "report.html": write_page(report)}


def _comparable(column: Column) -> SparkColumn:
    """Numbers as doubles; of a type that cannot be a feature only whether it is there, so that the report names it."""
    if column.type == "string":
        return F.col(column.name)
    if column.type in NUMBER_TYPES:
        return F.col(column.name).cast("double").alias(column.name)
    return F.col(column.name).isNotNull().cast("double").alias(column.name)


def _span(rows: pd.DataFrame, is_bad: Bads, learnt: Rows) -> dict[str, Any]:
    def dates(of_rows: pd.DataFrame) -> list[str]:
        return sorted({day.isoformat() for day in of_rows["observation_date"]})

    return {
        "observation_dates": dates(rows),
        "rows": len(rows),
        "bads": int(is_bad.sum()),
        "learnt_from": {
            "observation_dates": dates(rows[learnt]),
            "customers": int(rows.loc[learnt, "customer_id"].nunique()),
            "rows": int(learnt.sum()),
            "bads": int(is_bad[learnt].sum()),
        },
    }
