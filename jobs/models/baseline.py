"""What the rows a scorecard was learnt from looked like, frozen with it: every later night is compared with that.

Groups that were cut anew every night would follow the people and see no change. So the groups are stored in the
scorecard and sealed by its hash: the score's deciles, and of each feature the bins that are scored.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from jobs.models.scorecard import MISSING, SPECIAL, UNSEEN, ScorecardError, read_scorecard

DECILES = np.linspace(0.1, 0.9, 9)


@dataclass(frozen=True)
class Baseline:
    """The rows a scorecard was learnt from.

    edges: of the groups of points; a group holds edge <= points < next edge. points: points -> rows.
    bins: feature -> number of the bin (MISSING, SPECIAL and UNSEEN below 0) -> rows.
    """

    edges: tuple[int, ...]
    points: Mapping[int, int]
    bins: Mapping[str, Mapping[int, int]]

    def groups_of(self, points: Mapping[int, int]) -> NDArray[np.int64]:
        """Rows in each group of points."""
        levels = np.array(list(points), dtype=np.int64)
        group = np.digitize(levels, np.array(self.edges, dtype=np.int64))
        return np.bincount(group, weights=list(points.values()), minlength=len(self.edges) + 1).astype(np.int64)


def baseline_content(points: NDArray[np.int64], *, of: str = "rows learnt from") -> dict[str, Any]:
    """As it is stored in a model, from the rounded points of every row. of: what the rows are."""
    levels, rows = np.unique(points, return_counts=True)
    edges = np.unique(np.quantile(points, DECILES, method="higher"))
    return {
        "of": of,
        "edges": [int(edge) for edge in edges],
        "points": [[int(level), int(count)] for level, count in zip(levels, rows, strict=True)],
    }


def read_baseline(content: Mapping[str, Any]) -> Baseline:
    """The baseline in scorecard.json; ScorecardError when there is none, or the scorecard was altered."""
    model_version = read_scorecard(content).model_version
    stored = baseline_of_points(content)
    if stored is None:
        raise ScorecardError(
            f"models/credit_score: {model_version} was trained before its rows were kept to compare nights with; train "
            "again, and promote what comes out: python -m jobs.run train"
        )
    return replace(stored, bins={feature["name"]: _rows_of_bins(feature) for feature in content["features"]})


def baseline_of_points(content: Mapping[str, Any]) -> Baseline | None:
    """That of the points of any model, without bins; None where it was kept by none."""
    stored = content.get("baseline")
    if stored is None:
        return None
    points = {int(level): int(rows) for level, rows in stored["points"]}
    return Baseline(edges=tuple(stored["edges"]), points=points, bins={})


def _rows_of_bins(feature: Mapping[str, Any]) -> dict[int, int]:
    rows = {number: int(one["rows"]) for number, one in enumerate(feature["bins"])}
    of_none = {MISSING: "missing", SPECIAL: "special", UNSEEN: "unseen_category"}
    return {**{number: int(feature[name].get("rows", 0)) for number, name in of_none.items()}, **rows}
