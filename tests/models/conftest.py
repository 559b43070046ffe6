"""A scorecard of missing, infinite and categorical features, and rows that try all of its edges."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import pytest

from jobs.models.credit_score import FEATURES
from jobs.models.scorecard import seal
from jobs.models.scorecard_content import scorecard_content
from jobs.models.scorecard_fit import Fit, learn_scorecard
from tests.models.borrowers import as_training_set, borrowers

AS_OF = date(2026, 3, 31)
NAMES = ["days_past_due_bucket", "balance_cents_last", "on_time_share_365d", "fee_count_180d"]


@pytest.fixture(scope="session")
def training_rows() -> pd.DataFrame:
    """Borrowers of whom some have an infinite balance, and whose delay is known by its bucket only."""
    rows = as_training_set(borrowers())
    rows["days_past_due"] = np.nan
    chance = np.random.default_rng(11)
    nonsense = chance.random(len(rows))
    rows.loc[nonsense < 0.02, "balance_cents_last"] = np.inf
    rows.loc[nonsense > 0.98, "balance_cents_last"] = -np.inf
    rows.loc[chance.random(len(rows)) < 0.03, "days_past_due_bucket"] = None
    return rows


@pytest.fixture(scope="session")
def fit(training_rows: pd.DataFrame) -> Fit:
    found = learn_scorecard(training_rows, training_rows["is_default"].to_numpy(dtype=np.int64), FEATURES)
    assert sorted(feature.name for feature in found.features) == sorted(NAMES)
    assert all(feature.missing for feature in found.features if feature.name != "on_time_share_365d")
    return found


@pytest.fixture(scope="session")
def content(fit: Fit) -> dict[str, Any]:
    sealed = seal({**scorecard_content(fit), "as_of": AS_OF.isoformat()}, AS_OF)
    read: dict[str, Any] = json.loads(json.dumps(sealed))
    return read


@pytest.fixture(scope="session")
def awkward_rows(fit: Fit, training_rows: pd.DataFrame) -> pd.DataFrame:
    """Every edge of every bin, its neighbours among the doubles, and everything that is not a number or not known."""
    rows = []
    for feature in fit.features:
        usual = {name: training_rows[name].iloc[0] for name in NAMES}
        values: list[Any]
        if feature.column.type == "string":
            categories = [category for group in feature.binning.splits for category in group]
            values = [None, "", "never seen", "CURRENT", *categories]
        else:
            edges = [float(edge) for edge in feature.binning.splits]
            around = [np.nextafter(edge, way) for edge in edges for way in (-np.inf, np.inf)]
            values = [None, np.nan, np.inf, -np.inf, 0.0, -0.0, 1e300, -1e300, 5e-324, *edges, *around]
        rows += [{**usual, feature.name: value} for value in values]
    return pd.DataFrame(rows)
