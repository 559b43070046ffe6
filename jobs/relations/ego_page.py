"""The picture around a customer or a ring as a page, with the ties of those in the middle as a table below."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from typing import Final

from jobs.relations.ego import Ego, Tie
from jobs.relations.ego_picture import DIRECTED, WORDS

STYLE: Final = (
    "body{margin:0 auto;max-width:1400px;font:14px system-ui,sans-serif;color:#1c2733}"
    "table{border-collapse:collapse;margin:0 24px 48px}td,th{padding:4px 14px 4px 0;text-align:left;"
    "border-bottom:1px solid #dfe6ee}td.n{text-align:right;font-variant-numeric:tabular-nums}"
)
HEADS: Final = ("from", "to", "tie", "paid ever", "since", "default known")


def page(ego: Ego, picture: str, title: str) -> str:
    """The page as HTML text."""
    head = f'<meta charset="utf-8"><title>{escape(title)}</title><style>{STYLE}</style>'
    rows = "".join(f"<tr>{''.join(_cells(tie, ego))}</tr>" for tie in _of_the_middle(ego))
    heads = "".join(f"<th>{word}</th>" for word in HEADS)
    body = f"{picture}<table><tr>{heads}</tr>{rows}</table>"
    return f'<!DOCTYPE html>\n<html lang="en"><head>{head}</head><body>{body}</body></html>\n'


def _of_the_middle(ego: Ego) -> Iterator[Tie]:
    middle = set(ego.rings[0])
    return (tie for tie in ego.ties if {tie.source, tie.target} & middle)


def _cells(tie: Tie, ego: Ego) -> Iterator[str]:
    known = [f"{name}: {ego.known_bad[name]}" for name in (tie.source, tie.target) if name in ego.known_bad]
    way = WORDS[tie.kind] if tie.kind != "transfer" else "transfer"
    paid = f"{tie.cents / 100:,.2f}" if tie.cents else ""
    yield from (f"<td>{escape(name)}</td>" for name in (tie.source, tie.target))
    yield f"<td>{way if tie.kind in DIRECTED else f'{way} (both)'}</td>"
    yield f'<td class="n">{paid}</td><td>{tie.began_date or ""}</td><td>{escape("; ".join(known))}</td>'
