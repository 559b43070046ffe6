"""Which of many features a scorecard takes: one after the other, as long as each pays for its bins.

A weight of evidence is learnt from the very defaults that judge it, so with few defaults every feature seems to
predict. Two limits keep luck out: a feature's gain must exceed what chance gives to so many bins, in one of all the
features that are weighed (chi-square, Bonferroni; an edge was searched for, so it counts twice), and there are at most
so many features that each rests on ten defaults (Peduzzi et al. 1996, events per variable). Gains are score statistics
(Rao 1948): one pass over the rows judges all.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy.stats import chi2
from sklearn.linear_model import LogisticRegression

from jobs.models.feature_bins import DECIMALS, Bads, Floats

DEFAULTS_PER_FEATURE = 10
BY_CHANCE = 0.01  # that one feature or more of all that tell nothing is chosen first
SEARCHED = 2  # degrees of freedom of an edge, its place and its step: with one, twice as many of chance were chosen
SELECTION_PARAMETERS: Mapping[str, object] = {
    "selection": "forward by score statistic; a feature must gain more than the quantile of chi-square that is "
    f"exceeded with probability {BY_CHANCE} over the number of features weighed, with {SEARCHED} * (its bins - 1) "
    "degrees of freedom",
    "defaults_per_feature": DEFAULTS_PER_FEATURE,
}
NOTHING_LEFT = 1e-9  # variance that the chosen features leave of another one; below it the other one adds nothing


@dataclass(frozen=True)
class Choice:
    """The positions of the chosen features in the order of choosing, and why each of the others was not."""

    chosen: tuple[int, ...]
    weights: tuple[float, ...]
    intercept: float
    reasons: Mapping[int, str] = field(default_factory=dict)


@dataclass(frozen=True)
class _Gains:
    """Of every feature beside the chosen ones: the score statistic, and the weight that one step would give it."""

    statistic: Floats
    first_step: Floats


def choose_features(woe: Floats, is_bad: Bads, bins_beyond_first: NDArray[np.int64]) -> Choice:
    """The features of the scorecard; none when none pays for its bins.

    woe: one row per row to learn from, one column per feature, strongest first. bins_beyond_first: degrees of freedom
    of each. Every weight is above 0: a feature whose weight would reward risk beside the others is not chosen.
    """
    is_good = 1 - is_bad
    limit = max(1, int(is_bad.sum()) // DEFAULTS_PER_FEATURE)
    needed = np.asarray(chi2.isf(BY_CHANCE / max(1, woe.shape[1]), SEARCHED * bins_beyond_first))
    chosen: list[int] = []
    gains = _gains(woe, is_good, chosen)
    while len(chosen) < limit:
        surplus = np.where(gains.first_step > 0, gains.statistic - needed, -np.inf)
        surplus[chosen] = -np.inf
        best = int(np.argmax(surplus))
        if surplus[best] <= 0:
            break
        chosen.append(best)
        gains = _gains(woe, is_good, chosen)
    reasons = {
        position: _why_not(gains, position, float(needed[position]), limit if len(chosen) == limit else None)
        for position in range(woe.shape[1])
        if position not in chosen
    }
    return _without_rewards_for_risk(woe, is_good, chosen, reasons)


def logistic(woe: Floats, is_good: Bads) -> tuple[Floats, float]:
    """Weights and intercept of ln(odds good:bad).

    No re-weighting of classes, and no penalty on the intercept: the mean probability equals the observed rate.
    Newton's method runs to the last bits, so that rounding to DECIMALS gives one answer everywhere.
    """
    model = LogisticRegression(solver="newton-cholesky", tol=1e-10, max_iter=200).fit(woe, is_good)
    return np.round(model.coef_[0], DECIMALS), round(float(model.intercept_[0]), DECIMALS)


def _gains(woe: Floats, is_good: Bads, chosen: list[int]) -> _Gains:
    held = np.column_stack([np.ones(len(woe)), woe[:, chosen]])
    if chosen:
        weights, intercept = logistic(woe[:, chosen], is_good)
        expected = 1 / (1 + np.exp(-(intercept + woe[:, chosen] @ weights)))
    else:
        expected = np.full(len(woe), is_good.mean())
    variance = expected * (1 - expected)
    score = woe.T @ (is_good - expected)
    crossed = (held * variance[:, None]).T @ woe
    of_held = np.linalg.pinv((held * variance[:, None]).T @ held)
    information = np.einsum("ij,ij,i->j", woe, woe, variance) - np.einsum("ij,ik,kj->j", crossed, of_held, crossed)
    is_known = information > NOTHING_LEFT
    information = np.where(is_known, information, 1.0)
    return _Gains(np.where(is_known, score**2 / information, 0.0), np.where(is_known, score / information, 0.0))


def _why_not(gains: _Gains, position: int, needed: float, limit: int | None) -> str:
    statistic, first_step = float(gains.statistic[position]), float(gains.first_step[position])
    if first_step < 0:
        return f"its weight beside the others would reward risk ({first_step:.3f})"
    if statistic > needed and limit is not None:
        return f"there are defaults for {limit} features only, and others gain more"
    return f"adds too little beside the others: chi-square {statistic:.1f}, {needed:.1f} are needed for its bins"


def _without_rewards_for_risk(woe: Floats, is_good: Bads, chosen: list[int], reasons: dict[int, str]) -> Choice:
    """The final weights; should one not be above 0 now that all are together, its feature leaves, the worst first."""
    while chosen:
        weights, intercept = logistic(woe[:, chosen], is_good)
        worst = int(np.argmin(weights))
        if weights[worst] > 0:
            return Choice(tuple(chosen), tuple(map(float, weights)), intercept, reasons)
        reasons[chosen[worst]] = f"its weight beside the others would reward risk ({weights[worst]:.3f})"
        del chosen[worst]
    return Choice((), (), 0.0, reasons)
