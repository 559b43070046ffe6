"""How many threads LightGBM may use: one, unless there is enough to share.

Its threads wait for one another after every feature and every leaf, by spinning. Of a small table they mostly wait, and
where another process has one of the cores, all of them wait for the one that was sent away: forty times slower was
seen. Trees do not depend on it (`deterministic`).
"""

from __future__ import annotations

import lightgbm
import numpy as np

from jobs.models.feature_bins import Floats

VALUES_FOR_MORE_THREADS = 20_000_000
"""Rows times columns, a hundred thousand of two hundred: a tree of them takes a tenth of a second."""

ONE, ALL = 1, 0  # LightGBM's word for as many as there are cores


def threads_for(values: int) -> int:
    """`num_threads` for a table of so many rows times columns."""
    return ONE if values < VALUES_FOR_MORE_THREADS else ALL


def raw_scores_of_text(text: str, matrix: Floats) -> Floats:
    """What the trees of a stored text add up to, of every row."""
    booster = lightgbm.Booster(model_str=text)
    return np.asarray(booster.predict(matrix, raw_score=True, num_threads=threads_for(matrix.size)), dtype=np.float64)
