"""What hangs together, by numbers alone."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy import sparse
from scipy.sparse.csgraph import connected_components

from jobs.relations.graph import Numbers

Marks = npt.NDArray[np.bool_]
"""Yes or no for each of many things."""


def joined(count: int, left: Numbers, right: Numbers) -> Numbers:
    """For each of `count` things the smallest one that pairs lead to."""
    if not count:
        return np.array([], dtype=np.int64)
    ties = sparse.coo_array((np.ones(len(left), dtype=bool), (left, right)), shape=(count, count)).tocsr()
    groups, label = connected_components(ties, directed=False)
    smallest = np.full(groups, count, dtype=np.int64)
    np.minimum.at(smallest, label, np.arange(count, dtype=np.int64))
    return np.asarray(smallest[label])
