"""What people type wrong on a form: a digit of a phone number, an e-mail address, a national id or a date of birth."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import numpy as np
import pyarrow as pa

from demo.spelling import FILLINGS, PLACEHOLDERS

Mistake = Callable[[Any, float], Any]
"""From what is right, and a draw between 0 and 1: what is written."""


def with_a_wrong_digit(text: str, draw: float, first: int = 0) -> str:
    """The same text with one of its digits, from position `first` on, one higher; as it is when it has none."""
    places = [place for place, sign in enumerate(text) if place >= first and sign.isascii() and sign.isdigit()]
    if not places:
        return text
    place = places[int(draw * len(places))]
    return f"{text[:place]}{(int(text[place]) + 1) % 10}{text[place + 1 :]}"


def on_another_day(day: date, draw: float) -> date:
    """Another day of the same month."""
    return day.replace(day=1 + (day.day + int(draw * 26)) % 28)


NOTHING_TO_MISTYPE = PLACEHOLDERS | set(FILLINGS.values())
MISTAKES: dict[str, Mistake] = {
    "phone": lambda text, draw: with_a_wrong_digit(text, draw, first=max(len(text) - 6, 0)),
    "email": with_a_wrong_digit,
    "national_id": lambda text, draw: with_a_wrong_digit(text, draw, first=6),
    "birth_date": on_another_day,
}


def mistyped(rows: pa.Table, chance: np.random.Generator, rate: float) -> tuple[pa.Table, pa.Array]:
    """The rows with one mistake in each that is chosen with the rate, and the positions of those in which there is one.

    A row whose chosen column is empty, or holds nothing to mistype, stays as it is.
    """
    chosen = np.flatnonzero(chance.random(rows.num_rows) < rate)
    names, draws = chance.integers(0, len(MISTAKES), len(chosen)), chance.random(len(chosen))
    changed = []
    for position, column in enumerate(MISTAKES):
        values = rows[column].to_pylist() if (names == position).any() else []
        for place, draw in zip(chosen[names == position], draws[names == position], strict=True):
            right = values[place]
            wrong = right if right is None or right in NOTHING_TO_MISTYPE else MISTAKES[column](right, float(draw))
            if wrong != right:
                values[place] = wrong
                changed.append(int(place))
        if values:
            index = rows.schema.get_field_index(column)
            field = rows.schema.field(index)
            rows = rows.set_column(index, field, pa.array(values, field.type))
    return rows, pa.array(sorted(changed), pa.int64())
