"""The pieces that every plot of a report is made of: inline SVG without script, font or picture from elsewhere."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

WIDTH, HEIGHT = 520, 320
LEFT, RIGHT, TOP, BOTTOM = 58, 20, 36, 52
BLUE, RED, GREY, DARK = "#2864a8", "#c0392b", "#8a8f98", "#1c2733"  # told apart by red-green colour-blind readers too
MOST_LABELS = 14
NAMES_WIDTH = 190
LEGEND_STEP = 110
ROUND_TOPS = (0.01, 0.02, 0.04, 0.08, 0.12, 0.2, 0.4, 0.6, 0.8, 1.0)  # quarters of them are round as well

Points = Sequence[Sequence[float]]


def round_top(highest: float) -> float:
    """The smallest round number that the highest value fits below."""
    return next(top for top in ROUND_TOPS if top >= min(highest, 1.0))


def x_of(share: float) -> float:
    """Where a share of the width lies."""
    return LEFT + share * (WIDTH - LEFT - RIGHT)


def y_of(share: float) -> float:
    """Where a share of the height lies."""
    return HEIGHT - BOTTOM - share * (HEIGHT - TOP - BOTTOM)


def line(
    points: Points, across: tuple[float, float], up: tuple[float, float], colour: str, *, dashed: bool = False
) -> str:
    """A line through the points, placed within both ranges."""
    placed = " ".join(
        f"{x_of((x - across[0]) / (across[1] - across[0])):.1f},{y_of((y - up[0]) / (up[1] - up[0])):.1f}"
        for x, y in points
    )
    dash = ' stroke-dasharray="4 4"' if dashed else ""
    return f'<polyline points="{placed}" fill="none" stroke="{colour}" stroke-width="2"{dash}/>'


def dot(x: float, value: float, top: float) -> str:
    """A dot at a share of the width."""
    return f'<circle cx="{x_of(x):.1f}" cy="{y_of(value / top):.1f}" r="4" fill="{RED}"/>'


def bar(x: float, width: float, value: float, top: float, colour: str) -> str:
    """An upright bar from 0."""
    upper = y_of(value / top)
    return (
        f'<rect x="{x_of(x):.1f}" y="{upper:.1f}" width="{x_of(x + width) - x_of(x):.1f}" '
        f'height="{y_of(0) - upper:.1f}" fill="{colour}"/>'
    )


def text_at(x: float, y: float, text: str, *, anchor: str = "middle", turned: bool = False) -> str:
    """A word of the plot."""
    turn = f' transform="rotate(-90 {x:.1f} {y:.1f})"' if turned else ""
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}"{turn}>{escape(text)}</text>'


def number_axis(across: tuple[float, float], form: str) -> list[str]:
    """Five numbers below the plot."""
    low, high = across
    return [text_at(x_of(i / 4), HEIGHT - BOTTOM + 16, form.format(low + (high - low) * i / 4)) for i in range(5)]


def band_axis(bands: Sequence[Mapping[str, Any]]) -> list[str]:
    """The lowest points of each band, as many as fit."""
    step = -(-len(bands) // MOST_LABELS)
    return [
        text_at(x_of((position + 0.5) / len(bands)), HEIGHT - BOTTOM + 16, str(band["band"]).rsplit("-", 1)[0])
        for position, band in enumerate(bands)
        if position % step == 0
    ]


def value_axis(top: float, *, low: float = 0.0, form: str = "") -> list[str]:
    """Five values beside the plot, with a faint line each; shares where no form is given."""
    form = form or ("{:.0%}" if top >= 0.04 else "{:.1%}")
    marks = []
    for i in range(5):
        y = y_of(i / 4)
        marks.append(f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}" stroke="#e3e5e8"/>')
        marks.append(text_at(LEFT - 6, y + 4, form.format(low + (top - low) * i / 4), anchor="end"))
    return marks


def date_axis(days: Sequence[str]) -> list[str]:
    """The month of each date, as many as fit."""
    return band_axis([{"band": f"{day[:7].replace('-', '/')}-"} for day in days])


def middles(count: int) -> list[float]:
    """The middle of each of so many steps across the plot."""
    return [(position + 0.5) / count for position in range(count)]


def level(value: float, top: float, *, low: float = 0.0) -> str:
    """A dashed line from side to side: a bound, or nothing gained."""
    return line([(0, value), (1, value)], (0, 1), (low, top), GREY, dashed=True)


def frame(
    across: str, up: str, below: list[str], beside: list[str], marks: list[str], legend: Mapping[str, str]
) -> str:
    """The plot with its titles and legend."""
    names = "".join(
        f'<rect x="{LEFT + LEGEND_STEP * place}" y="14" width="14" height="4" fill="{colour}"/>'
        + text_at(LEFT + LEGEND_STEP * place + 20, 20, name, anchor="start")
        for place, (name, colour) in enumerate(legend.items())
    )
    titles = text_at(x_of(0.5), HEIGHT - 12, across) + text_at(14, y_of(0.5), up, turned=True)
    label = escape(f"{up} by {across}", quote=True)
    return (
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{label}">'
        + "".join([*beside, *below, *marks, titles, names])
        + "</svg>"
    )
