"""How far people have moved between groups that never move: the population stability index.

Siddiqi, Intelligent Credit Scoring, 2017; it is the symmetric relative entropy of Jeffreys 1946. What it means is in
`schemas/stability_bounds.py`.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

DIGITS = 6


def stability_of_counts(before: ArrayLike, after: ArrayLike) -> float | None:
    """The index of two lists of counts over the same groups; null where one side is empty.

    Half a row in every group keeps it finite where a group is empty on one side.
    """
    shares = []
    for counts in (np.asarray(before, dtype=np.float64), np.asarray(after, dtype=np.float64)):
        if not counts.sum():
            return None
        shares.append((counts + 0.5) / (counts.sum() + 0.5 * len(counts)))
    return round(float(np.sum((shares[1] - shares[0]) * np.log(shares[1] / shares[0]))), DIGITS)
