"""The parts of the model report that are about people: fairness, reasons, and whether they are still the same."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from jobs.models.fairness import LEAST_IMPACT_RATIO, TELLING_AUC
from jobs.models.report_plots import bars_plot, index_plot, score_plot
from jobs.models.report_tables import figure, plot, table
from schemas.stability_bounds import CHANGED, CHANGING

RATES = {
    "approved_share": "approved",
    "refused_share_of_good": "good, and refused",
    "approved_share_of_bad": "bad, and approved",
    "expected_bad_rate": "expected rate",
    "bad_rate": "observed rate",
}


def fairness_section(found: Mapping[str, Any] | None) -> str:
    """How groups of people fare whom the score cannot see, and whether its features give them away."""
    if found is None:
        return "<p>Not looked at: nothing was said of who the people are.</p>"
    text = (
        f"Judged on {found['judged_on']}; approved means grade A to {found['approved_up_to']}. No model reads these "
        f"attributes. An approval ratio below {LEAST_IMPACT_RATIO} of the most approved group needs a reason or a cure."
    )
    parts = [f"<p>{escape(text)}</p>"]
    for one in found["attributes"]:
        rows = [
            [
                escape(group["group"]),
                f"{group['rows']:,}",
                f"{group['bads']:,}",
                figure(group["approval_ratio"], "{:.2f}") if group["group"] != "not known" else "",
                *(figure(group[name], "{:.1%}") for name in RATES),
            ]
            for group in one["groups"]
        ]
        titles = [one["attribute"].replace("_", " "), "rows", "defaults", "approval ratio", *RATES.values()]
        parts.append(table(titles, rows, words=1))
    return "".join([*parts, f'<div class="plots">{_ratios(found)}{_proxies(found)}</div>'])


def _ratios(found: Mapping[str, Any]) -> str:
    bars = [
        (group["group"] if one["attribute"] != "age_band" else f"age {group['group']}", group["approval_ratio"])
        for one in found["attributes"]
        for group in one["groups"]
        if group["approval_ratio"] is not None
    ]
    return plot(
        "Approval ratio", bars_plot(bars, across="of the most approved group", top=1.0, mark=LEAST_IMPACT_RATIO)
    )


def _proxies(found: Mapping[str, Any]) -> str:
    bars = [
        (one["group"] if one["attribute"] != "age_band" else f"age {one['group']}", one["auc"])
        for one in found["proxies"]
        if one["auc"] is not None
    ]
    title = f"Proxy scan: AUC of telling a group by the features (0.5 is blind, {TELLING_AUC} a stand-in)"
    return plot(title, bars_plot(bars, across="AUC", top=1.0))


def reasons_section(reasons: Sequence[Mapping[str, Any]]) -> str:
    """What costs people most, on average and most often."""
    most = sorted(reasons, key=lambda one: (-one["first_for_share"], one["feature"]))
    rows = [[escape(one["feature"]), f"{one['mean_points_lost']:.1f}", f"{one['first_for_share']:.1%}"] for one in most]
    bars = [(one["feature"][:30], one["mean_points_lost"]) for one in most]
    top = max((value for _, value in bars), default=1.0) or 1.0
    drawn = plot("Points lost on average", bars_plot(bars, across="points", top=top)) if bars else ""
    titles = ["feature", "points lost on average", "first reason of"]
    return f'<div class="plots"><div>{table(titles, rows, words=1)}</div>{drawn}</div>'


def people_section(people: Mapping[str, Mapping[str, int]], parts: Mapping[str, str]) -> str:
    """Customers behind the rows: one long delay is many rows and one person."""
    rows = [
        [escape(words), f"{people[name]['customers']:,}", f"{people[name]['defaulted']:,}"]
        for name, words in parts.items()
    ]
    return table(["part", "customers", "customers who default"], rows, words=1)


def stability_section(report: Mapping[str, Any]) -> str:
    """Whether the newest people are still those the scorecard was learnt from: by score over time, and by feature."""
    moved = sorted(report["stability"], key=lambda one: (-(one["index"] or 0), one["feature"]))
    bars = [(one["feature"][:30], one["index"] or 0.0) for one in moved]
    top = max(0.4, *(value for _, value in bars))
    text = (
        f"Groups are frozen: the deciles of the rows learnt from, and the bins that are scored. Below {CHANGING} "
        f"nothing has changed, above {CHANGED} the people are others."
    )
    over_time = {
        "Stability index of the score, rows learnt from against each date": index_plot,
        "Score by observation date": score_plot,
    }
    plots = {
        **{name: draw(report["drift"]) for name, draw in over_time.items() if report["drift"]},
        "Stability index of each feature, newest dates against the earlier": bars_plot(
            bars, across="stability index", top=top, mark=CHANGED, above=True
        ),
    }
    return f'<p>{text}</p><div class="plots">{"".join(plot(name, svg) for name, svg in plots.items())}</div>'
