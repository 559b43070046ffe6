"""Everything a training publishes, from rows with an outcome: both models, their exports and the report."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from jobs.models.baseline import baseline_content
from jobs.models.calibration import Calibration, calibrate_out_of_time
from jobs.models.challenger import read_challenger
from jobs.models.comparison import Challenge, challenge_champion, compare, curves, judged_part
from jobs.models.data_sheet import data_sheet
from jobs.models.fairness import fairness, warnings_of_fairness
from jobs.models.feature_bins import Bads, Floats, TrainingError
from jobs.models.leaks import attacks_told, warnings_of_attacks
from jobs.models.points_table import points_csv, points_page
from jobs.models.report_drift import drift_by_date
from jobs.models.report_page import write_page
from jobs.models.report_people import count_people, reasons_given
from jobs.models.scorecard import Population, Scorecard, read_scorecard, seal
from jobs.models.scorecard_content import scorecard_content
from jobs.models.scorecard_fit import FIT_PARAMETERS, Fit, fit_binned, fit_scorecard
from jobs.models.scorecard_pmml import scorecard_pmml
from jobs.models.scorecard_report import DIGITS, make_report, measure, probability_of
from jobs.models.scorecard_sql import KEY, scorecard_sql
from jobs.models.training_split import SPLIT_PARAMETERS, Rows, split
from schemas.table import Column


@dataclass(frozen=True)
class Task:
    """What a model is learnt from, and what for.

    rows: sorted by observation_date and customer_id, with is_default and one column for each of `columns`; numbers as
    float64 with NaN for missing, categories with None. population: None where the rows are everyone to be scored.
    special_codes: numbers that are no quantity and infinite in the rows. key: the column that names a row to be scored.
    network: columns that say whom somebody knows; the report says what the score is worth without them.
    groups: one line for each row, one column for each attribute that no model reads; None: fairness is not looked at.
    attacks: rows of models/leak_audit; None: no feature was attacked.
    """

    rows: pd.DataFrame
    columns: tuple[Column, ...]
    predicts: str
    as_of: date
    population: Population | None = None
    rows_outside_population: int = 0
    network: tuple[str, ...] = ()
    special_codes: tuple[float, ...] = ()
    key: str = KEY
    groups: pd.DataFrame | None = None
    attacks: Sequence[Mapping[str, Any]] | None = None

    @property
    def is_bad(self) -> Bads:
        """1 for a default."""
        return self.rows["is_default"].to_numpy(dtype=np.int64)


@dataclass(frozen=True)
class Champion:
    """The scorecard as it is stored, and ln(odds good:bad) of every row: as learnt, and to judge by."""

    fit: Fit
    calibration: Calibration
    as_learnt: Floats
    judged: Floats


def make_files(task: Task) -> dict[str, Any]:
    """The files of models/credit_score by name, JSON as plain values; equal rows give equal bytes."""
    parts = split(task.rows)
    champion = _learn(task, parts)
    origin = _origin(task, parts, champion.calibration)
    content = scorecard_content(
        champion.fit,
        population=task.population,
        calibration=champion.calibration,
        special_codes=task.special_codes,
    )
    content["baseline"] = baseline_content(points_of(content["scale"], champion, parts["training"]))
    scorecard = seal({**content, **origin}, task.as_of)
    readable = read_scorecard(scorecard)  # what no reader would accept must not be published
    challenge = challenge_champion(
        task.columns,
        champion.fit.directions,
        champion.judged,
        task.rows,
        task.is_bad,
        parts,
        population=task.population,
    )
    challenger = seal({**challenge.content, **origin}, task.as_of)
    read_challenger(challenger, challenge.trees)
    sheet = data_sheet(task.rows, task.is_bad, task.columns, parts, readable)
    report = _report(task, scorecard, champion, challenger["model_version"], challenge, parts)
    report["without_network"] = without_network(task, champion, parts)
    report |= {"vintages": expected_by_vintage(sheet["vintages"], task, champion), "stability": sheet["stability"]}
    every_row = np.ones(len(task.rows), dtype=bool)
    report["drift"] = drift_by_date(scorecard, points_of(content["scale"], champion, every_row), task.rows)
    report |= people_behind(task, champion, readable, parts)
    report["leak_audit"] = attacks_told(task.attacks)
    report["warnings"] = [*report["warnings"], *warnings_of_attacks(report["leak_audit"])]
    if report["fairness"] is not None:
        report["warnings"] = [*report["warnings"], *warnings_of_fairness(report["fairness"])]
    return {
        "scorecard.json": scorecard,
        "challenger.json": challenger,
        "challenger.txt": challenge.trees,
        "scorecard.sql": scorecard_sql(readable, key=task.key),
        "scorecard.pmml": scorecard_pmml(readable),
        "points.csv": points_csv(scorecard),
        "points.html": points_page(scorecard),
        "data_sheet.json": sheet,
        "report.json": report,
        "report.html": write_page(report),
    }


def _learn(task: Task, parts: Mapping[str, Rows]) -> Champion:
    learnt = parts["training"]
    fit = fit_scorecard(task.rows[learnt].reset_index(drop=True), task.is_bad[learnt], task.columns)
    as_learnt = fit.log_odds(task.rows)
    calibration, judged = calibrate_out_of_time(as_learnt, task.is_bad, task.rows, parts)
    return Champion(fit.recalibrated(calibration.intercept, calibration.slope), calibration, as_learnt, judged)


def expected_by_vintage(vintages: Sequence[Mapping[str, Any]], task: Task, champion: Champion) -> list[dict[str, Any]]:
    """Each vintage with the default rate that the scorecard expects of it."""
    probability, days = probability_of(champion.judged), task.rows["observation_date"].astype(str).to_numpy()
    return [
        {**one, "expected_bad_rate": round(float(probability[days == one["observation_date"]].mean()), DIGITS)}
        for one in vintages
    ]


def people_behind(task: Task, champion: Champion, scorecard: Scorecard, parts: Mapping[str, Rows]) -> dict[str, Any]:
    """What the report says of people rather than of rows: how many, why they lose points, how groups of them fare."""
    judged = parts[judged_part(task.is_bad, parts)]
    return {
        "people": {name: count_people(task.rows[which], task.is_bad[which]) for name, which in parts.items()},
        "reasons": reasons_given(scorecard, champion.fit, task.rows[judged]),
        "chosen_shares": dict(champion.fit.chosen_shares),
        "fairness": None
        if task.groups is None
        else fairness(task.groups, task.rows, champion.judged, task.is_bad, parts, scorecard),
    }


def points_of(scale: Mapping[str, Any], champion: Champion, which: Rows) -> NDArray[np.int64]:
    """The rounded points of the rows as scoring would give them."""
    log_odds = champion.calibration(champion.as_learnt[which])
    points: NDArray[np.int64] = np.floor(scale["offset"] + scale["factor"] * log_odds + 0.5).astype(np.int64)
    return points


def without_network(task: Task, champion: Champion, parts: Mapping[str, Rows]) -> dict[str, Any] | None:
    """The champion beside a scorecard that may not use the network; None where it uses none of it anyway.

    Neither is calibrated here: a straight line changes no order, and order is what is compared.
    """
    used = [feature.name for feature in champion.fit.features if feature.name in task.network]
    if not used:
        return None
    learnt = parts["training"]
    others = [feature for feature in champion.fit.binned if feature.name not in task.network]
    try:
        fit = fit_binned(others, task.rows[learnt].reset_index(drop=True), task.is_bad[learnt], {})
    except TrainingError:
        return {"used": used, "models": None}
    judged = parts[judged_part(task.is_bad, parts)]
    models = {"with": champion.as_learnt[judged], "without": fit.log_odds(task.rows[judged])}
    is_bad, customers = task.is_bad[judged], task.rows.loc[judged, "customer_id"].to_numpy()
    return {"used": used, **compare(models, is_bad, customers), "curves": curves(models, is_bad)}


def _report(
    task: Task,
    scorecard: Mapping[str, Any],
    champion: Champion,
    challenger_version: str,
    challenge: Challenge,
    parts: Mapping[str, Rows],
) -> dict[str, Any]:
    newest = parts["out_of_time"]
    report = make_report(scorecard, champion.fit, champion.judged, task.is_bad, parts)
    report["calibration"]["before"] = measure(champion.as_learnt[newest], task.is_bad[newest])
    return {**report, "challenger": {"model_version": challenger_version, **challenge.comparison}}


def _origin(task: Task, parts: Mapping[str, Rows], calibration: Calibration) -> dict[str, Any]:
    """Where both models come from: the same rows. Dates that taught the calibration have taught the model, too."""
    rows, is_bad, learnt = task.rows, task.is_bad, parts["training"]
    calibrated_by = parts["out_of_time"] & (calibration.method != "none")
    return {
        "as_of": task.as_of.isoformat(),
        "predicts": task.predicts,
        "trained_on": {
            "observation_dates": _dates(rows),
            "rows": len(rows),
            "bads": int(is_bad.sum()),
            "rows_outside_population": task.rows_outside_population,
            "learnt_from": {
                "observation_dates": _dates(rows[learnt]),
                "customers": int(rows.loc[learnt, "customer_id"].nunique()),
                "rows": int(learnt.sum()),
                "bads": int(is_bad[learnt].sum()),
            },
            "calibrated_on": {"observation_dates": _dates(rows[calibrated_by]), "rows": int(calibrated_by.sum())},
        },
        "parameters": {**FIT_PARAMETERS, **SPLIT_PARAMETERS},
    }


def _dates(rows: pd.DataFrame) -> Sequence[str]:
    return sorted({day.isoformat() for day in rows["observation_date"]})
