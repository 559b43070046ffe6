"""What a reviewer said of two records."""

from __future__ import annotations

from typing import NamedTuple


class Verdict(NamedTuple):
    """Whether two records are the same person; the smaller id is the left one."""

    left_record_id: str
    right_record_id: str
    is_same: bool
