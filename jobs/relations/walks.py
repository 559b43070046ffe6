"""Walks from many customers at one time, no more of them than memory holds."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np
from scipy import sparse

from jobs.relations.graph import Floats, Numbers

ENTRIES_AT_ONCE: Final = 4_000_000
"""Of the places that the walks of a batch reach: about 100 MB."""


def batches(starts: Numbers, *, steps: int, along: tuple[sparse.csr_array, ...]) -> Iterator[Numbers]:
    """Positions in starts, in their order, so many together that where their walks can be fits.

    along: matrices that have an entry for each step; every start's walks follow each of them. Nobody reaches more
    places than there are walks, nor than there are customers; a start that reaches too much is a batch of its own.
    """
    reach = np.sum([_most_reached(matrix, steps) for matrix in along], axis=0)
    entries = np.cumsum(reach[starts] + 1) // ENTRIES_AT_ONCE
    if len(starts):
        yield from np.split(np.arange(len(starts)), np.flatnonzero(np.diff(entries)) + 1)


def _most_reached(matrix: sparse.csr_array, steps: int) -> Floats:
    """For each start the places after every number of steps, added up."""
    size = matrix.shape[0]
    ways = sparse.csr_array((np.ones_like(matrix.data, np.float64), matrix.indices, matrix.indptr), shape=matrix.shape)
    reach, total = np.ones(size), np.ones(size)
    for _ in range(steps):
        reach = np.minimum(ways @ reach, size)
        total += reach
    return total
