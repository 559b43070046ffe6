"""What a reviewer said of two records."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple


class Verdict(NamedTuple):
    """Whether two records are the same person, whichever of them is named first."""

    left_record_id: str
    right_record_id: str
    is_same: bool


def by_pair(verdicts: Iterable[Verdict]) -> dict[tuple[str, str], bool]:
    """What is said of each pair, the smaller id first, in the order of the pairs; of two verdicts the later one."""
    said = {}
    for one in verdicts:
        left, right = sorted((one.left_record_id, one.right_record_id))
        said[left, right] = one.is_same
    return dict(sorted(said.items()))
