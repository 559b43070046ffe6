"""What a report says of people: how many there are behind the rows, and what costs them points."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from jobs.models.feature_bins import Bads
from jobs.models.scorecard import Scorecard
from jobs.models.scorecard_fit import Fit


def count_people(rows: pd.DataFrame, is_bad: Bads) -> dict[str, int]:
    """Customers, and those who default on any of the dates: a long delay is one default of one person, in many rows."""
    return {
        "customers": int(rows["customer_id"].nunique()),
        "defaulted": int(rows.loc[is_bad == 1, "customer_id"].nunique()),
    }


def reasons_given(scorecard: Scorecard, fit: Fit, rows: pd.DataFrame) -> list[dict[str, Any]]:
    """Of each feature the points it costs on average against its best bin, and how often it costs most.

    Whose missing value is worth more than the best bin loses nothing. Ties go to the feature that is named first.
    Nobody's first reason is one that costs nothing.
    """
    if rows.empty:
        return []
    below_best = np.column_stack(
        [
            scorecard.factor * feature.weight * (feature.best.weight_of_evidence - binned.weights_of_evidence(rows))
            for feature, binned in zip(scorecard.features, fit.features, strict=True)
        ]
    )
    lost = np.maximum(below_best, 0.0)
    first = np.where(lost.max(axis=1) > 0, lost.argmax(axis=1), -1)
    return [
        {
            "feature": feature.name,
            "mean_points_lost": round(float(lost[:, position].mean()), 2),
            "first_for_share": round(float((first == position).mean()), 4),
        }
        for position, feature in enumerate(scorecard.features)
    ]
