"""The same models for any table: a binary target, numbers and words, with or without time.

    files = fit_table(pandas_or_arrow_table, target="defaulted", time="month", special_codes=(-999,))
    score_table(files["scorecard.json"], table)      log-odds, score and probability of every row, from the JSON alone

The rules are those of the credit score: customers held back, the newest dates out of time, few features where outcomes
are few, protected attributes never read, a report that says why each column was left out.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, TypeAlias

import numpy as np
import pandas as pd
import pyarrow as pa

from jobs.models.feature_bins import Floats, TrainingError
from jobs.models.model_files import Task, make_files
from jobs.models.scorecard import Feature, Scorecard, ScorecardError, read_scorecard
from jobs.models.scorecard_sql import KEY
from schemas.table import Column

NO_TIME = date(1970, 1, 1)
A_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
USED_WITHIN = ("observation_date", "customer_id", "household_id", "is_default")

AnyTable: TypeAlias = Any  # a pandas DataFrame or an Arrow table; pyarrow comes without types


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
    judged out of time. customer: rows of one are never on both sides; without it every row is its own.
    special_codes: numbers that mean something else, such as -999 for "not asked"; they share a bin with infinities and
        are kept in the scorecard, for whoever scores.
    TrainingError in one line for what cannot be learnt from.
    """
    frame = _as_pandas(table)
    taken = [name for name in (target, time, customer) if name is not None]
    missing = [name for name in taken if name not in frame]
    if missing:
        raise TrainingError(
            f"the table has no column {', '.join(missing)}; it has {', '.join(map(str, frame.columns))}"
        )
    rows = pd.DataFrame({"is_default": _outcomes(frame[target], target)})
    rows["observation_date"] = NO_TIME if time is None else _days(frame[time], time)
    numbered = [f"row {position:012d}" for position in range(len(frame))]
    rows["customer_id"] = numbered if customer is None else frame[customer].astype(str).to_numpy()
    codes = tuple(float(code) for code in special_codes if np.isfinite(code))  # what is infinite is special anyway
    columns = tuple(_column(frame, str(name)) for name in frame.columns if name not in taken)
    for column in columns:
        rows[column.name] = _values(frame[column.name], column, codes)
    rows = rows.sort_values(["observation_date", "customer_id"], kind="stable", ignore_index=True)
    newest = max(rows["observation_date"], default=NO_TIME)
    return make_files(
        Task(
            rows,
            columns,
            f"{target} is 1",
            as_of or newest,
            special_codes=codes,
            key=KEY if customer is None else customer,
        )
    )


def score_table(scorecard: Mapping[str, Any], table: AnyTable) -> pd.DataFrame:
    """log_odds (good:bad), score and default_probability of every row, in its order; optbinning is not needed.

    ScorecardError when the scorecard is broken, a column is not there, or one of numbers holds something else.
    """
    card, frame = read_scorecard(scorecard), _as_pandas(table)
    absent = [feature.name for feature in card.features if feature.name not in frame]
    if absent:
        raise ScorecardError(f"{card.model_version}: the table has no column {', '.join(absent)}")
    log_odds = log_odds_of(card, frame)
    points = np.floor(card.offset + card.factor * log_odds + 0.5).astype(np.int64)
    return pd.DataFrame({"log_odds": log_odds, "score": points, "default_probability": 1 / (1 + np.exp(log_odds))})


def log_odds_of(card: Scorecard, frame: pd.DataFrame) -> Floats:
    """ln(odds good:bad), added up in the order of the scorecard."""
    total = np.full(len(frame), card.intercept)
    inside = np.ones(len(frame), dtype=bool)
    if card.population is not None:
        inside = (pd.to_numeric(frame[card.population.marker]) >= 1).fillna(False).to_numpy(dtype=bool)
    for feature in card.features:
        woe = _woe_of_categories(feature, frame) if feature.type == "string" else _woe(feature, frame)
        counts = inside if card.is_known_of_population_only(feature) else True
        total = total + feature.weight * np.where(counts, woe, 0.0)
    return total


def _woe(feature: Feature, frame: pd.DataFrame) -> Floats:
    try:
        values = _numbers(frame[feature.name], feature.special_codes)
    except (TypeError, ValueError):
        raise ScorecardError(
            f"column {feature.name}: the scorecard reads numbers, and it holds something else"
        ) from None
    edges = np.array([one.below for one in feature.bins[:-1]], dtype=np.float64)
    of_bins = np.array([one.weight_of_evidence for one in feature.bins])
    chosen = of_bins[np.searchsorted(edges, np.nan_to_num(values), side="right")]
    return np.where(np.isnan(values), feature.missing, np.where(np.isinf(values), feature.special, chosen))


def _woe_of_categories(feature: Feature, frame: pd.DataFrame) -> Floats:
    of = {value: one.weight_of_evidence for one in feature.bins for value in one.categories}
    values = frame[feature.name].astype(object)  # a category of pandas cannot take a number for a word
    known = values.map(lambda value: of.get(str(value), feature.unseen), na_action="ignore")
    return known.fillna(feature.missing).to_numpy(dtype=np.float64)


def _as_pandas(table: AnyTable) -> pd.DataFrame:
    if isinstance(table, pa.Table):
        return pd.DataFrame(table.to_pandas())
    if not isinstance(table, pd.DataFrame):
        raise TrainingError(f"a {type(table).__name__} is no table: give a pandas DataFrame or an Arrow table")
    return table.reset_index(drop=True)


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


def _column(frame: pd.DataFrame, name: str) -> Column:
    if not A_NAME.fullmatch(name) or name in USED_WITHIN:
        raise TrainingError(
            f"column {name!r}: rename it: letters, digits and _ only, and none of {', '.join(USED_WITHIN)}"
        )
    if isinstance(frame[name], pd.DataFrame):
        raise TrainingError(f"column {name!r}: is there twice; rename one")
    kind = frame[name].dtype
    if pd.api.types.is_numeric_dtype(kind):  # truth values too
        return Column(name, "double", name.replace("_", " "))
    if pd.api.types.is_datetime64_any_dtype(kind):
        return Column(name, "date", name.replace("_", " "))
    return Column(name, "string", name.replace("_", " "))


def _values(values: pd.Series, column: Column, special_codes: Sequence[float]) -> Any:
    if column.type == "double":
        return _numbers(values, special_codes)
    if column.type == "date":
        return values.notna().to_numpy(dtype=np.float64)
    return np.array([None if pd.isna(value) else str(value) for value in values], dtype=object)


def _numbers(values: pd.Series, special_codes: Sequence[float]) -> Floats:
    numbers = values.astype("Float64").to_numpy(dtype=np.float64, na_value=np.nan)
    return np.where(np.isin(numbers, list(special_codes)), np.inf, numbers)
