"""In which unit a number of a contract is told: by its name, which ends or begins with it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from schemas.table import Column

NUMBERS: Final = frozenset({"int", "bigint", "double"})

TIMES: Final = ("days", "seconds")
"""With one of these a name begins that tells how long something is ago, or lasts: days since the last event."""

UNIT_OF_WORD: Final[Mapping[str, str]] = {
    **dict.fromkeys(("share", "probability", "confidence", "uplift"), "part of 1"),
    **dict.fromkeys(("ratio", "trend", "variation", "skewness", "kurtosis"), "ratio"),
    **dict.fromkeys(("gini", "auc", "ks"), "part of 1"),
    "annual": "part of 1 a year",
    "rate": "part of 1",
    "entropy": "nats",
    "variance": "cents squared",
    "quintile": "fifth, 5 is best",
    **dict.fromkeys(("count", "streak", "event", "item", "piece", "length", "distance", "quantity"), "number"),
    **dict.fromkeys(("customers", "defaults"), "number"),
    **{word: word for word in ("cents", *TIMES)},
    **dict.fromkeys(("points", "score"), "points"),
    "price": "ratio",
    **dict.fromkeys(("level", "tier", "version"), "step of a scale"),
    "number": "number",
    "influence": "visits",
}
"""A word of a name -> the unit, the first in this order: a share of cents is a share, a count of days a number."""


def unit_of(column: Column) -> str:
    """The unit of a number, or nothing for what is no number or whose name tells none."""
    if column.type not in NUMBERS:
        return ""
    words = column.name.split("_")
    if words[0] in TIMES:
        return words[0]
    return next((unit for word, unit in UNIT_OF_WORD.items() if word in words), "")
