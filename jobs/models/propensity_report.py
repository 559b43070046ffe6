"""What the report of a propensity shows, measured on households the model never saw, as the model was judged."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import lightgbm
import numpy as np
import pandas as pd

from jobs.models.calibration import calibrate_out_of_time
from jobs.models.challenger_fit import tree_matrix
from jobs.models.feature_bins import Bads, Floats
from jobs.models.learning_rows import FEATURES
from jobs.models.propensity import CHANNELS
from jobs.models.scorecard_report import CALIBRATION_GROUPS, DIGITS, gains_points, probability_of, roc_points
from jobs.models.training_split import split
from jobs.models.tree_threads import raw_scores_of_text

MOST_FEATURES = 12
COLUMNS = {column.name: column for column in (*FEATURES, *CHANNELS)}


def describe_propensity(
    name: str, content: Mapping[str, Any], trees: str, rows: pd.DataFrame, happened: Bads
) -> dict[str, Any]:
    """The facts of one model, with the points of its plots; without points where a base rate answers.

    content, trees: the two files as they are stored. rows, happened: what they were learnt from and judged by.
    """
    told = {
        key: content[key] for key in ("model_version", "predicts", "fallback", "base_rate", "trained_on", "measured")
    }
    told |= {"name": name, "calibration": content["calibration"]["method"]}
    told["turns_with_time"] = content["directions"]["turns_with_time"]
    if content["fallback"]:
        return told
    parts = split(rows)
    _, judged = calibrate_out_of_time(-raw_scores(content, trees, rows), happened, rows, parts)
    held_back = parts["random_split"] | parts["out_of_time"]
    log_odds, outcome = judged[held_back], happened[held_back]
    return {
        **told,
        "roc": roc_points(log_odds, outcome),
        "gains": gains_points(log_odds, outcome),
        "groups": groups_by_probability(probability_of(log_odds), outcome),
        "strongest": strongest_features(content, trees),
    }


def raw_scores(content: Mapping[str, Any], trees: str, rows: pd.DataFrame) -> Floats:
    """What the stored trees give each row: higher is more likely."""
    features = content["features"]
    matrix = tree_matrix(
        rows,
        [COLUMNS[one["name"]] for one in features],
        {one["name"]: tuple(one["categories"]) for one in features if one["type"] == "string"},
        {one["name"]: one["instead_of_missing"] for one in features if one["instead_of_missing"] is not None},
    )
    return raw_scores_of_text(trees, matrix)


def groups_by_probability(probability: Floats, happened: Bads) -> list[dict[str, Any]]:
    """Ten groups of equal size, least likely first: what is expected of them, and what was observed."""
    order = np.argsort(probability, kind="stable")
    return [
        {
            "band": str(number),
            "rows": len(group),
            "expected": round(float(probability[group].mean()), DIGITS),
            "observed": round(float(happened[group].mean()), DIGITS),
        }
        for number, group in enumerate(np.array_split(order, CALIBRATION_GROUPS), start=1)
        if len(group)
    ]


def strongest_features(content: Mapping[str, Any], trees: str) -> list[list[Any]]:
    """Features, their share of what all splits gain and their direction, strongest first; ties go to the name."""
    gain = lightgbm.Booster(model_str=trees).feature_importance("gain")
    shares = gain / max(gain.sum(), 1e-300)
    told = zip(content["features"], shares, strict=True)
    used = [(one["name"], float(share), int(one["direction"])) for one, share in told if share > 0]
    ordered = sorted(used, key=lambda one: (-one[1], one[0]))
    return [[name, round(share, 4), direction] for name, share, direction in ordered[:MOST_FEATURES]]
