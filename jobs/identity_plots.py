"""Plots of the identity report as inline SVG: no script, no font, no picture from elsewhere."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape

WIDTH, HEIGHT = 520, 260
LEFT, RIGHT, TOP, BOTTOM = 62, 16, 34, 46
COLOURS = ("#2864a8", "#c0392b", "#8a8f98", "#c7820f", "#3b9c4f")
MOST_LABELS = 14
QUARTERS = 4
LOWEST_SHARES = (0.0, 0.5, 0.8, 0.9, 0.96, 0.98, 0.99, 0.996, 0.998, 0.999)
"""Where the axis of shares may begin; what is nearly 1 every night would else look like 1."""


def bar_plot(across: str, up: str, bars: Sequence[tuple[str, int]]) -> str:
    """One bar for each part, labelled with its count."""
    top = _round_top(max((count for _, count in bars), default=0))
    step = (WIDTH - LEFT - RIGHT) / max(1, len(bars))
    every = -(-len(bars) // MOST_LABELS)
    marks = []
    for place, (name, count) in enumerate(bars):
        x, y = LEFT + step * (place + 0.1), _y(count / top)
        marks.append(
            f'<rect x="{x:.1f}" y="{y:.1f}" width="{step * 0.8:.1f}" height="{_y(0) - y:.1f}" fill="{COLOURS[0]}"/>'
        )
        marks.append(_text(x + step * 0.4, y - 4, f"{count:,}"))
        if place % every == 0:
            marks.append(_text(x + step * 0.4, HEIGHT - BOTTOM + 16, name))
    return _frame(across, up, _counts_up_to(top), marks, {})


def line_plot(across: str, up: str, nights: Sequence[str], lines: Mapping[str, Sequence[int]]) -> str:
    """One line for each name, one point for each night."""
    top = _round_top(max((count for counts in lines.values() for count in counts), default=0))
    heights = {name: [count / top for count in counts] for name, counts in lines.items()}
    return _frame(across, up, _counts_up_to(top), *_lines(nights, heights))


def share_plot(across: str, up: str, nights: Sequence[str], lines: Mapping[str, Sequence[float | None]]) -> str:
    """One line for each name, from a bound below its lowest share up to 1; a night without one has no point."""
    lowest = min((share for shares in lines.values() for share in shares if share is not None), default=0.0)
    bottom = max(bound for bound in LOWEST_SHARES if bound <= lowest)
    heights = {
        name: [None if share is None else (share - bottom) / (1 - bottom) for share in shares]
        for name, shares in lines.items()
    }
    labels = [f"{bottom + (1 - bottom) * quarter / QUARTERS:.6g}" for quarter in range(QUARTERS + 1)]
    return _frame(across, up, labels, *_lines(nights, heights))


def _lines(nights: Sequence[str], heights: Mapping[str, Sequence[float | None]]) -> tuple[list[str], Mapping[str, str]]:
    """The marks of the lines, heights being shares of the plot's own, and the colour of each."""
    step = (WIDTH - LEFT - RIGHT) / max(1, len(nights))
    places = [LEFT + step * (place + 0.5) for place in range(len(nights))]
    every = -(-len(nights) // 5)
    marks = [
        _text(x, HEIGHT - BOTTOM + 16, night)
        for place, (x, night) in enumerate(zip(places, nights, strict=True))
        if place % every == 0
    ]
    colours = dict(zip(heights, COLOURS, strict=False))
    for name, of_nights in heights.items():
        points = [(x, _y(height)) for x, height in zip(places, of_nights, strict=True) if height is not None]
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
        marks.append(f'<polyline points="{path}" fill="none" stroke="{colours[name]}" stroke-width="2"/>')
        marks += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{colours[name]}"/>' for x, y in points]
    return marks, colours


def _counts_up_to(top: int) -> list[str]:
    return [f"{top * quarter // QUARTERS:,}" for quarter in range(QUARTERS + 1)]


def _round_top(highest: int) -> int:
    """The next of 4, 8, 20, 40, 80, 200, ...: quarters of them are whole."""
    top = QUARTERS
    for factor in (2, 2.5, 2) * 20:
        if top >= highest:
            break
        top = int(top * factor)
    return top


def _y(share: float) -> float:
    return HEIGHT - BOTTOM - share * (HEIGHT - TOP - BOTTOM)


def _text(x: float, y: float, text: str, *, anchor: str = "middle", turned: bool = False) -> str:
    turn = f' transform="rotate(-90 {x:.1f} {y:.1f})"' if turned else ""
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}"{turn}>{escape(text)}</text>'


def _frame(across: str, up: str, labels: Sequence[str], marks: Sequence[str], legend: Mapping[str, str]) -> str:
    grid = []
    for quarter, label in enumerate(labels):
        y = _y(quarter / QUARTERS)
        grid.append(f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}" stroke="#e3e5e8"/>')
        grid.append(_text(LEFT - 6, y + 4, label, anchor="end"))
    names = [
        f'<rect x="{LEFT + 90 * place}" y="14" width="14" height="4" fill="{colour}"/>'
        + _text(LEFT + 90 * place + 20, 20, name, anchor="start")
        for place, (name, colour) in enumerate(legend.items())
    ]
    titles = [_text((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 10, across), _text(14, _y(0.5), up, turned=True)]
    title = escape(f"{up} by {across}", quote=True)
    return (
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{title}">'
        + "".join([*grid, *marks, *titles, *names])
        + "</svg>"
    )
