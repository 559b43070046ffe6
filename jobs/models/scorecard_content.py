"""A fitted scorecard as it is stored in scorecard.json, with all that is needed to score and to check it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib.metadata import version
from itertools import pairwise
from typing import Any

import numpy as np

from jobs.models.calibration import UNCALIBRATED, Calibration
from jobs.models.feature_bins import DECIMALS, BinnedFeature
from jobs.models.grades import FACTOR, ODDS, OFFSET, POINTS_TO_DOUBLE_ODDS, SCORE_AT_ODDS
from jobs.models.scorecard import FORMAT, ODDS_DIRECTION, SPECIAL_NUMBERS, Population, feature_fingerprint
from jobs.models.scorecard_fit import Fit

LIBRARIES = ("numpy", "optbinning", "ortools", "pandas", "scikit-learn")
SCALE: Mapping[str, Any] = {
    "score_at_odds": SCORE_AT_ODDS,
    "odds": ODDS,
    "odds_direction": ODDS_DIRECTION,
    "points_to_double_odds": POINTS_TO_DOUBLE_ODDS,
    "factor": FACTOR,
    "offset": OFFSET,
    "formula": "score = offset + factor * ln(odds)",
    "rounding": "the total once, halves up; the probability comes from the unrounded log-odds",
}
RULES: Mapping[str, Any] = {
    "bins": "a bin of numbers holds at_least <= value < below; null is no bound",
    "missing": "null and NaN",
    "special": {"values": sorted(SPECIAL_NUMBERS), "and": "every number among special_codes"},
    "unseen_category": "in no bin: too rare in training, or never seen; 0, nothing either way, where they were too few",
}


def scorecard_content(
    fit: Fit,
    *,
    population: Population | None = None,
    calibration: Calibration = UNCALIBRATED,
    special_codes: Sequence[float] = (),
) -> dict[str, Any]:
    """What the scorecard is; where it comes from is added by whoever trained it, and then it is sealed.

    calibration: what `fit` has been through already, for the record; scoring needs no further step.
    special_codes: numbers that `fit` was given as infinite, since they are no quantity.
    """
    columns = [feature.column for feature in fit.features]
    return {
        "format": FORMAT,
        "scale": dict(SCALE),
        "log_odds": {
            "of": ODDS_DIRECTION,
            "intercept": fit.intercept,
            "formula": "intercept + sum of weight * weight_of_evidence; probability of default = 1 / (1 + exp(it))",
        },
        "rules": dict(RULES),
        "special_codes": sorted({float(code) for code in special_codes}),
        "population": None if population is None else _population_content(fit, population),
        "calibration": calibration.content(),
        "features": [
            _feature_content(feature, weight) for feature, weight in zip(fit.features, fit.weights, strict=True)
        ],
        "feature_fingerprint": feature_fingerprint([(one.name, one.type, one.meaning) for one in columns]),
        "libraries": {name: version(name) for name in LIBRARIES},
    }


def _population_content(fit: Fit, population: Population) -> dict[str, Any]:
    used = {feature.name for feature in fit.features}
    return {
        "meaning": population.meaning,
        "marker": population.marker,
        "rule": f"{population.marker} at least 1; outside it the features named here weigh nothing either way",
        "known_of_it_only": sorted(used & set(population.known_of_it_only)),
    }


def _feature_content(feature: BinnedFeature, weight: float) -> dict[str, Any]:
    table = feature.binning.binning_table.build(add_totals=False)
    counts = table[["Count", "Event"]].to_numpy(dtype=np.int64)
    woe = np.round(table["WoE"].to_numpy(dtype=np.float64), DECIMALS)

    def part(weight_of_evidence: float, position: int) -> dict[str, Any]:
        rows, bads = map(int, counts[position])
        return {**_points(weight_of_evidence, weight), "rows": rows, "bads": bads}

    pooled = part(feature.unseen, -2) if feature.is_category else _points(0.0, weight)
    special = {**_points(0.0, weight), "rows": 0, "bads": 0} if feature.is_category else part(feature.special, -2)
    return {
        "name": feature.name,
        "type": feature.column.type,
        "meaning": feature.column.meaning,
        "information_value": feature.information_value,
        "weight": weight,
        "bins": [
            {**limits, **part(float(woe[position]), position)} for position, limits in enumerate(_limits(feature))
        ],
        "special": special,
        "missing": part(feature.missing, -1),
        "unseen_category": pooled,
    }


def _points(weight_of_evidence: float, weight: float) -> dict[str, float]:
    return {"weight_of_evidence": weight_of_evidence, "points": SCALE["factor"] * weight * weight_of_evidence}


def _limits(feature: BinnedFeature) -> list[dict[str, Any]]:
    if feature.column.type == "string":
        return [{"categories": sorted(map(str, group))} for group in feature.binning.splits]
    edges = [None, *(float(edge) for edge in feature.binning.splits), None]
    return [{"at_least": low, "below": high} for low, high in pairwise(edges)]
