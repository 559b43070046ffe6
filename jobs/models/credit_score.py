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

from jobs.models.calibration import calibrate_out_of_time
from jobs.models.challenger import read_challenger
from jobs.models.comparison import challenge_champion
from jobs.models.feature_bins import NUMBER_TYPES, Bads, TrainingError
from jobs.models.points_table import points_csv, points_page
from jobs.models.report_page import write_page
from jobs.models.scorecard import Population, read_scorecard, seal
from jobs.models.scorecard_content import scorecard_content
from jobs.models.scorecard_fit import FIT_PARAMETERS, fit_scorecard
from jobs.models.scorecard_pmml import scorecard_pmml
from jobs.models.scorecard_report import make_report, measure
from jobs.models.scorecard_sql import scorecard_sql
from jobs.models.training_split import SPLIT_PARAMETERS, Rows, split
from schemas.columns import CUSTOMER_ID
from schemas.models.credit_score import POPULATION, POPULATION_FAMILIES, POPULATION_MARKER
from schemas.models.credit_training_set import CREDIT_TRAINING_SET
from schemas.table import Column

NOT_FEATURES = ("observation_date", "customer_id", "is_default")
FEATURES = tuple(column for column in CREDIT_TRAINING_SET.columns if column.name not in NOT_FEATURES)


def build(credit_training_set: DataFrame, *, as_of: date) -> dict[str, object]:
    """The files of the contract by name, JSON as plain values; equal rows give equal bytes.

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
    """The files of the model from sorted rows."""
    if rows.empty:
        raise TrainingError("models/credit_score: the training set is empty: no outcome has matured yet; wait for one")
    inside = rows[(rows[POPULATION_MARKER] >= 1).to_numpy()].reset_index(drop=True)
    if inside.empty:
        raise TrainingError(f"models/credit_score: nobody in the training set is of the population: {POPULATION}")
    is_bad = inside["is_default"].to_numpy(dtype=np.int64)
    parts = split(inside)
    learnt = parts["training"]
    fit = fit_scorecard(inside[learnt].reset_index(drop=True), is_bad[learnt], FEATURES)
    as_learnt = fit.log_odds(inside)
    calibration, judged = calibrate_out_of_time(as_learnt, is_bad, inside, parts)
    calibrated = fit.recalibrated(calibration.intercept, calibration.slope)
    origin = {
        "as_of": as_of.isoformat(),
        "predicts": CREDIT_TRAINING_SET.column("is_default").meaning,
        "trained_on": {**_span(inside, is_bad, learnt), "rows_outside_population": len(rows) - len(inside)},
        "parameters": {**FIT_PARAMETERS, **SPLIT_PARAMETERS},
    }
    content = scorecard_content(calibrated, population=_population(), calibration=calibration)
    scorecard = seal({**content, **origin}, as_of)
    readable = read_scorecard(scorecard)  # what no reader would accept must not be published
    report = make_report(scorecard, calibrated, judged, is_bad, parts)
    report["calibration"]["before"] = measure(as_learnt[parts["out_of_time"]], is_bad[parts["out_of_time"]])
    challenge = challenge_champion(FEATURES, fit.directions, judged, inside, is_bad, parts, population=_population())
    challenger = seal({**challenge.content, **origin}, as_of)
    read_challenger(challenger, challenge.trees)
    report["challenger"] = {"model_version": challenger["model_version"], **challenge.comparison}
    return {
        "scorecard.json": scorecard,
        "challenger.json": challenger,
        "challenger.txt": challenge.trees,
        "scorecard.sql": scorecard_sql(readable),
        "scorecard.pmml": scorecard_pmml(readable),
        "points.csv": points_csv(scorecard),
        "points.html": points_page(scorecard),
        "report.json": report,
        "report.html": write_page(report),
    }


def _population() -> Population:
    names = [column.name for family in POPULATION_FAMILIES for column in family.columns if column != CUSTOMER_ID]
    return Population(POPULATION, POPULATION_MARKER, tuple(names))


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
