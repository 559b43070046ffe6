"""How a propensity is learnt: trees on the earlier months of most households, calibrated on the newest of the others.

As with the challenger of the credit score, a number whose bins rise or fall goes in that direction only, and one that
turns round between the halves of time is not read; a number that tells too little for two bins, and words, are free.

Where fewer than MIN_CUSTOMERS tell the rarer outcome, or the trees may be no better than chance, a declared base rate
answers, drawn towards what was observed; the model says so, and a training never fails for it. They are better when the
whole interval of the area under the curve lies above a half, on households that neither taught the trees nor said how
many to grow.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from importlib.metadata import version
from math import log
from typing import Any

import numpy as np
import pandas as pd

from jobs.models.baseline import baseline_content
from jobs.models.calibration import UNCALIBRATED, Calibration, calibrate_out_of_time
from jobs.models.challenger import sha256_of_trees
from jobs.models.challenger_fit import Trees, grow_trees
from jobs.models.comparison import compare
from jobs.models.feature_bins import BIN_PARAMETERS, DECIMALS, Bads, Floats, TrainingError
from jobs.models.learning_rows import FEATURES
from jobs.models.propensity import NO_TREES, PROPENSITY_FORMAT
from jobs.models.scorecard import feature_fingerprint, seal
from jobs.models.scorecard_content import LIBRARIES, SCALE
from jobs.models.scorecard_fit import Bins, bin_features
from jobs.models.scorecard_report import measure
from jobs.models.training_split import SPLIT_PARAMETERS, Rows, households_of, rows_to_grow_by, split, which_are_drawn
from schemas.label_specification import LabelSpecification
from schemas.table import Column

MIN_CUSTOMERS = 50  # with the rarer outcome, among those to learn from; fewer teach trees their names. A guess
AREA_OF_A_COIN = 0.5
DECLARED_ROWS = 100  # how many rows the declared rate weighs as much as
ROWS_TO_BIN = 30_000  # of either outcome; more tell no direction that these do not. A guess
BIN_SALT = "propensity bins 1"


@dataclass(frozen=True)
class _Learnt:
    """What was found; without trees, or with some that must not be used, `too_little` says why, else it is empty.

    measured: the measures of each part. turning: the columns that are not read, since they turn round with time.
    """

    too_little: str
    trees: Trees | None = None
    calibration: Calibration = UNCALIBRATED
    measured: Mapping[str, Any] = field(default_factory=dict)
    turning: Sequence[str] = ()


def fit_propensity(
    rows: pd.DataFrame,
    happened: Bads,
    label: LabelSpecification,
    *,
    declared_rate: float,
    as_of: date,
    columns: Sequence[Column] = FEATURES,
    compared_with: pd.DataFrame | None = None,
    is_wished_for: bool = True,
) -> tuple[dict[str, Any], str]:
    """The sealed JSON and the trees of one model.

    rows: sorted, with observation_date, customer_id, household_id and the columns. happened: 1 where the event did.
    compared_with: everybody who would be scored, with the columns; their points are frozen with the model. Without it,
    nights are not compared with the training. is_wished_for: whether more points are for the event, or against it.
    """
    rate = base_rate(happened, declared_rate)
    parts = split(rows) if len(rows) else {}
    too_little = why_too_little(rows[parts["training"]], happened[parts["training"]]) if parts else "nobody was asked"
    learnt = _Learnt(too_little) if too_little else _learn(rows, happened, columns, parts)
    kept, calibration = (None, UNCALIBRATED) if learnt.too_little else (learnt.trees, learnt.calibration)
    content = {
        **described(rows, happened, label, declared_rate=declared_rate, fallback=learnt.too_little),
        **reading(kept),
        "directions": {
            "turns_with_time": list(learnt.turning),
            "parameters": {"rows_to_bin": ROWS_TO_BIN, "bin_salt": BIN_SALT, **BIN_PARAMETERS},
            "libraries": {name: version(name) for name in LIBRARIES},
        },
        "trees_sha256": {"trees": sha256_of_trees(kept.text if kept else NO_TREES)},
        "scale": dict(SCALE),
        "log_odds": _log_odds(rate, calibration if kept else None),
        "calibration": calibration.content(),
        "measured": dict(learnt.measured),
        "baseline": _baseline(kept, calibration, compared_with, is_wished_for=is_wished_for),
        "as_of": as_of.isoformat(),
    }
    return seal(content, as_of), kept.text if kept else NO_TREES


def base_rate(happened: Bads, declared_rate: float) -> float:
    """The observed rate drawn towards the declared one, which alone is left where nobody was asked."""
    return float((happened.sum() + DECLARED_ROWS * declared_rate) / (len(happened) + DECLARED_ROWS))


def why_too_little(rows: pd.DataFrame, happened: Bads) -> str:
    """Empty where enough different customers show both outcomes; one customer counts once, on however many dates."""
    customers = rows["customer_id"].to_numpy()
    rarer = min(len(set(customers[happened == 1])), len(set(customers[happened == 0])))
    if rarer >= MIN_CUSTOMERS:
        return ""
    return f"{rarer} customers of the rarer outcome to learn from, {MIN_CUSTOMERS} needed"


def described(
    rows: pd.DataFrame, happened: Bads, label: LabelSpecification, *, declared_rate: float, fallback: str
) -> dict[str, Any]:
    """What every stored model says of its label, of where it comes from and of its base rate."""
    return {
        "format": PROPENSITY_FORMAT,
        "kind": "base_rate" if fallback else "lightgbm",
        "predicts": label.described(),
        "fallback": fallback,
        "base_rate": round(base_rate(happened, declared_rate), DECIMALS),
        "declared_rate": declared_rate,
        "trained_on": {
            "observation_dates": sorted({day.isoformat() for day in rows["observation_date"]}),
            "rows": len(rows),
            "events": int(happened.sum()),
            "customers": int(rows["customer_id"].nunique()),
        },
        "parameters": {**SPLIT_PARAMETERS, "min_customers": MIN_CUSTOMERS, "declared_rows": DECLARED_ROWS},
        "libraries": {"lightgbm": version("lightgbm")},
    }


def reading(trees: Trees | None) -> dict[str, Any]:
    """How the trees read their features; nothing where there are none."""
    features = [] if trees is None else [_feature(trees, column) for column in trees.columns]
    fingerprint = feature_fingerprint([(one["name"], one["type"], one["meaning"]) for one in features])
    return {
        "features": features,
        "feature_fingerprint": fingerprint,
        "parameters_of_trees": {} if trees is None else dict(trees.parameters),
    }


def _learn(rows: pd.DataFrame, happened: Bads, columns: Sequence[Column], parts: Mapping[str, Rows]) -> _Learnt:
    learnt, stop_by = rows_to_grow_by(rows, parts, "random_split")
    try:
        bins = find_directions(rows[parts["training"]], happened[parts["training"]], columns)
    except TrainingError as error:
        return _Learnt(str(error))
    turning = sorted(bins.turning)
    steady = [column for column in columns if column.name not in bins.turning]
    until = (rows[stop_by], happened[stop_by])
    try:
        trees = grow_trees(rows[learnt], happened[learnt], steady, bins.directions, stop_by=until)
    except TrainingError:
        return _Learnt("no column can be a feature", turning=turning)
    log_odds, unseen = trees.log_odds(rows), parts["random_split"] | parts["out_of_time"]
    calibration, judged = calibrate_out_of_time(log_odds, happened, rows, parts)
    measured = {name: measure(judged[which], happened[which]) for name, which in {**parts, "held_back": unseen}.items()}
    measured["held_back"] |= _area_of_trees(log_odds[unseen], happened[unseen], rows[unseen])
    is_better = (measured["held_back"]["auc_of_trees_low"] or 0.0) > AREA_OF_A_COIN
    too_little = "" if is_better else "no better than chance among households never seen"
    return _Learnt(too_little, trees, calibration, measured, turning)


def find_directions(rows: pd.DataFrame, happened: Bads, columns: Sequence[Column]) -> Bins:
    """The columns in bins, whose directions are 1 where more of it makes the event likelier.

    Of each outcome about ROWS_TO_BIN rows count, whole households drawn by a hash: fewer rows of one outcome change
    every rate, but in expectation not which of two is higher.
    """
    shares = ROWS_TO_BIN / np.maximum(1, np.bincount(happened, minlength=2))
    kept = np.flatnonzero(which_are_drawn(rows, shares[happened], BIN_SALT))
    return bin_features(rows.iloc[kept].reset_index(drop=True), happened[kept], columns)


def _area_of_trees(log_odds: Floats, happened: Bads, rows: pd.DataFrame) -> dict[str, float | None]:
    """The area under the curve before calibration, with bounds when households are drawn again; null of one outcome."""
    found = compare({"trees": log_odds}, happened, households_of(rows).to_numpy())["models"]["trees"]
    ginis = {"": found["gini"], "_low": found["gini_low"], "_high": found["gini_high"]}
    return {f"auc_of_trees{bound}": None if gini is None else (gini + 1) / 2 for bound, gini in ginis.items()}


def _log_odds(rate: float, calibration: Calibration | None) -> dict[str, Any]:
    """ln(odds of the event) = intercept + slope * raw score of the trees; a calibration is of ln(odds good:bad)."""
    if calibration is None:
        bounded = float(np.clip(rate, 1e-6, 1 - 1e-6))
        return {"intercept": round(log(bounded / (1 - bounded)), DECIMALS), "slope": 0.0}
    return {"intercept": -calibration.intercept, "slope": calibration.slope}


def _baseline(
    kept: Trees | None, calibration: Calibration, rows: pd.DataFrame | None, *, is_wished_for: bool
) -> dict[str, Any] | None:
    """The points of the rows; None where there are no trees, or nobody to compare with."""
    if kept is None or rows is None or rows.empty:
        return None
    against = calibration(kept.log_odds(rows))
    wished_for = -against if is_wished_for else against
    points = np.floor(SCALE["offset"] + SCALE["factor"] * wished_for + 0.5).astype(np.int64)
    return baseline_content(points, of="who would have been scored on the newest observation date, or a sample")


def _feature(trees: Trees, column: Column) -> dict[str, Any]:
    return {
        "name": column.name,
        "type": column.type,
        "meaning": column.meaning,
        "categories": list(trees.categories[column.name]) if column.type == "string" else None,
        "instead_of_missing": trees.instead_of_missing.get(column.name),
        "direction": trees.directions.get(column.name, 0),
    }
