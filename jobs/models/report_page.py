"""The model report as one HTML page that needs nothing else: for reading, printing and filing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import Any

from jobs.models.report_leaks import leaks_section
from jobs.models.report_models import challenger_section, network_section
from jobs.models.report_plots import (
    calibration_plot,
    distribution_plot,
    gains_plot,
    roc_plot,
    separation_plot,
    vintages_plot,
)
from jobs.models.report_sections import fairness_section, people_section, reasons_section, stability_section
from jobs.models.report_tables import figure, plot, section, table
from jobs.models.scorecard_report import CAPTURE_AT, LIFT_AT

STYLE = """
body{font:15px/1.45 system-ui,sans-serif;color:#1c2733;max-width:1120px;margin:2em auto;padding:0 1em}
h1{margin-bottom:.1em}h2{margin-top:1.6em;border-bottom:1px solid #d5d9de;padding-bottom:.2em}
table{border-collapse:collapse;width:100%;font-size:14px}table+table{margin-top:1em}
th,td{text-align:left;padding:.25em .6em;border-bottom:1px solid #e8eaed;vertical-align:top}
td.n,th.n{text-align:right;font-variant-numeric:tabular-nums}td.n{white-space:nowrap}
.plots{display:grid;grid-template-columns:1fr 1fr;gap:1em;margin-top:1em}figure{margin:0}figcaption{font-weight:600}
svg{width:100%;height:auto}svg text{font:11px system-ui,sans-serif;fill:#3d4752}
.warnings{background:#fff4e5;border-left:4px solid #d9822b;padding:.6em 1em}
.good{background:#eaf6ec;border-left:4px solid #3b9c4f;padding:.6em 1em}
@page{size:A4;margin:14mm}
@media print{body{font-size:10.5px;max-width:none;margin:0;padding:0}table{font-size:9.5px}
thead{display:table-header-group}figure,tr{break-inside:avoid}h2{break-after:avoid}*{print-color-adjust:exact;-webkit-print-color-adjust:exact}}
"""
PARTS = {
    "training": "learnt from: earlier dates",
    "random_split": "random split: earlier dates, customers never seen",
    "later": "later dates, customers learnt from",
    "out_of_time": "out of time: later dates, customers never seen",
}
MEASURES = {
    "rows": ("rows", "{:,}"),
    "bads": ("defaults", "{:,}"),
    "bad_rate": ("observed rate", "{:.2%}"),
    "expected_bad_rate": ("expected rate", "{:.2%}"),
    "auc": ("AUC", "{:.3f}"),
    "gini": ("Gini", "{:.3f}"),
    "ks": ("KS", "{:.3f}"),
    "brier": ("Brier", "{:.4f}"),
    "expected_calibration_error": ("calibration error", "{:.4f}"),
}
CONCENTRATION = {
    "bad_rate": ("default rate", "{:.2%}"),
    **{f"lift_at_{share}": (f"lift at {share} %", "{:.2f}") for share in LIFT_AT},
    f"capture_at_{CAPTURE_AT}": (f"capture at {CAPTURE_AT} %", "{:.1%}"),
}


def write_page(report: Mapping[str, Any]) -> str:
    """The whole page; equal reports give equal pages."""
    body = "".join(
        [
            _head(report),
            section("How well it tells good from bad", _measures(report["parts"], MEASURES)),
            section("Defaults among the riskiest", _concentration(report["parts"])),
            section("People behind the rows", people_section(report["people"], PARTS)),
            section("Calibration", _calibration(report)),
            section("Champion and challenger", challenger_section(report["challenger"])),
            section("With and without the network", network_section(report["without_network"])),
            section("Leak audit", leaks_section(report["leak_audit"])),
            section("Plots", _plots(report)),
            section("Stability", stability_section(report)),
            section("Fairness", fairness_section(report["fairness"])),
            section("Reasons", reasons_section(report["reasons"])),
            section("Vintages", _vintages(report["vintages"])),
            section("Features, strongest first", _features(report)),
            *(section(f"Points: {one['name']}", _bins(one)) for one in report["features"]),
            section("Left out", _left_out(report["left_out"])),
            section("How it was made", _origin(report)),
        ]
    )
    title = escape(f"Credit score {report['model_version']}")
    return (
        f'<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"><title>{title}</title>'
        f"<style>{STYLE}</style></head><body>{body}</body></html>\n"
    )


def _head(report: Mapping[str, Any]) -> str:
    scale, span = report["scale"], report["trained_on"]
    if report["warnings"]:
        verdict = '<div class="warnings"><b>To look at before signing</b><ul>'
        verdict += "".join(f"<li>{escape(warning)}</li>" for warning in report["warnings"]) + "</ul></div>"
    else:
        verdict = '<div class="good">No warning.</div>'
    return (
        f"<h1>Credit score {escape(report['model_version'])}</h1>"
        f"<p>Predicts {escape(report['predicts'])}. {span['rows']:,} rows with {span['bads']:,} defaults, "
        f"{_observed(span['observation_dates'])}. {scale['score_at_odds']} points are {scale['odds']} "
        f"good to 1 bad; {scale['points_to_double_odds']} points more double the odds. "
        f"{_population(report)}</p>{verdict}"
    )


def _observed(days: Sequence[str]) -> str:
    return f"observed from {escape(days[0])} to {escape(days[-1])}" if days else "without a time"


def _population(report: Mapping[str, Any]) -> str:
    if report["population"] is None:
        return ""
    others = report["trained_on"].get("rows_outside_population", 0)
    return (
        f"Learnt on {escape(report['population']['meaning'])}. Outside this population ({others:,} labelled rows were "
        "left aside) what only history can tell counts neither way, and the score is flagged as that of a thin file."
    )


def _measures(parts: Mapping[str, Mapping[str, Any]], measures: Mapping[str, tuple[str, str]]) -> str:
    rows = [
        [escape(words), *(figure(parts[name][measure], form) for measure, (_, form) in measures.items())]
        for name, words in PARTS.items()
    ]
    return table(["part", *(title for title, _ in measures.values())], rows, words=1)


def _concentration(parts: Mapping[str, Mapping[str, Any]]) -> str:
    text = (
        "Lift at 5 %: the default rate of the riskiest 5 % over that of all. Capture at 4 %: the share of all defaults "
        "that is among the riskiest 4 %, about as many as can be looked at by hand."
    )
    return f"<p>{text}</p>{_measures(parts, CONCENTRATION)}"


def _calibration(report: Mapping[str, Any]) -> str:
    """Expected against observed before and after the correction, both on customers and dates never learnt from."""
    made, after = report["calibration"], report["parts"]["out_of_time"]
    if made["method"] == "none":
        method = f"The log-odds stay as they were learnt: {made['reason']} ({made['rows']:,} rows out of time)."
    else:
        method = (
            f"Platt: {made['intercept']:+.3f} {made['slope']:+.3f} * log-odds, learnt from {made['rows']:,} rows "
            f"out of time with {made['defaults']:,} defaults. Each half of them is judged by the other half's."
        )
    rows = []
    for name, part in (("as learnt", made["before"]), ("as stored", after)):
        expected, observed = part["expected_bad_rate"], part["bad_rate"]
        ratio = None if not observed else expected / observed
        rows.append(
            [
                name,
                figure(expected, "{:.2%}"),
                figure(observed, "{:.2%}"),
                figure(ratio, "{:.3f}"),
                figure(part["expected_calibration_error"], "{:.4f}"),
            ]
        )
    titles = ["out of time", "expected rate", "observed rate", "expected over observed", "calibration error"]
    return f"<p>{escape(method)}</p>{table(titles, rows, words=1)}"


def _plots(report: Mapping[str, Any]) -> str:
    part = report["judged_on"].replace("_", " ")
    plots = {
        "ROC": roc_plot(dict(sorted(report["roc"].items()))),
        f"Gains: bads caught by share refused, {part}": gains_plot({"scorecard": report["gains"]}),
        f"KS: cumulated shares by score, {part}": separation_plot(report["separation"]),
        f"Calibration by score band, {part}": calibration_plot(report["bands"]),
        f"Goods and bads by score band, {part}": distribution_plot(report["bands"]),
    }
    if report["vintages"]:
        plots["Expected and observed by observation date"] = vintages_plot(report["vintages"])
    return f'<div class="plots">{"".join(plot(name, svg) for name, svg in plots.items())}</div>'


def _vintages(vintages: Sequence[Mapping[str, Any]]) -> str:
    if not vintages:
        return "<p>The rows have no time.</p>"
    rows = [
        [
            one["observation_date"],
            f"{one['rows']:,}",
            f"{one['bads']:,}",
            figure(one["bad_rate"], "{:.2%}"),
            figure(one["expected_bad_rate"], "{:.2%}"),
        ]
        for one in vintages
    ]
    return table(["observation date", "rows", "defaults", "default rate", "expected rate"], rows, words=1)


def _features(report: Mapping[str, Any]) -> str:
    """How far the newest dates have moved between the bins (Siddiqi: above 0.25 look closely), and how often chosen."""
    moved = {one["feature"]: one["index"] for one in report["stability"]}
    shares = report["chosen_shares"]
    rows = [
        [
            escape(one["name"]),
            escape(one["meaning"]),
            f"{one['information_value']:.3f}",
            f"{one['weight']:.3f}",
            f"{_range_of_points(one):.0f}",
            figure(moved[one["name"]], "{:.3f}"),
            figure(shares.get(one["name"]), "{:.0%}"),
        ]
        for one in report["features"]
    ]
    titles = ["feature", "meaning", "information value", "weight", "points between worst and best", "stability index"]
    titles.append("chosen by half of the people")
    return table(titles, rows, words=2)


def _range_of_points(feature: Mapping[str, Any]) -> float:
    points = [one["points"] for one in feature["bins"]]
    return float(max(points) - min(points))


def _bins(feature: Mapping[str, Any]) -> str:
    named = [(limits_in_words(one), one) for one in feature["bins"]]
    other = feature["unseen_category"] if feature["type"] == "string" else feature["special"]
    named += [("any other" if feature["type"] == "string" else "special", other), ("missing", feature["missing"])]
    rows = [
        [
            escape(name),
            f"{one['rows']:,}",
            f"{one['bads']:,}",
            f"{one['bads'] / one['rows']:.2%}" if one["rows"] else "",
            f"{one['weight_of_evidence']:+.3f}",
            f"{one['points']:+.1f}",
        ]
        for name, one in named
    ]
    return table(["values", "rows", "defaults", "default rate", "weight of evidence", "points"], rows, words=1)


def limits_in_words(one: Mapping[str, Any]) -> str:
    """The values of a bin, for people."""
    if "categories" in one:
        return ", ".join(one["categories"])
    low, high = one["at_least"], one["below"]
    if low is None:
        return "every value" if high is None else f"below {high:,.10g}"
    return f"{low:,.10g} and above" if high is None else f"{low:,.10g} to below {high:,.10g}"


def _left_out(features: Iterable[Mapping[str, Any]]) -> str:
    rows = [
        [escape(one["name"]), escape(one["reason"]), figure(one["information_value"], "{:.4f}")] for one in features
    ]
    return table(["feature", "why", "information value"], rows, words=2)


def _origin(report: Mapping[str, Any]) -> str:
    learnt = report["trained_on"]["learnt_from"]
    facts = {
        "observation dates": ", ".join(report["trained_on"]["observation_dates"]),
        "learnt from": f"{learnt['rows']:,} rows of {learnt['customers']:,} customers, {learnt['bads']:,} defaults, "
        f"{_observed(learnt['observation_dates'])}",
        "population stability index, training against the part judged on": figure(report["stability_index"], "{:.3f}"),
        **{name.replace("_", " "): str(value) for name, value in report["parameters"].items()},
        **{name: str(value) for name, value in report["libraries"].items()},
    }
    return table(["what", "value"], [[escape(name), escape(value)] for name, value in facts.items()], words=2)
