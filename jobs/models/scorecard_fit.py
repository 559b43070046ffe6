"""How a scorecard is learnt: selection of binned features, and a logistic regression on weights of evidence.

Siddiqi, Intelligent Credit Scoring, 2017, for information value, sign checks and scaling.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd

from jobs.models.feature_bins import (
    BIN_PARAMETERS,
    DECIMALS,
    Bads,
    BinnedFeature,
    Floats,
    NotAFeatureError,
    TrainingError,
    bin_feature,
)
from jobs.models.feature_selection import SELECTION_PARAMETERS, Choice, choose_features
from jobs.models.selection_stability import DRAWS, chosen_shares
from jobs.models.training_split import Rows
from schemas.table import Column

MIN_BADS = 30  # fewer cannot fill even a handful of bins; a guess on the generous side
MIN_INFORMATION_VALUE = 0.02  # Siddiqi: below it a feature does not predict
MAX_CORRELATION = 0.75  # of weights of evidence; above it two features tell the same story twice
FIT_PARAMETERS: Mapping[str, object] = {
    **BIN_PARAMETERS,
    **SELECTION_PARAMETERS,
    "max_correlation": MAX_CORRELATION,
    "min_defaults": MIN_BADS,
    "min_information_value": MIN_INFORMATION_VALUE,
    "draws_of_half_of_the_people": DRAWS,
    "weights": "logistic regression, L2 with C = 1, classes not re-weighted, every weight above 0",
}
"""What a reader needs to fit the same scorecard again."""


@dataclass(frozen=True)
class Fit:
    """ln(odds good:bad) = intercept + sum of weight * weight of evidence.

    features, weights: what was kept, in the order of choosing. left_out: name -> why.
    information_values, directions: name -> its value, for every feature that could be binned; see `BinnedFeature`.
    binned: all of those, for a fit with fewer of them. chosen_shares: name -> in how many draws of half of the people
        the feature is chosen, for every feature that was weighed.
    """

    features: tuple[BinnedFeature, ...]
    weights: tuple[float, ...]
    intercept: float
    left_out: Mapping[str, str]
    information_values: Mapping[str, float]
    directions: Mapping[str, int]
    binned: tuple[BinnedFeature, ...] = ()
    chosen_shares: Mapping[str, float] = field(default_factory=dict)

    def log_odds(self, rows: pd.DataFrame) -> Floats:
        """ln(odds good:bad) of every row, added up in the order in which scoring adds."""
        total = np.full(len(rows), self.intercept)
        for feature, weight in zip(self.features, self.weights, strict=True):
            total = total + weight * feature.weights_of_evidence(rows)
        return total

    def recalibrated(self, intercept: float, slope: float) -> Fit:
        """The fit whose log-odds are intercept + slope * those of this one; slope is above 0, so no order changes."""
        weights = tuple(round(slope * weight, DECIMALS) for weight in self.weights)
        return replace(self, weights=weights, intercept=round(intercept + slope * self.intercept, DECIMALS))


def fit_scorecard(rows: pd.DataFrame, is_bad: Bads, columns: Sequence[Column]) -> Fit:
    """A scorecard in which every feature predicts, adds something of its own, and never rewards risk.

    rows: sorted, one column for each of `columns`; numbers as float64 with NaN for missing, categories with None.
    TrainingError when there is one class only, too few defaults, or nothing that predicts.
    """
    _refuse_too_little(is_bad)
    left_out: dict[str, str] = {}
    return fit_binned(_bin_all(rows, is_bad, columns, left_out), rows, is_bad, left_out)


def fit_binned(binned: Sequence[BinnedFeature], rows: pd.DataFrame, is_bad: Bads, left_out: dict[str, str]) -> Fit:
    """A scorecard of features that are binned already, on the same rows; left_out: why others are not among them."""
    predictive = _keep_predictive(binned, left_out)
    distinct, woe = _keep_uncorrelated(predictive, rows, left_out)
    steady, woe = _keep_steady(distinct, woe, rows, is_bad, left_out)
    shares = _chosen_shares(steady, woe, rows, is_bad)
    choice = _weigh(steady, woe, is_bad, left_out)
    return Fit(
        features=tuple(steady[position] for position in choice.chosen),
        weights=choice.weights,
        intercept=choice.intercept,
        left_out=dict(sorted(left_out.items())),
        information_values={feature.name: feature.information_value for feature in binned},
        directions={feature.name: feature.direction for feature in binned},
        binned=tuple(binned),
        chosen_shares={feature.name: round(float(s), 4) for feature, s in zip(steady, shares, strict=True)},
    )


def _refuse_too_little(is_bad: Bads) -> None:
    bads = int(is_bad.sum())
    if bads in (0, len(is_bad)):
        which = "defaults at all" if bads == 0 else "customers who did not default"
        raise TrainingError(f"models/credit_score: no {which} among the {len(is_bad)} rows to learn from; check labels")
    if bads < MIN_BADS:
        raise TrainingError(
            f"models/credit_score: {bads} defaults among the {len(is_bad)} rows to learn from, {MIN_BADS} are needed; "
            "wait for more matured observation dates"
        )


def _bin_all(
    rows: pd.DataFrame, is_bad: Bads, columns: Sequence[Column], left_out: dict[str, str]
) -> list[BinnedFeature]:
    binned = []
    for column in columns:
        try:
            binned.append(bin_feature(column, rows, is_bad))
        except NotAFeatureError as why_not:
            left_out[column.name] = str(why_not)
    return binned


def _keep_predictive(features: Sequence[BinnedFeature], left_out: dict[str, str]) -> list[BinnedFeature]:
    """Those above MIN_INFORMATION_VALUE, strongest first; equally strong ones by name."""
    strongest_first = sorted(features, key=lambda feature: (-feature.information_value, feature.name))
    kept = [feature for feature in strongest_first if feature.information_value >= MIN_INFORMATION_VALUE]
    for feature in strongest_first[len(kept) :]:
        left_out[feature.name] = f"information value {feature.information_value:.4f} is below {MIN_INFORMATION_VALUE}"
    return kept


def _keep_uncorrelated(
    features: Sequence[BinnedFeature], rows: pd.DataFrame, left_out: dict[str, str]
) -> tuple[list[BinnedFeature], Floats]:
    """Of features that tell the same story, the strongest; with the weights of evidence of those kept, one a column."""
    kept: list[BinnedFeature] = []
    woe = np.empty((len(rows), len(features)), order="F")
    standard = np.empty_like(woe)
    for feature in features:
        values = feature.weights_of_evidence(rows)
        if np.ptp(values) == 0:
            left_out[feature.name] = "predicts by nothing but missing values, and those are too few"
            continue
        position = len(kept)
        standard[:, position] = (values - values.mean()) / (values.std() * np.sqrt(len(values)))
        correlations = standard[:, :position].T @ standard[:, position]
        twins = np.flatnonzero(np.abs(correlations) > MAX_CORRELATION)
        if len(twins):
            twin = int(twins[0])
            left_out[feature.name] = f"correlates with the stronger {kept[twin].name} ({correlations[twin]:.2f})"
        else:
            woe[:, position] = values
            kept.append(feature)
    return kept, woe[:, : len(kept)]


def _keep_steady(
    features: Sequence[BinnedFeature], woe: Floats, rows: pd.DataFrame, is_bad: Bads, left_out: dict[str, str]
) -> tuple[list[BinnedFeature], Floats]:
    """Those whose order of risk holds in the earlier and in the later half of the dates, where defaults are enough.

    Its weights of evidence must be higher for goods than for bads in each: what turns round with time cannot be relied
    on, however well it does on average.
    """
    kept = list(range(len(features)))
    for days, which in _time_slices(rows, is_bad):
        goods, bads = woe[which & (is_bad == 0)].mean(axis=0), woe[which & (is_bad == 1)].mean(axis=0)
        for position in [position for position in kept if bads[position] >= goods[position]]:
            left_out[features[position].name] = f"its order of risk turns round from {days[0]} to {days[-1]}"
            kept.remove(position)
    return [features[position] for position in kept], np.asfortranarray(woe[:, kept])


def _time_slices(rows: pd.DataFrame, is_bad: Bads) -> list[tuple[list[Any], Rows]]:
    """The dates and the rows of each half of them; none where there is one date only, or too few defaults."""
    if "observation_date" not in rows:
        return []
    days = sorted(rows["observation_date"].unique())
    halves = [half for half in (days[: len(days) // 2], days[len(days) // 2 :]) if len(days) > 1]
    slices = [(half, rows["observation_date"].isin(half).to_numpy()) for half in halves]
    return [(half, which) for half, which in slices if MIN_BADS <= is_bad[which].sum() < which.sum()]


def _chosen_shares(features: Sequence[BinnedFeature], woe: Floats, rows: pd.DataFrame, is_bad: Bads) -> Floats:
    people = rows["customer_id"] if "customer_id" in rows else pd.Series(np.arange(len(rows)))
    return chosen_shares(woe, is_bad, _freedom(features), people) if features else np.empty(0)


def _freedom(features: Sequence[BinnedFeature]) -> Bads:
    return np.array([feature.bins_beyond_first for feature in features], dtype=np.int64)


def _weigh(features: Sequence[BinnedFeature], woe: Floats, is_bad: Bads, left_out: dict[str, str]) -> Choice:
    """What the selection takes, with weights; TrainingError when it takes nothing."""
    freedom = _freedom(features)
    choice = choose_features(woe, is_bad, freedom) if features else Choice((), (), 0.0)
    left_out |= {features[position].name: reason for position, reason in choice.reasons.items()}
    if not choice.chosen:
        raise TrainingError(
            f"models/credit_score: no feature predicts default in the {len(is_bad)} rows to learn from; "
            "look at the labels and at the feature families"
        )
    return choice
