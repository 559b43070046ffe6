"""The people around a customer or a ring as a picture that needs nothing else.

Whom it is about stands in the middle, direct neighbours on a ring around, their neighbours on a second one, each near
the neighbour it hangs on. A line for each kind of tie, an arrow where it has a direction, what was paid beside it. The
same network gives the same bytes.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from html import escape
from math import cos, hypot, pi, sin
from typing import Final

from jobs.relations.ego import WEAK, Ego, Tie

WIDTH: Final = 1400
HEIGHT: Final = 1180
CENTRE: Final = (790.0, 620.0)
RADII: Final = (135, 310, 485)
TURNS: Final = (0.0, 0.06, 0.14)
"""Each ring is turned a little, so that a line between two seldom runs through a third."""

SIZES: Final = (20, 14, 11)
COLOURS: Final = {
    "transfer": "#1f5fa8",
    "phone": "#2e8b45",
    "address": "#7d4fb3",
    "device": "#c27a00",
    "recipient": "#c94a92",
    "household": "#7a4b2a",
    "card": "#0f8f96",
    "referral": "#6b7700",
    "gift": "#d9542b",
    WEAK: "#8b95a1",
}
WORDS: Final = {
    "transfer": "transfer, with the amount ever",
    "phone": "same phone",
    "address": "same address",
    "device": "same device",
    "recipient": "same recipient",
    "household": "same home",
    "card": "same card",
    "referral": "referral",
    "gift": "gift",
    WEAK: "same small merchant (weak)",
}
DIRECTED: Final = ("transfer", "referral", "gift")
KNOWN_DEFAULT: Final = "#c8372d"
PERSON: Final = "#dfe6ee"
IN_THE_MIDDLE: Final = "#ffd166"
STYLE: Final = (
    "text{font:12px system-ui,sans-serif;fill:#1c2733}.title{font-size:22px;font-weight:600}"
    ".halo{paint-order:stroke;stroke:#fff;stroke-width:4px}.paid{font-size:10.5px}.known{font-size:10px}"
)

Spot = tuple[float, float]


def draw(ego: Ego, *, title: str) -> str:
    """The picture as SVG text."""
    spot = _spots(ego)
    size = {name: SIZES[ring] for ring, names in enumerate(ego.rings) for name in names}
    strokes = list(_strokes(ego, spot, size))
    people = [
        _person(name, spot[name], ring, known=ego.known_bad.get(name))
        for ring, names in reversed(list(enumerate(ego.rings)))
        for name in names
    ]
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img">',
        f"<title>{escape(title)}</title><style>{STYLE}</style><defs>{''.join(map(_arrow_head, DIRECTED))}</defs>",
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#ffffff"/>',
        *(line for line, _ in strokes),
        *people,
        *(amount for _, amount in strokes if amount),
        f'<text x="24" y="38" class="title">{escape(title)}</text>',
        f'<text x="24" y="62">{escape(sentence(ego))}</text>',
        *_legend(ego),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def sentence(ego: Ego) -> str:
    """How many are shown, how many of them defaulted, and how many are not shown."""
    around = ego.people[len(ego.rings[0]) :]
    known = sum(name in ego.known_bad for name in around)
    words = f"{len(around)} people within two ties, {known} of them known to have defaulted"
    if len(ego.rings[0]) > 1:
        inside = sum(name in ego.known_bad for name in ego.rings[0])
        words = f"{len(ego.rings[0])} in the middle, {inside} of them known to have defaulted; {words}"
    return words + (f"; {ego.left_out:,} more are not shown" if ego.left_out else "")


def _spots(ego: Ego) -> dict[str, Spot]:
    """Where everyone stands: each in the middle of a sector that those who hang on them have room in."""
    middle = _along_the_payments(ego.rings[0], ego.ties)
    tied = _neighbours(ego.ties)
    inner = _held(ego.rings[1], middle, tied)
    outer = _held(ego.rings[2], ego.rings[1], tied)
    width = {name: max(1, len(outer[name])) for name in ego.rings[1]}
    room = {name: max(1, sum(width[one] for one in inner[name])) for name in middle}
    step = 2 * pi / sum(room.values())
    spots: dict[str, Spot] = {}
    used = 0
    for name in middle:
        spots[name] = CENTRE if len(middle) == 1 else _spot(0, step * (used + (room[name] - 1) / 2))
        at = used
        for one in inner[name]:
            spots[one] = _spot(1, step * (at + (width[one] - 1) / 2))
            spots |= {other: _spot(2, step * (at + number)) for number, other in enumerate(outer[one])}
            at += width[one]
        used += room[name]
    return spots


def _along_the_payments(middle: Sequence[str], ties: Sequence[Tie]) -> list[str]:
    """Those in the middle in an order in which each, where possible, pays the next."""
    left, order = list(middle[1:]), [middle[0]]
    while left:
        paid = {tie.target for tie in ties if tie.kind == "transfer" and tie.source == order[-1]}
        order.append(next((name for name in left if name in paid), left[0]))
        left.remove(order[-1])
    return order


def _held(names: Sequence[str], holders: Sequence[str], tied: Mapping[str, set[str]]) -> dict[str, list[str]]:
    """Everybody by the first of the holders whom they are tied to."""
    place = {name: number for number, name in enumerate(holders)}
    held: dict[str, list[str]] = {name: [] for name in holders}
    for name in names:
        held[min((one for one in tied[name] if one in place), key=lambda one: place[one])].append(name)
    return held


def _spot(ring: int, angle: float) -> Spot:
    turned = angle + TURNS[ring]
    return CENTRE[0] + RADII[ring] * sin(turned), CENTRE[1] - RADII[ring] * cos(turned)


def _neighbours(ties: Sequence[Tie]) -> Mapping[str, set[str]]:
    found: dict[str, set[str]] = defaultdict(set)
    for tie in ties:
        found[tie.source].add(tie.target)
        found[tie.target].add(tie.source)
    return found


def _strokes(ego: Ego, spot: Mapping[str, Spot], size: Mapping[str, int]) -> Iterator[tuple[str, str]]:
    """A line for each tie, those of two people side by side, and the amount of a transfer that is near the middle."""
    between: dict[tuple[str, str], list[Tie]] = defaultdict(list)
    for tie in ego.ties:
        between[min(tie.source, tie.target), max(tie.source, tie.target)].append(tie)
    far = set(ego.rings[2])
    for (one, other), ties in sorted(between.items()):
        for number, tie in enumerate(ties):
            aside = 6.0 * (number - (len(ties) - 1) / 2) * (1 if tie.source == one else -1)
            ends = _ends(spot[tie.source], spot[tie.target], (size[tie.source], size[tie.target]), aside)
            is_told = tie.kind == "transfer" and tie.cents and not (one in far and other in far)
            yield _line(tie, *ends), _amount(tie, *ends) if is_told else ""


def _ends(start: Spot, end: Spot, sizes: tuple[int, int], aside: float) -> tuple[Spot, Spot]:
    """From the edge of one circle to that of the other, moved aside."""
    along = (end[0] - start[0], end[1] - start[1])
    length = hypot(*along) or 1.0
    unit = (along[0] / length, along[1] / length)
    right = (-unit[1] * aside, unit[0] * aside)
    gaps = (sizes[0] + 1, sizes[1] + 4)
    return (
        (start[0] + unit[0] * gaps[0] + right[0], start[1] + unit[1] * gaps[0] + right[1]),
        (end[0] - unit[0] * gaps[1] + right[0], end[1] - unit[1] * gaps[1] + right[1]),
    )


def _line(tie: Tie, start: Spot, end: Spot) -> str:
    ends = f'x1="{start[0]:.1f}" y1="{start[1]:.1f}" x2="{end[0]:.1f}" y2="{end[1]:.1f}"'
    arrow = f' marker-end="url(#to-{tie.kind})"' if tie.kind in DIRECTED else ""
    way = f"{tie.source} {'to' if arrow else 'and'} {tie.target}: {WORDS[tie.kind]}{_paid(tie)}{_since(tie)}"
    return f"<line {ends} {_look(tie.kind)}{arrow}><title>{escape(way)}</title></line>"


def _look(kind: str) -> str:
    if kind == WEAK:
        return f'stroke="{COLOURS[kind]}" stroke-width="1.2" stroke-dasharray="3 4" opacity="0.8"'
    return f'stroke="{COLOURS[kind]}" stroke-width="2.2" opacity="0.8"'


def _amount(tie: Tie, start: Spot, end: Spot) -> str:
    """Nearer to the payer, so that amounts there and back do not meet."""
    x, y = (start[place] + 0.42 * (end[place] - start[place]) for place in (0, 1))
    return (
        f'<text x="{x:.1f}" y="{y + 3:.1f}" text-anchor="middle" class="halo paid" style="fill:{COLOURS[tie.kind]}">'
        f"{(tie.cents or 0) / 100:,.0f}</text>"
    )


def _paid(tie: Tie) -> str:
    return f", {tie.cents / 100:,.2f}" if tie.cents else ""


def _since(tie: Tie) -> str:
    return f", since {tie.began_date}" if tie.began_date else ""


def _arrow_head(kind: str) -> str:
    return (
        f'<marker id="to-{kind}" viewBox="0 0 8 8" refX="6" refY="4" markerWidth="9" markerHeight="9"'
        f' markerUnits="userSpaceOnUse" orient="auto"><path d="M0 0L8 4L0 8z" fill="{COLOURS[kind]}"/></marker>'
    )


def _person(name: str, spot: Spot, ring: int, *, known: object) -> str:
    size, fill = SIZES[ring], KNOWN_DEFAULT if known else IN_THE_MIDDLE if ring == 0 else PERSON
    x, y = spot
    circle = (
        f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{size}" fill="{fill}" stroke="#1c2733"'
        f' stroke-width="{3 if ring == 0 else 1}"/>'
    )
    label = f'<text x="{x:.1f}" y="{y + size + 13:.1f}" text-anchor="middle" class="halo">{escape(_short(name))}</text>'
    since = (
        f'<text x="{x:.1f}" y="{y + size + 25:.1f}" text-anchor="middle" class="halo known"'
        f' style="fill:{KNOWN_DEFAULT}">default {known}</text>'
    )
    return f"<g><title>{escape(name)}</title>{circle}{label}{since if known else ''}</g>"


def _short(name: str) -> str:
    return name if len(name) <= 10 else f"{name[:9]}…"


def _legend(ego: Ego) -> Iterator[str]:
    """The kinds of tie there are, with their number, and what the circles mean."""
    y = 100
    for kind, colour in COLOURS.items():
        count = sum(tie.kind == kind for tie in ego.ties)
        if count:
            arrow = f' marker-end="url(#to-{kind})"' if kind in DIRECTED else ""
            yield f'<line x1="24" y1="{y}" x2="58" y2="{y}" {_look(kind)}{arrow}/>'
            yield f'<text x="70" y="{y + 4}" style="fill:{colour}">{WORDS[kind]}: {count}</text>'
            y += 22
    for fill, words in ((IN_THE_MIDDLE, "in the middle"), (PERSON, "tied"), (KNOWN_DEFAULT, "default known, since")):
        yield f'<circle cx="41" cy="{y}" r="8" fill="{fill}" stroke="#1c2733"/><text x="70" y="{y + 4}">{words}</text>'
        y += 22
