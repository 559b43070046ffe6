"""The parts of the model report that set two models side by side: challenger, and the score without the network."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import Any

from jobs.models.report_plots import gains_plot, roc_plot
from jobs.models.report_tables import figure, plot, table


def challenger_section(challenger: Mapping[str, Any]) -> str:
    """Both models on the same rows, with intervals of Gini and of what the challenger gains."""
    rows = [
        [
            escape(name),
            f"{one['rows']:,}",
            f"{one['bads']:,}",
            _with_interval(one, "gini"),
            _with_interval(one, "gini_gain"),
            figure(one["ks"], "{:.3f}"),
            figure(one["expected_calibration_error"], "{:.4f}"),
            figure(one["expected_bad_rate"], "{:.2%}"),
            figure(one["bad_rate"], "{:.2%}"),
        ]
        for name, one in challenger["models"].items()
    ]
    made = challenger["calibration"]
    text = (
        f"The challenger {challenger['model_version']} is {challenger['trees']} trees (LightGBM) that keep to the "
        f"directions of the scorecard's bins; calibration: {made['method']}. Judged on "
        f"{challenger['judged_on'].replace('_', ' ')}; intervals hold 95 % of {challenger['draws']} draws of customers."
    )
    titles = ["model", "rows", "defaults", "Gini", "gain in Gini", "KS", "calibration error", "expected", "observed"]
    return f"<p>{escape(text)}</p>{table(titles, rows, words=1)}{_side_by_side(challenger['curves'])}"


def network_section(comparison: Mapping[str, Any] | None) -> str:
    """What the score would be worth if it might not look at whom somebody knows."""
    if comparison is None:
        return "<p>The scorecard uses no feature of the network.</p>"
    used = ", ".join(map(escape, comparison["used"]))
    if comparison["models"] is None:
        return f"<p>Without {used} nothing predicts.</p>"
    rows = [
        [name, _with_interval(one, "gini"), _with_interval(one, "gini_gain"), figure(one["ks"], "{:.3f}")]
        for name, one in comparison["models"].items()
    ]
    shown = table(["network", "Gini", "gain in Gini", "KS"], rows, words=1)
    return f"<p>The scorecard uses {used}.</p>{shown}{_side_by_side(comparison['curves'])}"


def _side_by_side(curves: Mapping[str, Mapping[str, Any]]) -> str:
    """The curves of two models on the same rows: far apart is worth a discussion, one upon the other is not."""
    plots = plot("ROC", roc_plot(curves["roc"])) + plot("Gains: bads caught by share", gains_plot(curves["gains"]))
    return f'<div class="plots">{plots}</div>'


def _with_interval(measures: Mapping[str, Any], name: str) -> str:
    if measures.get(name) is None:
        return ""
    low, high = measures[f"{name}_low"], measures[f"{name}_high"]
    interval = "" if low is None else f" ({low:.3f} to {high:.3f})"
    return f"{measures[name]:.3f}{interval}"
