"""Champion and challenger side by side, on customers and dates that neither has seen, with how sure the figures are.

Intervals are bootstrapped by customer, whose rows share their luck (Efron 1979; cluster bootstrap, Field and Welsh
2007): whole customers are drawn, the same ones for both models, so their difference has an interval of its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from jobs.models.feature_bins import Bads, Floats
from jobs.models.scorecard_report import DIGITS, gains_points, measure, roc_points

DRAWS = 400
INTERVAL = (0.025, 0.975)
SEED = 20260331


def compare(
    models: Mapping[str, Floats], is_bad: Bads, customers: NDArray[Any], *, draws: int = DRAWS
) -> dict[str, Any]:
    """For each model its measures with an interval of Gini; for all but the first the difference of Gini to the first.

    models: name -> ln(odds good:bad) of every row; the first is the champion. Intervals are null where the rows hold
    one outcome only.
    """
    measured = {name: measure(log_odds, is_bad) for name, log_odds in models.items()}
    drawn = _drawn_ginis(models, is_bad, customers, draws)
    champion = next(iter(models))
    for name in models:
        measured[name] |= _interval("gini", drawn.get(name))
        if name != champion:
            both = None if name not in drawn else drawn[name] - drawn[champion]
            gains = [measured[one]["gini"] for one in (name, champion)]
            measured[name]["gini_gain"] = None if None in gains else round(gains[0] - gains[1], DIGITS)
            measured[name] |= _interval("gini_gain", both)
    return {"models": measured, "draws": draws, "interval": list(INTERVAL), "drawn_by": "customer"}


def curves(models: Mapping[str, Floats], is_bad: Bads) -> dict[str, dict[str, list[list[float]]]]:
    """For each kind of plot the points of each model, all on the same rows."""
    return {
        "roc": {name: roc_points(log_odds, is_bad) for name, log_odds in models.items()},
        "gains": {name: gains_points(log_odds, is_bad) for name, log_odds in models.items()},
    }


def weighted_gini(log_odds: Floats, is_bad: Bads, weights: Floats) -> Floats:
    """Gini of each column of weights, ties counting half; NaN where a column weighs one outcome only."""
    order = np.argsort(log_odds, kind="stable")
    starts = np.flatnonzero(np.r_[True, np.diff(log_odds[order]) > 0])
    bad = np.add.reduceat(weights[order] * is_bad[order][:, None], starts, axis=0)
    good = np.add.reduceat(weights[order] * (1 - is_bad[order])[:, None], starts, axis=0)
    safer = good.sum(axis=0) - np.cumsum(good, axis=0)  # goods with a higher score than the group
    pairs = bad.sum(axis=0) * good.sum(axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(2 * (bad * (safer + good / 2)).sum(axis=0) / pairs - 1)


def _drawn_ginis(models: Mapping[str, Floats], is_bad: Bads, customers: NDArray[Any], draws: int) -> dict[str, Floats]:
    if not 0 < is_bad.sum() < len(is_bad):
        return {}
    names, position = np.unique(customers, return_inverse=True)
    chance = np.random.default_rng(SEED)
    found: dict[str, list[Floats]] = {name: [] for name in models}
    for _ in range(0, draws, 50):  # fifty draws at a time bound the memory
        weights = chance.multinomial(len(names), np.full(len(names), 1 / len(names)), size=50).T[position]
        for name, log_odds in models.items():
            found[name].append(weighted_gini(log_odds, is_bad, weights.astype(np.float64)))
    return {name: np.concatenate(parts) for name, parts in found.items()}


def _interval(name: str, values: Floats | None) -> dict[str, float | None]:
    if values is None or np.isnan(values).all():
        return {f"{name}_low": None, f"{name}_high": None}
    low, high = np.nanquantile(values, INTERVAL)
    return {f"{name}_low": round(float(low), DIGITS), f"{name}_high": round(float(high), DIGITS)}
