"""The same models for any table: a binary target, numbers and words, with or without time.

    scorecard = fit_scorecard(table, "defaulted", time="month", special_codes=(-999,))      scorecard.json
    challenger = fit_challenger(table, "defaulted", time="month", special_codes=(-999,))    challenger.json and .txt
    score_table(scorecard, table)         log-odds, score and probability of every row, from what is stored alone
    fit_table(table, "defaulted")         both, with exports, data sheet and report

The rules are those of the credit score: customers held back, the newest dates out of time, few features where outcomes
are few, protected attributes never read, and a reason for every column that was left out. What a column holds is said
in `table_columns`. Of words, those in fewer than thirty rows are pooled, with those never seen; a column in which most
words are different ones, such as an id, is left out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from jobs.models.challenger import Challenger, TreeFeature, read_challenger
from jobs.models.challenger_fit import tree_matrix
from jobs.models.feature_bins import Floats, TrainingError
from jobs.models.model_files import make_files
from jobs.models.scorecard import Feature, Population, Scorecard, ScorecardError, read_scorecard
from jobs.models.scorecard_fit import bin_features
from jobs.models.scorecard_sql import KEY
from jobs.models.table_columns import AnyTable, as_pandas, column_of, numbers_of, values_of
from jobs.models.training_split import split
from jobs.models.training_task import (
    Task,
    learn_champion,
    learn_contender,
    sealed_challenger,
    sealed_scorecard,
)
from jobs.models.tree_threads import raw_scores_of_text

NO_TIME = date(1970, 1, 1)  # never shown: see Task.is_dated
FIT_AGAIN = "fit it again"


def fit_scorecard(
    table: AnyTable,
    target: str,
    *,
    time: str | None = None,
    customer: str | None = None,
    special_codes: Sequence[float] = (),
    as_of: date | None = None,
) -> dict[str, Any]:
    """scorecard.json as plain values: calibrated, sealed, with all that is needed to score; see `fit_table`."""
    task = _task(table, target, time, customer, special_codes, as_of)
    parts = split(task.rows)
    return sealed_scorecard(task, parts, learn_champion(task, parts))


def fit_challenger(
    table: AnyTable,
    target: str,
    *,
    time: str | None = None,
    customer: str | None = None,
    special_codes: Sequence[float] = (),
    as_of: date | None = None,
) -> dict[str, Any]:
    """challenger.json as plain values and challenger.txt, by name: trees of the same rows; see `fit_table`.

    A number goes in the direction that the scorecard's bins say, whether or not a scorecard would take it.
    """
    task = _task(table, target, time, customer, special_codes, as_of)
    parts = split(task.rows)
    learnt = parts["training"]
    bins = bin_features(task.rows[learnt].reset_index(drop=True), task.is_bad[learnt], task.columns)
    contender = learn_contender(task, parts, bins)
    return {"challenger.json": sealed_challenger(task, parts, contender), "challenger.txt": contender.trees.text}


def fit_table(
    table: AnyTable,
    target: str,
    *,
    time: str | None = None,
    customer: str | None = None,
    special_codes: Sequence[float] = (),
    as_of: date | None = None,
) -> dict[str, Any]:
    """The files of a training by name: scorecard.json, challenger.json and .txt, exports, report.

    target: 0/1 or false/true, 1 being the bad outcome. time: days, or text like 2026-03-31; without it nothing is
    judged out of time. customer: rows of one are never on both sides; without it, and where it is missing, every row is
    its own. special_codes: numbers that mean something else, such as -999 for "not asked"; they share a bin with
    infinities, are missing to the trees, and are kept in both models, for whoever scores. as_of: the day that the
    version names; the newest of time where nothing is said, and without either the version is undated.
    TrainingError in one line for what cannot be learnt from.
    """
    return make_files(_task(table, target, time, customer, special_codes, as_of))


def score_table(model: Mapping[str, Any], table: AnyTable) -> pd.DataFrame:
    """log_odds (good:bad), score and default_probability of every row, under the index of the table.

    model: scorecard.json; or challenger.json and challenger.txt by name. Of all files of a training the scorecard
    counts. Trees say nothing (null) of rows outside their population.
    ScorecardError when the model is broken, a column is not there, or one of numbers holds something else.
    """
    frame = as_pandas(table)
    if "challenger.json" in model and "scorecard.json" not in model:
        trees = read_challenger(
            model["challenger.json"], model["challenger.txt"], name="challenger.json", cure=FIT_AGAIN
        )
        _refuse_absent(trees, frame)
        return _scored(log_odds_of_trees(trees, frame), trees, frame)
    card = read_scorecard(model.get("scorecard.json", model), name="scorecard.json", cure=FIT_AGAIN)
    _refuse_absent(card, frame)
    return _scored(log_odds_of(card, frame), card, frame)


def log_odds_of(card: Scorecard, frame: pd.DataFrame) -> Floats:
    """ln(odds good:bad), added up in the order of the scorecard."""
    total = np.full(len(frame), card.intercept)
    inside = _is_inside(card.population, frame)
    for feature in card.features:
        woe = _woe_of_categories(feature, frame) if feature.type == "string" else _woe(feature, frame)
        counts = inside if card.is_known_of_population_only(feature) else True
        total = total + feature.weight * np.where(counts, woe, 0.0)
    return total


def log_odds_of_trees(trees: Challenger, frame: pd.DataFrame) -> Floats:
    """ln(odds good:bad); NaN outside the population."""
    columns = {
        one.name: frame[one.name].map(str, na_action="ignore") if one.type == "string" else _numbers(one, frame)
        for one in trees.features
    }
    matrix = tree_matrix(
        pd.DataFrame(columns, index=frame.index),
        trees.features,
        {one.name: one.categories for one in trees.features},
        {one.name: one.instead_of_missing for one in trees.features if one.instead_of_missing is not None},
    )
    log_odds = trees.intercept - trees.slope * raw_scores_of_text(trees.trees, matrix)
    return np.where(_is_inside(trees.population, frame), log_odds, np.nan)


def _scored(log_odds: Floats, model: Scorecard | Challenger, frame: pd.DataFrame) -> pd.DataFrame:
    points = np.floor(model.offset + model.factor * log_odds + 0.5)
    scored = {"log_odds": log_odds, "score": points, "default_probability": 1 / (1 + np.exp(log_odds))}
    whole = "Int64" if np.isnan(points).any() else "int64"
    return pd.DataFrame(scored, index=frame.index).astype({"score": whole})


def _refuse_absent(model: Scorecard | Challenger, frame: pd.DataFrame) -> None:
    wanted = [feature.name for feature in model.features]
    wanted += [model.population.marker] if model.population else []
    absent = [name for name in wanted if name not in frame]
    if absent:
        raise ScorecardError(f"{model.model_version}: the table has no column {', '.join(absent)}")


def _is_inside(population: Population | None, frame: pd.DataFrame) -> Any:
    if population is None:
        return np.ones(len(frame), dtype=bool)
    return (pd.to_numeric(frame[population.marker]) >= 1).fillna(False).to_numpy(dtype=bool)


def _woe(feature: Feature, frame: pd.DataFrame) -> Floats:
    values = _numbers(feature, frame)
    edges = np.array([one.below for one in feature.bins[:-1]], dtype=np.float64)
    of_bins = np.array([one.weight_of_evidence for one in feature.bins])
    chosen = of_bins[np.searchsorted(edges, np.nan_to_num(values), side="right")]
    return np.where(np.isnan(values), feature.missing, np.where(np.isinf(values), feature.special, chosen))


def _woe_of_categories(feature: Feature, frame: pd.DataFrame) -> Floats:
    of = {value: one.weight_of_evidence for one in feature.bins for value in one.categories}
    values = frame[feature.name].astype(object)  # a category of pandas cannot take a number for a word
    known = values.map(lambda value: of.get(str(value), feature.unseen), na_action="ignore")
    return known.fillna(feature.missing).to_numpy(dtype=np.float64)


def _numbers(feature: Feature | TreeFeature, frame: pd.DataFrame) -> Floats:
    try:
        return numbers_of(frame[feature.name], feature.special_codes)
    except (TypeError, ValueError):
        raise ScorecardError(f"column {feature.name}: the model reads numbers, and it holds something else") from None


def _task(
    table: AnyTable,
    target: str,
    time: str | None,
    customer: str | None,
    special_codes: Sequence[float],
    as_of: date | None,
) -> Task:
    frame = as_pandas(table).reset_index(drop=True)
    taken = _named_columns(frame, target, time, customer)
    rows: dict[str, Any] = {"is_default": _outcomes(frame[target], target)}
    rows["observation_date"] = NO_TIME if time is None else _days(frame[time], time)
    rows["customer_id"] = _customers(frame, customer)
    codes = tuple(float(code) for code in special_codes if np.isfinite(code))  # what is infinite is special anyway
    columns = tuple(column_of(frame, str(name)) for name in frame.columns if name not in taken)
    rows |= {column.name: values_of(frame[column.name], column, codes) for column in columns}
    ordered = pd.DataFrame(rows).sort_values(["observation_date", "customer_id"], kind="stable", ignore_index=True)
    newest = None if time is None else max(ordered["observation_date"], default=None)
    return Task(
        ordered,
        columns,
        f"{target} is 1",
        as_of or newest,
        special_codes=codes,
        key=KEY if customer is None else customer,
        is_dated=time is not None,
    )


def _named_columns(frame: pd.DataFrame, *names: str | None) -> list[str]:
    taken = [name for name in names if name is not None]
    missing = [name for name in taken if name not in frame]
    if missing:
        raise TrainingError(
            f"the table has no column {', '.join(missing)}; it has {', '.join(map(str, frame.columns))}"
        )
    return taken


def _customers(frame: pd.DataFrame, customer: str | None) -> Any:
    """Who a row is of; one whose customer is not known is of a customer of its own."""
    numbered = np.array([f"row {position:012d}" for position in range(len(frame))], dtype=object)
    if customer is None:
        return numbered
    return np.where(frame[customer].isna(), numbered, frame[customer].astype(str).to_numpy(dtype=object))


def _outcomes(values: pd.Series, target: str) -> pd.Series:
    numbers = pd.to_numeric(values, errors="coerce")
    if numbers.isna().any() or not numbers.isin([0, 1]).all():
        raise TrainingError(f"target {target}: holds something else than 0 and 1; remove rows without an outcome first")
    return numbers.astype(bool)


def _days(values: pd.Series, time: str) -> pd.Series:
    days = pd.to_datetime(values, errors="coerce")
    if days.isna().any():
        raise TrainingError(f"time {time}: {int(days.isna().sum())} rows hold no day like 2026-03-31")
    return days.dt.date
