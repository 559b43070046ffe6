"""Plots of the model report as inline SVG: no script, no font, no picture from elsewhere."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from jobs.models.svg_plots import (
    BLUE,
    DARK,
    GREY,
    NAMES_WIDTH,
    RED,
    ROUND_TOPS,
    WIDTH,
    Points,
    band_axis,
    bar,
    date_axis,
    dot,
    frame,
    level,
    line,
    middles,
    number_axis,
    round_top,
    text_at,
    value_axis,
)
from schemas.stability_bounds import CHANGED, CHANGING


def roc_plot(curves: Mapping[str, Points], *, of: str = "refused", kinds: tuple[str, str] = ("goods", "bads")) -> str:
    """Share of bads against share of goods, with the diagonal of pure chance."""
    return _shares_plot(curves, f"share of {kinds[0]} {of}", f"share of {kinds[1]} {of}")


def gains_plot(curves: Mapping[str, Points], *, kind: str = "bads", of: str = "refused") -> str:
    """Share of the bads by the share of all, most likely first."""
    return _shares_plot(
        {name: [(0.0, 0.0), *points] for name, points in curves.items()}, f"share {of}", f"share of {kind} {of}"
    )


def _shares_plot(curves: Mapping[str, Points], across: str, up: str) -> str:
    colours = dict(zip(curves, (BLUE, RED, DARK), strict=False))
    lines = [line([(0, 0), (1, 1)], (0, 1), (0, 1), GREY, dashed=True)]
    lines += [line(points, (0, 1), (0, 1), colours[name]) for name, points in reversed(list(curves.items())) if points]
    names = {name.replace("_", " "): colour for name, colour in colours.items()}
    return frame(across, up, number_axis((0, 1), "{:.0%}"), value_axis(1.0), lines, {**names, "chance": GREY})


def vintages_plot(vintages: Sequence[Mapping[str, Any]]) -> str:
    """Expected and observed default rate of each observation date."""
    top = round_top(max(max(one["bad_rate"] or 0, one["expected_bad_rate"]) for one in vintages) or ROUND_TOPS[0])
    places = middles(len(vintages))
    expected = [(x, one["expected_bad_rate"]) for x, one in zip(places, vintages, strict=True)]
    observed = [dot(x, one["bad_rate"] or 0, top) for x, one in zip(places, vintages, strict=True)]
    marks = [line(expected, (0, 1), (0, top), BLUE), *observed]
    days = date_axis([one["observation_date"] for one in vintages])
    names = {"expected": BLUE, "observed": RED}
    return frame("observation date", "default rate", days, value_axis(top), marks, names)


def score_plot(dates: Sequence[Mapping[str, Any]]) -> str:
    """The middle of the scores of each observation date, and where a tenth is below and a tenth above."""
    low = min(one["low"] for one in dates) // 20 * 20
    high = -(-(max(one["high"] for one in dates) + 1) // 20) * 20
    places = middles(len(dates))
    lines = [
        line([(x, one[name]) for x, one in zip(places, dates, strict=True)], (0, 1), (low, high), colour)
        for name, colour in (("low", GREY), ("high", GREY), ("median", BLUE))
    ]
    names = {"median": BLUE, "lowest and highest tenth": GREY}
    days = date_axis([one["observation_date"] for one in dates])
    return frame("observation date", "score", days, value_axis(high, low=low, form="{:.0f}"), lines, names)


def index_plot(dates: Sequence[Mapping[str, Any]]) -> str:
    """The stability index of the score of each observation date, with the bounds from which on somebody looks."""
    top = max(0.4, -(-max(one["index"] or 0 for one in dates) // 0.4) * 0.4)
    step = 1 / len(dates)
    bars = [
        bar((place + 0.2) * step, 0.6 * step, min(one["index"] or 0, top), top, _colour_of_index(one["index"] or 0))
        for place, one in enumerate(dates)
    ]
    days = date_axis([one["observation_date"] for one in dates])
    bounds = [level(CHANGING, top), level(CHANGED, top)]
    names = {"stability index": BLUE, f"look from {CHANGING}, act from {CHANGED}": GREY}
    return frame("observation date", "index", days, value_axis(top, form="{:.2f}"), [*bars, *bounds], names)


def _colour_of_index(index: float) -> str:
    return RED if index > CHANGED else BLUE


def bars_plot(
    bars: Sequence[tuple[str, float]], *, across: str, top: float, mark: float | None = None, above: bool = False
) -> str:
    """One horizontal bar for each name; mark: a bound, a dashed line; what is below it, or `above` it, is red.

    A value below 0 has no bar, only its number.
    """
    height = 24 * len(bars) + 60
    rows = []
    for place, (name, value) in enumerate(bars):
        y, end = 24 * place + 12, NAMES_WIDTH + min(max(value / top, 0), 1) * (WIDTH - NAMES_WIDTH - 70)
        rows.append(text_at(NAMES_WIDTH - 6, y + 12, name, anchor="end"))
        is_out = mark is not None and (value > mark if above else value < mark)
        colour = RED if is_out else BLUE
        rows.append(
            f'<rect x="{NAMES_WIDTH}" y="{y}" width="{end - NAMES_WIDTH:.1f}" height="16" fill="{colour}"/>'
            + text_at(end + 6, y + 12, f"{value:.3g}", anchor="start")
        )
    if mark is not None:
        x = NAMES_WIDTH + mark / top * (WIDTH - NAMES_WIDTH - 70)
        rows.append(
            f'<line x1="{x:.1f}" x2="{x:.1f}" y1="4" y2="{height - 44}" stroke="{GREY}" stroke-dasharray="4 4"/>'
        )
    label = escape(across, quote=True)
    title = text_at((NAMES_WIDTH + WIDTH) / 2, height - 14, across)
    return f'<svg viewBox="0 0 {WIDTH} {height}" role="img" aria-label="{label}">{"".join(rows)}{title}</svg>'


def separation_plot(points: Points) -> str:
    """Cumulated shares of bads and goods by score; their greatest distance is KS."""
    across = (points[0][0], points[-1][0]) if points[0][0] < points[-1][0] else (points[0][0] - 1, points[0][0] + 1)
    widest = max(points, key=lambda point: point[1] - point[2])
    lines = [
        line([(p[0], p[1]) for p in points], across, (0, 1), RED),
        line([(p[0], p[2]) for p in points], across, (0, 1), BLUE),
        line([(widest[0], widest[1]), (widest[0], widest[2])], across, (0, 1), GREY, dashed=True),
    ]
    names = {"bads": RED, "goods": BLUE, f"KS {widest[1] - widest[2]:.1%} at {widest[0]:.0f} points": GREY}
    return frame("score", "at or below", number_axis(across, "{:.0f}"), value_axis(1.0), lines, names)


def calibration_plot(
    bands: Sequence[Mapping[str, Any]], *, across: str = "score band", up: str = "default rate"
) -> str:
    """Expected and observed rate by score band."""
    top = round_top(max(max(band["observed"], band["expected"]) for band in bands))
    places = middles(len(bands))
    expected = [(x, band["expected"]) for x, band in zip(places, bands, strict=True)]
    observed = [dot(x, band["observed"], top) for x, band in zip(places, bands, strict=True)]
    marks = [line(expected, (0, 1), (0, top), BLUE), *observed]
    return frame(across, up, band_axis(bands), value_axis(top), marks, {"expected": BLUE, "observed": RED})


def qini_plot(curves: Mapping[str, Points]) -> str:
    """What is gained by share of customers written to, best first; the straight line is writing at random."""
    highest = max(value for points in curves.values() for _, value in points)
    lowest = min(value for points in curves.values() for _, value in points)
    top = round_top(max(highest, ROUND_TOPS[0] / 2))
    low = -round_top(-lowest) if lowest < -top / 100 else 0.0
    colours = dict(zip(curves, (BLUE, RED, DARK), strict=False))
    at_random = [(0.0, 0.0), next(iter(curves.values()))[-1]]
    lines = [line(at_random, (0, 1), (low, top), GREY, dashed=True)]
    lines += [line(points, (0, 1), (low, top), colours[name]) for name, points in reversed(list(curves.items()))]
    names = {name.replace("_", "-"): colour for name, colour in colours.items()}
    beside = value_axis(top, low=low, form="{:.2%}")
    axis = number_axis((0, 1), "{:.0%}")
    return frame("share written to", "applications gained", axis, beside, lines, {**names, "at random": GREY})


def distribution_plot(bands: Sequence[Mapping[str, Any]]) -> str:
    """Share of the goods and of the bads that lies in each score band."""
    bads = sum(band["bads"] for band in bands) or 1
    goods = sum(band["rows"] - band["bads"] for band in bands) or 1
    shares = [((band["rows"] - band["bads"]) / goods, band["bads"] / bads) for band in bands]
    top = round_top(max(max(pair) for pair in shares))
    width = 1 / len(bands)
    bars = [
        bar((position + offset) * width, width * 0.4, share, top, colour)
        for position, pair in enumerate(shares)
        for share, offset, colour in ((pair[0], 0.1, BLUE), (pair[1], 0.5, RED))
    ]
    return frame(
        "score band", "share of its kind", band_axis(bands), value_axis(top), bars, {"goods": BLUE, "bads": RED}
    )
