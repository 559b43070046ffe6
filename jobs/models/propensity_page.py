"""The report of propensities and uplift as one HTML page that needs nothing else, beside that of the credit score."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from html import escape
from typing import Any

from jobs.models.qini import TOP_SHARE
from jobs.models.report_page import CONCENTRATION, MEASURES, STYLE
from jobs.models.report_plots import bars_plot, calibration_plot, gains_plot, qini_plot, roc_plot
from jobs.models.report_tables import figure, plot, section, table

PARTS = {
    "training": "learnt from: earlier dates",
    "random_split": "earlier dates, households never seen",
    "out_of_time": "later dates, households never seen",
    "held_back": "all households never seen",
}
SIGNS = {1: "+", -1: "-", 0: " "}
SCORES = {
    "x_learner": "uplift, X-learner: the one that is stored",
    "t_learner": "uplift, T-learner",
    "response": "probability to respond, by trees that are free",
}


def write_propensity_page(
    title: str, as_of: date, models: Sequence[Mapping[str, Any]], uplift: Mapping[str, Any] | None = None
) -> str:
    """The whole page; equal facts give equal pages.

    models: as `describe_propensity` tells them. uplift: its stored JSON, and `curves` where anything was learnt.
    """
    parts = [f"<h1>{escape(title)}</h1><p>Trained on {as_of}. {_READING}</p>"]
    parts += [section(one["name"].replace("_", " "), _model(one)) for one in models]
    if uplift is not None:
        parts.append(section("uplift: what a message adds", _uplift(uplift)))
    return (
        f'<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"><title>{escape(title)} {as_of}</title>'
        f"<style>{STYLE}</style></head><body>{''.join(parts)}</body></html>\n"
    )


_READING = (
    "Models are learnt on the earlier dates of most households, calibrated on the newest dates of the others, and "
    "judged on households they never saw, as the plots show. Where too little is known, a base rate answers."
)


def _model(told: Mapping[str, Any]) -> str:
    label, learnt = told["predicts"], told["trained_on"]
    days = learnt["observation_dates"]
    span = f" from {days[0]} to {days[-1]}" if days else ""
    text = (
        f"{told['model_version']}. Predicts: {label['bad']}. Asked of {label['population']}. {learnt['rows']:,} rows "
        f"of {learnt['customers']:,} customers with {learnt['events']:,} events{span}. Calibration: "
        f"{told['calibration']}."
    )
    if told["turns_with_time"]:
        text += f" Not read, since they turn round between the halves of time: {', '.join(told['turns_with_time'])}."
    if told["fallback"]:
        why = f"Nothing was learnt: {told['fallback']}. Everybody gets the base rate of {told['base_rate']:.2%}."
        return f'<p>{escape(text)}</p><div class="warnings">{escape(why)}</div>'
    shown = [_measures(told["measured"], measures) for measures in (MEASURES, CONCENTRATION)]
    return f"<p>{escape(text)}</p>{''.join(shown)}{_plots(told)}"


def _measures(measured: Mapping[str, Mapping[str, Any]], measures: Mapping[str, tuple[str, str]]) -> str:
    rows = [
        [escape(words), *(figure(measured[name].get(one), form) for one, (_, form) in measures.items())]
        for name, words in PARTS.items()
    ]
    called = {"defaults": "events", "default rate": "rate of events"}
    titles = ["part", *(called.get(title, title) for title, _ in measures.values())]
    return table(titles, rows, words=1)


def _plots(told: Mapping[str, Any]) -> str:
    most = max((share for _, share, _ in told["strongest"]), default=1.0)
    plots = {
        "Gains: events reached by share of customers": gains_plot(
            {"model": told["gains"]}, kind="events", of="reached"
        ),
        "Calibration by tenth of customers, least likely first": calibration_plot(
            told["groups"], across="tenth", up="rate of events"
        ),
        "ROC": roc_plot({"model": told["roc"]}, of="reached", kinds=("non-events", "events")),
        "Strongest features; + where more of it makes the event likelier, - where less likely": bars_plot(
            [(f"{SIGNS[direction]} {name[:28]}", share) for name, share, direction in told["strongest"]],
            across="share of the gain of all splits",
            top=most,
        ),
    }
    return f'<div class="plots">{"".join(plot(name, svg) for name, svg in plots.items())}</div>'


def _uplift(told: Mapping[str, Any]) -> str:
    """Qini of every score with its interval: whose interval of the difference holds 0 is not known to be worse."""
    if not told["judged"]:
        return (
            f'<div class="warnings">Nothing was learnt: {escape(told["fallback"])}. Nobody is written to for it.</div>'
        )
    judged = told["judged"]
    rows = [
        [escape(words), _with_interval(judged["scores"][name], "qini"), _difference(judged["scores"][name]),
         figure(judged["scores"][name]["effect_in_best_tenth"], "{:+.2%}")]
        for name, words in SCORES.items()
    ]  # fmt: skip
    titles = ["ordered by", "Qini coefficient", "X-learner's gain on it", f"a message adds in the best {TOP_SHARE:.0%}"]
    kept = f"Kept: {told['uplift']['slope']:.2f} of what it says, since households never seen confirm so much."
    if told["fallback"]:
        kept = f"Not used: {told['fallback']}. Everybody gets the mean effect."
    text = (
        f"{told['model_version']}. A message adds {judged['effect_on_all']:+.2%} on average. Intervals hold 95 % of "
        f"{judged['draws']} draws of households; a coefficient whose interval lies above 0 orders people better than "
        f"chance. {kept}"
    )
    shown = plot("Qini: what was gained by share of customers written to, best first", qini_plot(told["curves"]))
    return f'<p>{escape(text)}</p>{table(titles, rows, words=1)}<div class="plots">{shown}</div>'


def _with_interval(one: Mapping[str, Any], name: str) -> str:
    return f"{one[name]:.5f} ({one[f'{name}_low']:.5f} to {one[f'{name}_high']:.5f})"


def _difference(one: Mapping[str, Any]) -> str:
    if "qini_less_than_first_low" not in one:
        return ""
    return f"{one['qini_less_than_first_low']:.5f} to {one['qini_less_than_first_high']:.5f}"
