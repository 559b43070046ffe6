"""What a model was learnt from, said so that somebody else can judge it: vintages, every column, and what has moved.

After Gebru et al., Datasheets for datasets, 2021. Stability of a feature is the population stability index over the
bins of the scorecard as they are stored, never over bins made anew: bins that follow the data see no change (Siddiqi
2017 calls it the characteristic stability index).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from jobs.models.feature_bins import Bads, Floats
from jobs.models.scorecard import MISSING, SPECIAL, UNSEEN, Feature, Scorecard
from jobs.models.scorecard_report import DIGITS
from jobs.models.stability import stability_of_counts
from jobs.models.training_split import Rows
from schemas.table import Column

QUANTILES = {"low": 0.05, "median": 0.5, "high": 0.95}
MOST_COMMON = 5


def data_sheet(
    rows: pd.DataFrame, is_bad: Bads, columns: Sequence[Column], parts: Mapping[str, Rows], scorecard: Scorecard
) -> dict[str, Any]:
    """Plain values; equal rows give equal sheets."""
    newest = parts["later"] | parts["out_of_time"]
    return {
        "model_version": scorecard.model_version,
        "rows": len(rows),
        "customers": int(rows["customer_id"].nunique()),
        "parts": {name: _counts(is_bad[which]) for name, which in parts.items()},
        "vintages": vintages(rows["observation_date"], is_bad),
        "columns": [describe_column(rows[column.name], column) for column in columns],
        "stability": [
            {"feature": feature.name, "index": bin_stability(feature, rows.loc[~newest], rows.loc[newest])}
            for feature in scorecard.features
        ],
    }


def vintages(observation_dates: pd.Series, is_bad: Bads) -> list[dict[str, Any]]:
    """Rows and defaults of each observation date: immature outcomes would show as a rate that falls at the end."""
    days = observation_dates.to_numpy()
    return [
        {"observation_date": day.isoformat(), **_counts(is_bad[days == day])} for day in sorted(set(observation_dates))
    ]


def describe_column(values: pd.Series, column: Column) -> dict[str, Any]:
    """Shares of missing and infinite values over all rows; quantiles and categories over what is known."""
    size = max(1, len(values))
    known = values.dropna()
    about: dict[str, Any] = {
        "name": column.name,
        "type": column.type,
        "meaning": column.meaning,
        "missing_share": round(1 - len(known) / size, DIGITS),
        "distinct": int(known.nunique()),
    }
    if column.type == "string":
        counts = known.astype(str).value_counts()
        ordered = sorted(counts.items(), key=lambda pair: (-pair[1], str(pair[0])))[:MOST_COMMON]
        return {**about, "most_common": [[str(value), round(count / size, DIGITS)] for value, count in ordered]}
    numbers = known.to_numpy(dtype=np.float64)
    finite = numbers[np.isfinite(numbers)]
    about["infinite_share"] = round((len(numbers) - len(finite)) / size, DIGITS)
    if not len(finite):
        return {**about, **dict.fromkeys(QUANTILES)}
    found = np.quantile(finite, list(QUANTILES.values()))
    return {**about, **{name: round(float(value), DIGITS) for name, value in zip(QUANTILES, found, strict=True)}}


def bin_stability(feature: Feature, before: pd.DataFrame, after: pd.DataFrame) -> float | None:
    """How far the rows have moved between the feature's bins; null where one side is empty."""
    numbers = range(MISSING, len(feature.bins))
    counts = []
    for rows in (before, after):
        found = bin_numbers(feature, rows[feature.name])
        counts.append([int((found == number).sum()) for number in numbers])
    return stability_of_counts(*counts)


def bin_numbers(feature: Feature, values: pd.Series) -> NDArray[np.int64]:
    """The position of each value's bin as stored; below 0 MISSING, SPECIAL (infinite, a code), UNSEEN (category)."""
    if feature.type == "string":
        position = {category: number for number, one in enumerate(feature.bins) for category in one.categories}
        known = values.map(lambda value: position.get(str(value), UNSEEN), na_action="ignore")
        return known.fillna(MISSING).to_numpy(dtype=np.int64)
    numbers: Floats = values.to_numpy(dtype=np.float64, na_value=np.nan)
    edges = np.array([one.below for one in feature.bins[:-1]], dtype=np.float64)
    found = np.searchsorted(edges, np.nan_to_num(numbers), side="right")
    is_special = np.isinf(numbers) | np.isin(numbers, feature.special_codes)
    return np.asarray(np.where(np.isnan(numbers), MISSING, np.where(is_special, SPECIAL, found)), dtype=np.int64)


def _counts(is_bad: Bads) -> dict[str, Any]:
    rows, bads = len(is_bad), int(is_bad.sum())
    return {"rows": rows, "bads": bads, "bad_rate": round(bads / rows, DIGITS) if rows else None}
