"""Everything a training publishes, from rows with an outcome: both models, their exports and the report."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from jobs.models.comparison import compare, curves
from jobs.models.data_sheet import data_sheet
from jobs.models.fairness import fairness, warnings_of_fairness
from jobs.models.feature_bins import Floats, TrainingError
from jobs.models.leaks import attacks_told, warnings_of_attacks
from jobs.models.points_table import points_csv, points_page
from jobs.models.report_drift import drift_by_date
from jobs.models.report_page import write_page
from jobs.models.report_people import count_people, reasons_given
from jobs.models.scorecard import Scorecard, read_scorecard
from jobs.models.scorecard_fit import Bins, weigh_bins
from jobs.models.scorecard_pmml import scorecard_pmml
from jobs.models.scorecard_report import DIGITS, judged_part, make_report, measure, probability_of
from jobs.models.scorecard_sql import scorecard_sql
from jobs.models.training_split import Rows, split
from jobs.models.training_task import (
    Champion,
    Contender,
    Task,
    learn_champion,
    learn_contender,
    sealed_challenger,
    sealed_scorecard,
)


def make_files(task: Task) -> dict[str, Any]:
    """The files of models/credit_score by name, JSON as plain values; equal rows give equal bytes."""
    parts = split(task.rows)
    champion = learn_champion(task, parts)
    scorecard = sealed_scorecard(task, parts, champion)
    readable = read_scorecard(scorecard)  # what no reader would accept must not be published
    contender = learn_contender(task, parts, champion.fit.bins)
    challenger = sealed_challenger(task, parts, contender)
    sheet = data_sheet(task.rows, task.is_bad, task.columns, parts, readable)
    if not task.is_dated:
        sheet["vintages"] = []
    report = _report(task, scorecard, champion, parts)
    report["challenger"] = {
        "model_version": challenger["model_version"],
        **challenge_champion(champion.judged, contender, task, parts),
    }
    report["without_network"] = without_network(task, champion, parts)
    report |= {"vintages": expected_by_vintage(sheet["vintages"], task, champion), "stability": sheet["stability"]}
    every_row = np.ones(len(task.rows), dtype=bool)
    report["drift"] = drift_by_date(scorecard, champion.points(every_row), task.rows) if task.is_dated else []
    report |= people_behind(task, champion, readable, parts)
    report["leak_audit"] = attacks_told(task.attacks)
    report["warnings"] = [*report["warnings"], *warnings_of_attacks(report["leak_audit"])]
    if report["fairness"] is not None:
        report["warnings"] = [*report["warnings"], *warnings_of_fairness(report["fairness"])]
    return {
        "scorecard.json": scorecard,
        "challenger.json": challenger,
        "challenger.txt": contender.trees.text,
        "scorecard.sql": scorecard_sql(readable, key=task.key),
        "scorecard.pmml": scorecard_pmml(readable),
        "points.csv": points_csv(scorecard),
        "points.html": points_page(scorecard),
        "data_sheet.json": sheet,
        "report.json": report,
        "report.html": write_page(report),
    }


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


def without_network(task: Task, champion: Champion, parts: Mapping[str, Rows]) -> dict[str, Any] | None:
    """The champion beside a scorecard that may not use the network; None where it uses none of it anyway.

    Neither is calibrated here: a straight line changes no order, and order is what is compared.
    """
    used = [feature.name for feature in champion.fit.features if feature.name in task.network]
    if not used:
        return None
    learnt = parts["training"]
    others = tuple(feature for feature in champion.fit.bins.binned if feature.name not in task.network)
    try:
        fit = weigh_bins(Bins(others, {}, frozenset()), task.rows[learnt].reset_index(drop=True), task.is_bad[learnt])
    except TrainingError:
        return {"used": used, "models": None}
    judged = parts[judged_part(task.is_bad, parts)]
    models = {"with": champion.as_learnt[judged], "without": fit.log_odds(task.rows[judged])}
    is_bad, customers = task.is_bad[judged], task.rows.loc[judged, "customer_id"].to_numpy()
    return {"used": used, **compare(models, is_bad, customers), "curves": curves(models, is_bad)}


def challenge_champion(champion: Floats, contender: Contender, task: Task, parts: Mapping[str, Rows]) -> dict[str, Any]:
    """How the trees do beside the champion; champion: ln(odds good:bad) of every row, to judge by."""
    judged = parts[contender.judged_on]
    models = {"champion": champion[judged], "challenger": contender.judged[judged]}
    return {
        **compare(models, task.is_bad[judged], task.rows.loc[judged, "customer_id"].to_numpy()),
        "judged_on": contender.judged_on,
        "trees": contender.trees.parameters["trees"],
        "calibration": contender.calibration.content(),
        "curves": curves(models, task.is_bad[judged]),
    }


def _report(task: Task, scorecard: Mapping[str, Any], champion: Champion, parts: Mapping[str, Rows]) -> dict[str, Any]:
    newest = parts["out_of_time"]
    report = make_report(scorecard, champion.fit, champion.judged, task.is_bad, parts)
    report["calibration"]["before"] = measure(champion.as_learnt[newest], task.is_bad[newest])
    return report
