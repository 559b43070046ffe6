"""How good a scorecard is, measured on parts of the data that it did and did not see."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from sklearn.metrics import brier_score_loss, roc_auc_score, roc_curve

from jobs.models.feature_bins import Bads, Floats
from jobs.models.scorecard_fit import MIN_BADS, Fit
from jobs.models.stability import stability_of_counts
from jobs.models.training_split import Rows
from schemas.stability_bounds import CHANGED

DIGITS = 6
BAND_POINTS = 20  # as the partner banks receive them
CALIBRATION_GROUPS = 10
MAX_AUC_GAP = 0.03  # between a random split and later dates: more means that time or repeated customers leak
MAX_CALIBRATION_ERROR = 0.01
CALIBRATION_RATIO = (0.95, 1.05)  # expected over observed defaults
PLOT_POINTS = 100
LIFT_AT = (1, 5, 10)  # per cent of the rows, the riskiest
CAPTURE_AT = 4  # per cent: what reviewers can look at by hand
JUDGED_ON = ("out_of_time", "random_split", "training")

Report = dict[str, Any]


def make_report(
    scorecard: Mapping[str, Any], fit: Fit, log_odds: Floats, is_bad: Bads, parts: Mapping[str, Rows]
) -> Report:
    """All figures of the report; a figure that a part is too small for is null.

    log_odds: of every row, corrected by nothing that the row itself taught.
    parts: name -> which rows; see `split` for what the four names mean.
    """
    score = scorecard["scale"]["offset"] + scorecard["scale"]["factor"] * log_odds
    measured = {name: measure(log_odds[which], is_bad[which]) for name, which in parts.items()}
    judged_on = judged_part(is_bad, parts)
    judged = parts[judged_on]
    report: Report = {
        "model_version": scorecard["model_version"],
        "as_of": scorecard["as_of"],
        "predicts": scorecard["predicts"],
        "trained_on": scorecard["trained_on"],
        "scale": scorecard["scale"],
        "population": scorecard["population"],
        "calibration": dict(scorecard["calibration"]),
        "parameters": scorecard["parameters"],
        "libraries": scorecard["libraries"],
        "judged_on": judged_on,
        "parts": measured,
        "stability_index": stability_index(score[parts["training"]], score[judged]),
        "bands": score_bands(score[judged], log_odds[judged], is_bad[judged]),
        "roc": {name: roc_points(log_odds[parts[name]], is_bad[parts[name]]) for name in {"training", judged_on}},
        "separation": separation_points(score[judged], is_bad[judged]),
        "gains": gains_points(log_odds[judged], is_bad[judged]),
        "features": [*scorecard["features"]],
        "left_out": [
            {"name": name, "reason": reason, "information_value": fit.information_values.get(name)}
            for name, reason in fit.left_out.items()
        ],
    }
    return {**report, "warnings": warnings_of(report)}


def judged_part(is_bad: Bads, parts: Mapping[str, Rows]) -> str:
    """The first of JUDGED_ON that holds both outcomes."""
    return next(name for name in JUDGED_ON if 0 < is_bad[parts[name]].sum() < parts[name].sum())


def measure(log_odds: Floats, is_bad: Bads) -> dict[str, Any]:
    """Discrimination and calibration of one part.

    auc: chance that a bad has the higher risk of a random pair, ties count half. gini = 2 auc - 1. ks: greatest
    distance between the cumulated shares of bads and goods. expected_calibration_error: mean distance between
    expected and observed default rate over ten groups of equal size by risk (Naeini et al. 2015). lift_at_5: default
    rate among the riskiest 5 % over that of all. capture_at_4: share of all defaults among the riskiest 4 %.
    """
    found: dict[str, Any] = {"rows": len(is_bad), "bads": int(is_bad.sum())}
    names = ["bad_rate", "expected_bad_rate", "auc", "gini", "ks", "brier", "expected_calibration_error"]
    names += [*(f"lift_at_{share}" for share in LIFT_AT), f"capture_at_{CAPTURE_AT}"]
    if not 0 < found["bads"] < found["rows"]:
        return {**found, **dict.fromkeys(names)}
    probability = probability_of(log_odds)
    auc = float(roc_auc_score(is_bad, probability))
    false_positives, true_positives, _ = roc_curve(is_bad, probability)
    values = (
        is_bad.mean(),
        probability.mean(),
        auc,
        2 * auc - 1,
        np.max(true_positives - false_positives),
        brier_score_loss(is_bad, probability),
        calibration_error(probability, is_bad),
        *(caught(log_odds, is_bad, share / 100) / (share / 100) for share in LIFT_AT),
        caught(log_odds, is_bad, CAPTURE_AT / 100),
    )
    return {**found, **{name: round(float(value), DIGITS) for name, value in zip(names, values, strict=True)}}


def probability_of(log_odds: Floats) -> Floats:
    """Probability of default from ln(odds good:bad)."""
    return np.asarray(1.0 / (1.0 + np.exp(log_odds)))


def caught(log_odds: Floats, is_bad: Bads, share: float) -> float:
    """Share of the bads among the riskiest share of all; of rows with the same score a part counts for all of them."""
    rows, bads = _cumulated(log_odds, is_bad)
    return float(np.interp(share, np.r_[0.0, rows], np.r_[0.0, bads]))


def _cumulated(log_odds: Floats, is_bad: Bads) -> tuple[Floats, Floats]:
    """Shares of all rows and of the bads, from the riskiest on; ties go together."""
    levels, group = np.unique(log_odds, return_inverse=True)
    rows, bads = (np.cumsum(np.bincount(group, weights=w, minlength=len(levels))) for w in (None, is_bad))
    return rows / rows[-1], bads / max(1.0, bads[-1])


def calibration_error(probability: Floats, is_bad: Bads) -> float:
    """Mean over the rows of the distance between expected and observed rate of their group."""
    order = np.argsort(probability, kind="stable")
    groups = [group for group in np.array_split(order, CALIBRATION_GROUPS) if len(group)]
    distances = [len(group) * abs(probability[group].mean() - is_bad[group].mean()) for group in groups]
    return float(sum(distances) / len(is_bad))


def stability_index(before: Floats, after: Floats) -> float | None:
    """Population stability index over the deciles of `before`; null where one side is empty."""
    if not len(before) or not len(after):
        return None
    edges = np.unique(np.quantile(before, np.linspace(0.1, 0.9, 9)))
    counts = (np.bincount(np.digitize(scores, edges), minlength=len(edges) + 1) for scores in (before, after))
    return stability_of_counts(*counts)


def score_bands(score: Floats, log_odds: Floats, is_bad: Bads) -> list[dict[str, Any]]:
    """Rows, defaults, and observed and expected default rate by band of BAND_POINTS rounded points."""
    lowest = (np.floor(score + 0.5) // BAND_POINTS * BAND_POINTS).astype(int)
    probability = probability_of(log_odds)
    return [
        {
            "band": f"{low}-{low + BAND_POINTS - 1}",
            "rows": int(inside.sum()),
            "bads": int(is_bad[inside].sum()),
            "observed": round(float(is_bad[inside].mean()), DIGITS),
            "expected": round(float(probability[inside].mean()), DIGITS),
        }
        for low in np.unique(lowest)
        for inside in [lowest == low]
    ]


def roc_points(log_odds: Floats, is_bad: Bads) -> list[list[float]]:
    """Up to PLOT_POINTS points (share of goods, share of bads) refused together, from the riskiest on."""
    if len(np.unique(is_bad)) < 2:
        return []
    false_positives, true_positives, _ = roc_curve(is_bad, -log_odds)
    return _thinned(np.column_stack([false_positives, true_positives]))


def separation_points(score: Floats, is_bad: Bads) -> list[list[float]]:
    """Up to PLOT_POINTS points (score, share of bads at or below it, share of goods at or below it)."""
    levels = np.unique(score)
    below = [np.searchsorted(np.sort(score[is_bad == kind]), levels, side="right") for kind in (1, 0)]
    totals = [max(1, int((is_bad == kind).sum())) for kind in (1, 0)]
    shares = np.column_stack([levels, below[0] / totals[0], below[1] / totals[1]])
    return _thinned(shares, keep=int(np.argmax(shares[:, 1] - shares[:, 2])))


def gains_points(log_odds: Floats, is_bad: Bads) -> list[list[float]]:
    """Up to PLOT_POINTS points (share of all, share of bads) refused, from the riskiest on; ties go together."""
    return _thinned(np.column_stack(_cumulated(log_odds, is_bad)))


def warnings_of(report: Report) -> list[str]:
    """What a risk officer must look at before signing, in words."""
    judged = report["parts"][report["judged_on"]]
    random_auc = report["parts"]["random_split"]["auc"]
    low, high = CALIBRATION_RATIO
    found = []
    if report["judged_on"] != "out_of_time":
        found.append("nothing out of time to judge by: the figures are those of " + report["judged_on"])
    elif random_auc is not None and random_auc - judged["auc"] > MAX_AUC_GAP:
        found.append(f"AUC falls from {random_auc:.3f} in a random split to {judged['auc']:.3f} on later dates")
    if judged["bads"] < MIN_BADS:
        found.append(f"only {judged['bads']} defaults to judge by")
    if judged["expected_calibration_error"] > MAX_CALIBRATION_ERROR:
        found.append(f"calibration error {judged['expected_calibration_error']:.4f} is above {MAX_CALIBRATION_ERROR}")
    if not low <= judged["expected_bad_rate"] / judged["bad_rate"] <= high:
        found.append(f"expected default rate {judged['expected_bad_rate']:.4f}, observed {judged['bad_rate']:.4f}")
    if report["stability_index"] is not None and report["stability_index"] > CHANGED:
        found.append(f"the population has changed: stability index {report['stability_index']:.2f}")
    return found


def _thinned(points: Floats, *, keep: int = 0) -> list[list[float]]:
    """Up to PLOT_POINTS points evenly apart, and the one at position `keep`, which the reader looks for."""
    evenly = np.linspace(0, len(points) - 1, min(len(points), PLOT_POINTS)).round().astype(int)
    positions = np.unique(np.append(evenly, keep))
    return [[round(float(value), DIGITS) for value in points[position]] for position in positions]
