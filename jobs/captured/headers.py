"""Whether a source has the columns its contract promises: all differences at once, and never a value in a message."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from jobs.captured.lines import Fail

COLUMN_NAME = re.compile(r"[a-z][a-z0-9_]{0,62}")
CHANGED_COLUMNS = "agree with the partner on the columns, then change the contract or the delivery"


def refuse_other_columns(names: Sequence[str], expected: Iterable[str], fail: Fail) -> None:
    """The error with every missing, unknown and repeated column.

    Without a single known column the line is no header but may be a person's row: its words are not repeated.
    """
    wanted = set(expected)
    if not wanted & set(names):
        raise fail("none of the promised columns is there", CHANGED_COLUMNS)
    problems = [
        f"{what} {', '.join(which)}"
        for what, which in (
            ("missing columns", sorted(wanted - set(names))),
            ("unknown columns", sorted({printable(name) for name in set(names) - wanted})),
            ("repeated columns", sorted({name for name in wanted if names.count(name) > 1})),
        )
        if which
    ]
    if problems:
        raise fail("; ".join(problems), CHANGED_COLUMNS)


def printable(name: str) -> str:
    """A column name that may stand in a message; whatever does not look like one could be personal data."""
    return name if COLUMN_NAME.fullmatch(name) else "(not a column name)"
