"""How the scores of each observation date lie beside those of the rows learnt from, over groups that never move."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from jobs.models.baseline import read_baseline
from jobs.models.stability import stability_of_counts

QUANTILES = {"low": 0.1, "median": 0.5, "high": 0.9}


def drift_by_date(scorecard: Mapping[str, Any], points: NDArray[np.int64], rows: pd.DataFrame) -> list[dict[str, Any]]:
    """Of each observation date the stability index of the score, and three quantiles of it.

    points: of every row, whole. Earlier dates hold the rows learnt from, so their index is small by construction.
    """
    baseline = read_baseline(scorecard)
    learnt = baseline.groups_of(baseline.points)
    days = rows["observation_date"].astype(str).to_numpy()
    found = []
    for day in np.unique(days):
        levels, counts = np.unique(points[days == day], return_counts=True)
        groups = baseline.groups_of(dict(zip(levels.tolist(), counts.tolist(), strict=True)))
        spread = np.quantile(points[days == day], list(QUANTILES.values()), method="nearest")
        found.append(
            {
                "observation_date": str(day),
                "index": stability_of_counts(learnt, groups),
                **{name: int(value) for name, value in zip(QUANTILES, spread, strict=True)},
            }
        )
    return found
