"""How a scorecard is learnt: selection of binned features, and a logistic regression on weights of evidence.

Siddiqi, Intelligent Credit Scoring, 2017, for information value, sign checks and scaling.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

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
    TurnsRoundError,
    bin_feature,
)
from jobs.models.feature_selection import SELECTION_PARAMETERS, Choice, choose_features
from jobs.models.selection_stability import DRAWS, chosen_shares
from jobs.models.time_slices import TimeSlice, time_slices
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
class Bins:
    """Every column in bins, or why it is not. left_out: name -> why; turning: those of them whose order turns round."""

    binned: tuple[BinnedFeature, ...]
    left_out: Mapping[str, str]
    turning: frozenset[str]

    @property
    def directions(self) -> dict[str, int]:
        """Name -> direction of risk; see `BinnedFeature`."""
        return {feature.name: feature.direction for feature in self.binned}


@dataclass(frozen=True)
class Fit:
    """ln(odds good:bad) = intercept + sum of weight * weight of evidence.

    features, weights: what was kept, in the order of choosing. left_out: name -> why.
    information_values: name -> its value, for every feature that could be binned. bins: all of those.
    chosen_shares: name -> in how many draws of half of the people the feature is chosen, for every feature weighed.
    """

    features: tuple[BinnedFeature, ...]
    weights: tuple[float, ...]
    intercept: float
    left_out: Mapping[str, str]
    information_values: Mapping[str, float]
    bins: Bins
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


def learn_scorecard(rows: pd.DataFrame, is_bad: Bads, columns: Sequence[Column]) -> Fit:
    """A scorecard in which every feature predicts, adds something of its own, and never rewards risk.

    rows: sorted, one column for each of `columns`; numbers as float64 with NaN for missing, categories with None.
    TrainingError when there is one class only, too few defaults, or nothing that predicts.
    """
    bins = bin_features(rows, is_bad, columns)
    return weigh_bins(bins, rows, is_bad)


def bin_features(rows: pd.DataFrame, is_bad: Bads, columns: Sequence[Column]) -> Bins:
    """All columns in bins; TrainingError when there is one class only, or too few defaults."""
    _refuse_too_little(is_bad)
    binned, left_out, turning = [], dict[str, str](), set()
    slices = time_slices(rows)
    for column in columns:
        try:
            binned.append(bin_feature(column, rows, is_bad, slices))
        except NotAFeatureError as why_not:
            left_out[column.name] = str(why_not)
            if isinstance(why_not, TurnsRoundError):
                turning.add(column.name)
    return Bins(tuple(binned), left_out, frozenset(turning))


def weigh_bins(bins: Bins, rows: pd.DataFrame, is_bad: Bads) -> Fit:
    """A scorecard of features that are binned already, on the same rows."""
    left_out = dict(bins.left_out)
    predictive = _keep_predictive(bins.binned, left_out)
    distinct, woe = _keep_uncorrelated(predictive, rows, left_out)
    steady, woe = _keep_steady(distinct, woe, rows, is_bad, left_out)
    shares = _chosen_shares(steady, woe, rows, is_bad)
    choice = _weigh(steady, woe, is_bad, left_out)
    return Fit(
        features=tuple(steady[position] for position in choice.chosen),
        weights=choice.weights,
        intercept=choice.intercept,
        left_out=dict(sorted(left_out.items())),
        information_values={feature.name: feature.information_value for feature in bins.binned},
        bins=bins,
        chosen_shares={feature.name: round(float(s), 4) for feature, s in zip(steady, shares, strict=True)},
    )


def _refuse_too_little(is_bad: Bads) -> None:
    bads = int(is_bad.sum())
    if bads in (0, len(is_bad)):
        which = "defaults at all" if bads == 0 else "customers who did not default"
        raise TrainingError(f"no {which} among the {len(is_bad)} rows to learn from; check the outcomes")
    if bads < MIN_BADS:
        raise TrainingError(
            f"{bads} defaults among the {len(is_bad)} rows to learn from, {MIN_BADS} are needed; wait for more outcomes"
        )


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
    for one in _slices_with_defaults(rows, is_bad):
        goods, bads = woe[one.rows & (is_bad == 0)].mean(axis=0), woe[one.rows & (is_bad == 1)].mean(axis=0)
        for position in [position for position in kept if bads[position] >= goods[position]]:
            left_out[features[position].name] = f"its order of risk turns round from {one}"
            kept.remove(position)
    return [features[position] for position in kept], np.asfortranarray(woe[:, kept])


def _slices_with_defaults(rows: pd.DataFrame, is_bad: Bads) -> list[TimeSlice]:
    return [one for one in time_slices(rows) if MIN_BADS <= is_bad[one.rows].sum() < one.rows.sum()]


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
            f"no feature predicts default in the {len(is_bad)} rows to learn from; "
            "look at the outcomes and at the features"
        )
    return choice
