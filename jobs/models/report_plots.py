"""Plots of the model report as inline SVG: no script, no font, no picture from elsewhere."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

WIDTH, HEIGHT = 520, 320
LEFT, RIGHT, TOP, BOTTOM = 58, 20, 36, 52
BLUE, RED, GREY = "#2864a8", "#c0392b", "#8a8f98"  # told apart by red-green colour-blind readers too
MOST_LABELS = 14
NAMES_WIDTH = 190
LEGEND_STEP = 110
ROUND_TOPS = (0.01, 0.02, 0.04, 0.08, 0.12, 0.2, 0.4, 0.6, 0.8, 1.0)  # quarters of them are round as well

Points = Sequence[Sequence[float]]


def roc_plot(curves: Mapping[str, Points]) -> str:
    """Share of bads against share of goods refused, with the diagonal of pure chance."""
    colours = dict(zip(sorted(curves), (BLUE, GREY), strict=False))
    lines = [_line([(0, 0), (1, 1)], (0, 1), (0, 1), GREY, dashed=True)]
    lines += [_line(points, (0, 1), (0, 1), colours[name]) for name, points in sorted(curves.items()) if points]
    return _frame(
        "share of goods refused",
        "share of bads refused",
        _number_axis((0, 1), "{:.0%}"),
        _value_axis(1.0),
        lines,
        {name.replace("_", " "): colour for name, colour in colours.items()},
    )


def gains_plot(points: Points) -> str:
    """Share of the bads that is refused, by the share of all that is, from the riskiest on."""
    lines = [
        _line([(0, 0), (1, 1)], (0, 1), (0, 1), GREY, dashed=True),
        _line([(0.0, 0.0), *((p[0], p[1]) for p in points)], (0, 1), (0, 1), BLUE),
    ]
    names = {"scorecard": BLUE, "chance": GREY}
    return _frame(
        "share refused", "share of bads refused", _number_axis((0, 1), "{:.0%}"), _value_axis(1.0), lines, names
    )


def vintages_plot(vintages: Sequence[Mapping[str, Any]]) -> str:
    """Expected and observed default rate of each observation date."""
    top = _round_top(max(max(one["bad_rate"] or 0, one["expected_bad_rate"]) for one in vintages) or ROUND_TOPS[0])
    middles = [(position + 0.5) / len(vintages) for position in range(len(vintages))]
    expected = [(x, one["expected_bad_rate"]) for x, one in zip(middles, vintages, strict=True)]
    observed = [_dot(x, one["bad_rate"] or 0, top) for x, one in zip(middles, vintages, strict=True)]
    marks = [_line(expected, (0, 1), (0, top), BLUE), *observed]
    dates = [{"band": one["observation_date"][:7].replace("-", "/") + "-"} for one in vintages]
    return _frame(
        "observation date",
        "default rate",
        _band_axis(dates),
        _value_axis(top),
        marks,
        {"expected": BLUE, "observed": RED},
    )


def bars_plot(bars: Sequence[tuple[str, float]], *, across: str, top: float, mark: float | None = None) -> str:
    """One horizontal bar for each name; mark: a bound, drawn as a line from top to bottom."""
    height = 24 * len(bars) + 60
    rows = []
    for place, (name, value) in enumerate(bars):
        y, end = 24 * place + 12, NAMES_WIDTH + min(value / top, 1) * (WIDTH - NAMES_WIDTH - 70)
        rows.append(_text(NAMES_WIDTH - 6, y + 12, name, anchor="end"))
        colour = RED if mark is not None and value < mark else BLUE
        rows.append(
            f'<rect x="{NAMES_WIDTH}" y="{y}" width="{end - NAMES_WIDTH:.1f}" height="16" fill="{colour}"/>'
            + _text(end + 6, y + 12, f"{value:.3g}", anchor="start")
        )
    if mark is not None:
        x = NAMES_WIDTH + mark / top * (WIDTH - NAMES_WIDTH - 70)
        rows.append(
            f'<line x1="{x:.1f}" x2="{x:.1f}" y1="4" y2="{height - 44}" stroke="{GREY}" stroke-dasharray="4 4"/>'
        )
    label = escape(across, quote=True)
    title = _text((NAMES_WIDTH + WIDTH) / 2, height - 14, across)
    return f'<svg viewBox="0 0 {WIDTH} {height}" role="img" aria-label="{label}">{"".join(rows)}{title}</svg>'


def separation_plot(points: Points) -> str:
    """Cumulated shares of bads and goods by score; their greatest distance is KS."""
    across = (points[0][0], points[-1][0]) if points[0][0] < points[-1][0] else (points[0][0] - 1, points[0][0] + 1)
    widest = max(points, key=lambda point: point[1] - point[2])
    lines = [
        _line([(p[0], p[1]) for p in points], across, (0, 1), RED),
        _line([(p[0], p[2]) for p in points], across, (0, 1), BLUE),
        _line([(widest[0], widest[1]), (widest[0], widest[2])], across, (0, 1), GREY, dashed=True),
    ]
    names = {"bads": RED, "goods": BLUE, f"KS {widest[1] - widest[2]:.1%} at {widest[0]:.0f} points": GREY}
    return _frame("score", "at or below", _number_axis(across, "{:.0f}"), _value_axis(1.0), lines, names)


def calibration_plot(bands: Sequence[Mapping[str, Any]]) -> str:
    """Expected and observed default rate by score band."""
    top = _round_top(max(max(band["observed"], band["expected"]) for band in bands))
    middles = [(position + 0.5) / len(bands) for position in range(len(bands))]
    expected = [(x, band["expected"]) for x, band in zip(middles, bands, strict=True)]
    observed = [_dot(x, band["observed"], top) for x, band in zip(middles, bands, strict=True)]
    marks = [_line(expected, (0, 1), (0, top), BLUE), *observed]
    return _frame(
        "score band", "default rate", _band_axis(bands), _value_axis(top), marks, {"expected": BLUE, "observed": RED}
    )


def distribution_plot(bands: Sequence[Mapping[str, Any]]) -> str:
    """Share of the goods and of the bads that lies in each score band."""
    bads = sum(band["bads"] for band in bands) or 1
    goods = sum(band["rows"] - band["bads"] for band in bands) or 1
    shares = [((band["rows"] - band["bads"]) / goods, band["bads"] / bads) for band in bands]
    top = _round_top(max(max(pair) for pair in shares))
    width = 1 / len(bands)
    bars = [
        _bar((position + offset) * width, width * 0.4, share, top, colour)
        for position, pair in enumerate(shares)
        for share, offset, colour in ((pair[0], 0.1, BLUE), (pair[1], 0.5, RED))
    ]
    return _frame(
        "score band", "share of its kind", _band_axis(bands), _value_axis(top), bars, {"goods": BLUE, "bads": RED}
    )


def _round_top(highest: float) -> float:
    return next(top for top in ROUND_TOPS if top >= min(highest, 1.0))


def _x(share: float) -> float:
    return LEFT + share * (WIDTH - LEFT - RIGHT)


def _y(share: float) -> float:
    return HEIGHT - BOTTOM - share * (HEIGHT - TOP - BOTTOM)


def _line(
    points: Points, across: tuple[float, float], up: tuple[float, float], colour: str, *, dashed: bool = False
) -> str:
    placed = " ".join(
        f"{_x((x - across[0]) / (across[1] - across[0])):.1f},{_y((y - up[0]) / (up[1] - up[0])):.1f}"
        for x, y in points
    )
    dash = ' stroke-dasharray="4 4"' if dashed else ""
    return f'<polyline points="{placed}" fill="none" stroke="{colour}" stroke-width="2"{dash}/>'


def _dot(x: float, value: float, top: float) -> str:
    return f'<circle cx="{_x(x):.1f}" cy="{_y(value / top):.1f}" r="4" fill="{RED}"/>'


def _bar(x: float, width: float, value: float, top: float, colour: str) -> str:
    upper = _y(value / top)
    return (
        f'<rect x="{_x(x):.1f}" y="{upper:.1f}" width="{_x(x + width) - _x(x):.1f}" '
        f'height="{_y(0) - upper:.1f}" fill="{colour}"/>'
    )


def _text(x: float, y: float, text: str, *, anchor: str = "middle", turned: bool = False) -> str:
    turn = f' transform="rotate(-90 {x:.1f} {y:.1f})"' if turned else ""
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}"{turn}>{escape(text)}</text>'


def _number_axis(across: tuple[float, float], form: str) -> list[str]:
    low, high = across
    return [_text(_x(i / 4), HEIGHT - BOTTOM + 16, form.format(low + (high - low) * i / 4)) for i in range(5)]


def _band_axis(bands: Sequence[Mapping[str, Any]]) -> list[str]:
    step = -(-len(bands) // MOST_LABELS)
    return [
        _text(_x((position + 0.5) / len(bands)), HEIGHT - BOTTOM + 16, str(band["band"]).rsplit("-", 1)[0])
        for position, band in enumerate(bands)
        if position % step == 0
    ]


def _value_axis(top: float) -> list[str]:
    digits = 0 if top >= 0.04 else 1
    marks = []
    for i in range(5):
        y = _y(i / 4)
        marks.append(f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}" stroke="#e3e5e8"/>')
        marks.append(_text(LEFT - 6, y + 4, f"{top * i / 4:.{digits}%}", anchor="end"))
    return marks


def _frame(
    across: str, up: str, below: list[str], beside: list[str], marks: list[str], legend: Mapping[str, str]
) -> str:
    names = "".join(
        f'<rect x="{LEFT + LEGEND_STEP * place}" y="14" width="14" height="4" fill="{colour}"/>'
        + _text(LEFT + LEGEND_STEP * place + 20, 20, name, anchor="start")
        for place, (name, colour) in enumerate(legend.items())
    )
    titles = _text(_x(0.5), HEIGHT - 12, across) + _text(14, _y(0.5), up, turned=True)
    label = escape(f"{up} by {across}", quote=True)
    return (
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{label}">'
        + "".join([*beside, *below, *marks, titles, names])
        + "</svg>"
    )
