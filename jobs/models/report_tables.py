"""Tables, figures and sections of a report page, each made in one place."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape


def figure(value: float | None, form: str) -> str:
    """The value as text, or that there was too little to tell it from."""
    return "too few" if value is None else form.format(value)


def section(title: str, content: str) -> str:
    """A part of the page under its own heading."""
    return f"<section><h2>{escape(title)}</h2>{content}</section>"


def plot(title: str, svg: str) -> str:
    """A drawing with its caption."""
    return f"<figure><figcaption>{escape(title)}</figcaption>{svg}</figure>"


def table(titles: Sequence[str], rows: Sequence[Sequence[str]], *, words: int) -> str:
    """words: how many of the first columns hold words; the others hold figures. Cells are HTML already."""

    def line(cells: Sequence[str], tag: str) -> str:
        kinds = ["" if position < words else ' class="n"' for position in range(len(cells))]
        return (
            "<tr>" + "".join(f"<{tag}{kind}>{cell}</{tag}>" for kind, cell in zip(kinds, cells, strict=True)) + "</tr>"
        )

    head = line([escape(title) for title in titles], "th")
    body = "".join(line(row, "td") for row in rows)
    return f"<table><thead>{head}</thead><tbody>{body}</tbody></table>"
