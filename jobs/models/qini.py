"""How well a score orders customers by what a message adds, judged on messages that were sent or withheld at random.

Radcliffe, Using control groups to target on predicted lift, 2007. The curve adds up, from the best score down, what was
gained: u(share) = responses per contacted - responses per control, each over all of its arm. Its area above the line of
contacting at random is the Qini coefficient, in applications per contacted customer: 0 for a score that knows nothing,
below 0 for one that picks those whom a message drives away.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from jobs.models.feature_bins import Bads, Floats

DRAWS = 200
INTERVAL = (0.025, 0.975)
SEED = 20260331
DIGITS = 6
TOP_SHARE = 0.1
PLOT_POINTS = 51
MOST_STEPS = 1000  # of the curve; more change no digit that is told


@dataclass(frozen=True)
class Trial:
    """Messages with a random control: who responded, who was held back, and who belongs together (any ids)."""

    responds: Bads
    is_control: NDArray[np.bool_]
    households: NDArray[Any]


@dataclass(frozen=True)
class Ranking:
    """Of every row the step of the curve it belongs to, 0 being the best scores."""

    steps: NDArray[np.int64]
    trial: Trial


def rank(score: Floats, trial: Trial) -> Ranking:
    """Equal scores share a step, so that their order cannot matter; of many different ones, neighbours do too."""
    values, step = np.unique(-score, return_inverse=True)
    if len(values) <= MOST_STEPS:
        return Ranking(step, trial)
    rows_before = np.searchsorted(np.sort(-score), values)  # a score keeps its rows together, whatever the step
    return Ranking((rows_before * MOST_STEPS // len(score))[step], trial)


def qini(ranking: Ranking, weights: Floats | None = None) -> float:
    """The Qini coefficient; 0 where one of the arms is empty. weights: how often each row is drawn."""
    share, gained = gained_by_share(ranking, weights)
    return float(np.trapezoid(gained - share * gained[-1], share))


def gained_by_share(ranking: Ranking, weights: Floats | None = None) -> tuple[Floats, Floats]:
    """The Qini curve: shares of all rows, best scores first, and what was gained; nothing where an arm is empty."""
    trial, count = ranking.trial, int(ranking.steps.max(initial=-1)) + 1
    weight = np.ones(len(ranking.steps)) if weights is None else weights
    controls = weight[trial.is_control].sum()
    contacted = weight.sum() - controls
    if not contacted or not controls:
        return np.array([0.0, 1.0]), np.zeros(2)
    who = np.flatnonzero(trial.responds)
    gains = weight[who] * np.where(trial.is_control[who], -1.0 / controls, 1.0 / contacted)
    rows = np.bincount(ranking.steps, weight, minlength=count)
    share = np.concatenate([[0.0], np.cumsum(rows) / rows.sum()])
    gained = np.concatenate([[0.0], np.cumsum(np.bincount(ranking.steps[who], gains, minlength=count))])
    return share, gained


def curve(score: Floats, trial: Trial) -> list[list[float]]:
    """The Qini curve for a plot: PLOT_POINTS points, the last one what a message adds to all."""
    share, gained = gained_by_share(rank(score, trial))
    at = np.linspace(0, 1, PLOT_POINTS)
    return [
        [round(float(x), DIGITS), round(float(y), DIGITS)]
        for x, y in zip(at, np.interp(at, share, gained), strict=True)
    ]


def effect(trial: Trial, which: NDArray[np.bool_] | None = None) -> float | None:
    """What a message added among these rows: response of contacted less that of controls; None without an arm."""
    chosen = np.ones(len(trial.responds), dtype=bool) if which is None else which
    contacted, controls = chosen & ~trial.is_control, chosen & trial.is_control
    if not contacted.any() or not controls.any():
        return None
    return float(trial.responds[contacted].mean() - trial.responds[controls].mean())


def judge(scores: dict[str, Floats], trial: Trial, *, draws: int = DRAWS) -> dict[str, Any]:
    """For each score its Qini coefficient with an interval, and what a message added among its best tenth.

    Intervals are bootstrapped by household, the same draws for all scores; for all but the first, the interval of the
    difference to the first tells which of two policies is better.
    """
    rankings = {name: rank(score, trial) for name, score in scores.items()}
    drawn = _drawn(rankings, trial, draws)
    first = next(iter(scores))
    judged: dict[str, Any] = {}
    for name, ranking in rankings.items():
        in_best = np.zeros(len(trial.responds), dtype=bool)
        in_best[np.argsort(-scores[name], kind="stable")[: round(TOP_SHARE * len(in_best))]] = True
        judged[name] = {"qini": round(qini(ranking), DIGITS), **_interval("qini", drawn[name])}
        judged[name]["effect_in_best_tenth"] = _rounded(effect(trial, in_best))
        if name != first:
            judged[name] |= _interval("qini_less_than_first", drawn[first] - drawn[name])
    return {"scores": judged, "effect_on_all": _rounded(effect(trial)), "draws": draws, "interval": list(INTERVAL)}


def _drawn(rankings: dict[str, Ranking], trial: Trial, draws: int) -> dict[str, Floats]:
    chance = np.random.default_rng(SEED)
    _, household = np.unique(trial.households, return_inverse=True)
    count = int(household.max()) + 1 if len(household) else 0
    found: dict[str, list[float]] = {name: [] for name in rankings}
    for _ in range(draws if count else 0):
        times = np.bincount(chance.integers(0, count, count), minlength=count).astype(np.float64)[household]
        for name, ranking in rankings.items():
            found[name].append(qini(ranking, times))
    return {name: np.array(values) for name, values in found.items()}


def _interval(name: str, drawn: Floats) -> dict[str, float | None]:
    low, high = np.quantile(drawn, INTERVAL) if len(drawn) else (None, None)
    return {f"{name}_low": _rounded(low), f"{name}_high": _rounded(high)}


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(float(value), DIGITS)
