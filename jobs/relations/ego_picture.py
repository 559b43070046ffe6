"""The people around one customer as a picture that needs nothing else: who, tied how, and whose default is known.

The customer stands in the middle, direct neighbours on a ring around, their neighbours on a second one, each near the
neighbour it hangs on. The same edges give the same bytes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from math import cos, hypot, pi, sin
from typing import Final

import pyarrow as pa

MOST_PEOPLE: Final = 80  # more cannot be read
WIDTH: Final = 1000
RADII: Final = (0, 200, 400)
COLOURS: Final = {"transfer": "#2f6db5", "phone": "#3b9c4f", "address": "#8a5fb0", "device": "#c7820f"}
OTHER_COLOUR: Final = "#6b7785"
KNOWN_DEFAULT: Final = "#c8372d"
PERSON: Final = "#dfe6ee"
STYLE: Final = (
    "text{font:12px system-ui,sans-serif;fill:#1c2733}.title{font-size:20px;font-weight:600}"
    ".halo{paint-order:stroke;stroke:#fff;stroke-width:3px}"
)


class NoTieError(ValueError):
    """The customer has no tie in the edge table, so there is nothing to show."""

    exit_code = 2  # the same night has no other ties: trying again does not help


@dataclass(frozen=True)
class Ego:
    """The part of a graph around one customer.

    rings: the customer, the neighbours, their neighbours. ties: both ends, smaller id first, with the kinds between
    them. left_out: people within two ties for whom there was no room.
    """

    rings: tuple[tuple[str, ...], ...]
    ties: Mapping[tuple[str, str], tuple[str, ...]]
    left_out: int

    @property
    def people(self) -> tuple[str, ...]:
        """Everyone shown, nearest first."""
        return tuple(name for ring in self.rings for name in ring)


def ego_of(edges: pa.Table, customer: str, *, known_bad: Iterable[str] = (), most: int = MOST_PEOPLE) -> Ego:
    """Everyone within two ties; where there are more than `most`, known defaulters and the best tied come first.

    edges: source_id, target_id, kind. NoTieError when the customer is at no end of an edge.
    """
    kinds = _kinds_of_pairs(edges)
    neighbours: dict[str, set[str]] = {}
    for one, other in kinds:
        neighbours.setdefault(one, set()).add(other)
        neighbours.setdefault(other, set()).add(one)
    if customer not in neighbours:
        raise NoTieError("this customer has no tie on that day: look for the id in features/default_influence")
    bad = set(known_bad)

    def most_telling_first(names: Iterable[str]) -> list[str]:
        return sorted(names, key=lambda name: (name not in bad, -len(neighbours[name]), name))

    first = most_telling_first(neighbours[customer])[: most - 1]
    around = set().union(*(neighbours[name] for name in first)) - {customer, *first}
    second = most_telling_first(around)[: max(0, most - 1 - len(first))]
    shown = {customer, *first, *second}
    everyone = len(around | neighbours[customer]) + 1
    ties = {pair: found for pair, found in sorted(kinds.items()) if shown.issuperset(pair)}
    return Ego(((customer,), tuple(first), tuple(second)), ties, everyone - len(shown))


def draw(ego: Ego, *, known_bad: Iterable[str], title: str) -> str:
    """The picture as SVG text."""
    bad, spot = set(known_bad), _spots(ego)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {WIDTH + 60}" role="img">',
        f"<title>{escape(title)}</title><style>{STYLE}</style>",
        f'<rect width="{WIDTH}" height="{WIDTH + 60}" fill="#ffffff"/>',
        *(_line(spot[one], spot[other], kinds) for (one, other), kinds in ego.ties.items()),
        *(_person(name, spot[name], name in bad, is_middle=name == ego.people[0]) for name in reversed(ego.people)),
        f'<text x="24" y="36" class="title">{escape(title)}</text>',
        _sentence(ego, bad),
        *_legend(),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def page(picture: str, title: str) -> str:
    """The picture as an HTML page."""
    head = f'<meta charset="utf-8"><title>{escape(title)}</title>'
    body = f'<body style="margin:0 auto;max-width:1000px">{picture}</body>'
    return f'<!DOCTYPE html>\n<html lang="en"><head>{head}</head>{body}</html>\n'


def _kinds_of_pairs(edges: pa.Table) -> dict[tuple[str, str], tuple[str, ...]]:
    columns = (edges[name].to_pylist() for name in ("source_id", "target_id", "kind"))
    found: dict[tuple[str, str], set[str]] = {}
    for source, target, kind in zip(*columns, strict=True):
        if source != target:
            found.setdefault((min(source, target), max(source, target)), set()).add(kind)
    return {pair: tuple(sorted(kinds)) for pair, kinds in found.items()}


def _spots(ego: Ego) -> dict[str, tuple[float, float]]:
    """Where everyone stands: each neighbour in the middle of a sector that those behind have room in."""
    (middle,), first, second = ego.rings
    position = {name: number for number, name in enumerate(first)}
    held: dict[str, list[str]] = {name: [] for name in first}
    for name in second:
        held[_holder(name, ego.ties, position)].append(name)
    step = 2 * pi / max(1, sum(max(1, len(theirs)) for theirs in held.values()))
    spots, used = {middle: _spot(0, 0.0)}, 0
    for name, theirs in held.items():
        width = max(1, len(theirs))
        spots[name] = _spot(1, step * (used + (width - 1) / 2))
        spots |= {other: _spot(2, step * (used + number)) for number, other in enumerate(theirs)}
        used += width
    return spots


def _spot(ring: int, angle: float) -> tuple[float, float]:
    radius = RADII[ring]
    return WIDTH / 2 + radius * sin(angle), WIDTH / 2 + 60 - radius * cos(angle)


def _holder(name: str, ties: Mapping[tuple[str, str], object], position: Mapping[str, int]) -> str:
    """The first of the neighbours whom a person of the second ring is tied to."""
    ends = (pair[0] if pair[1] == name else pair[1] for pair in ties if name in pair)
    return min((end for end in ends if end in position), key=lambda end: position[end])


def _line(one: tuple[float, float], other: tuple[float, float], kinds: Sequence[str]) -> str:
    """A stroke for each kind, side by side."""
    along = (other[0] - one[0], other[1] - one[1])
    length = hypot(*along) or 1.0
    strokes = []
    for position, kind in enumerate(kinds):
        aside = 4 * (position - (len(kinds) - 1) / 2)
        right, down = -along[1] / length * aside, along[0] / length * aside
        ends = (
            f'x1="{one[0] + right:.1f}" y1="{one[1] + down:.1f}" x2="{other[0] + right:.1f}" y2="{other[1] + down:.1f}"'
        )
        strokes.append(f'<line {ends} stroke="{COLOURS.get(kind, OTHER_COLOUR)}" stroke-width="2" opacity="0.75"/>')
    return "".join(strokes)


def _person(name: str, spot: tuple[float, float], is_bad: bool, *, is_middle: bool) -> str:
    size = 22 if is_middle else 13
    circle = (
        f'<circle cx="{spot[0]:.1f}" cy="{spot[1]:.1f}" r="{size}" fill="{KNOWN_DEFAULT if is_bad else PERSON}"'
        f' stroke="#1c2733" stroke-width="{3 if is_middle else 1}"/>'
    )
    label = f'<text x="{spot[0]:.1f}" y="{spot[1] + size + 13:.1f}" text-anchor="middle" class="halo">'
    return f"{circle}{label}{escape(_short(name))}</text>"


def _short(name: str) -> str:
    return name if len(name) <= 12 else f"{name[:11]}…"


def _sentence(ego: Ego, bad: set[str]) -> str:
    known = len(bad.intersection(ego.people[1:]))
    words = f"{len(ego.people) - 1} people within two ties, {known} of them known to have defaulted"
    if ego.left_out:
        words += f"; {ego.left_out} more are not shown"
    return f'<text x="24" y="58">{words}</text>'


def _legend() -> list[str]:
    entries = [*COLOURS.items(), ("other tie", OTHER_COLOUR)]
    drawn = [
        f'<line x1="24" y1="{84 + 20 * row}" x2="54" y2="{84 + 20 * row}" stroke="{colour}" stroke-width="3"/>'
        f'<text x="62" y="{88 + 20 * row}">{kind}</text>'
        for row, (kind, colour) in enumerate(entries)
    ]
    row = 84 + 20 * len(entries)
    circle = f'<circle cx="39" cy="{row}" r="8" fill="{KNOWN_DEFAULT}" stroke="#1c2733"/>'
    return [*drawn, f'{circle}<text x="62" y="{row + 4}">default known</text>']
