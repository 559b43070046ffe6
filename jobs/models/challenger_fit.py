"""How a challenger is learnt: gradient-boosted trees that keep to the directions of the scorecard's features.

LightGBM, Ke et al. 2017. It reads every feature that may be one, finds interactions a scorecard cannot, and shows what
the simple model gives away. Numbers that are infinite are missing to it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any

import lightgbm
import numpy as np
import pandas as pd

from jobs.models.calibration import Calibration
from jobs.models.categories import common_categories, why_no_categories
from jobs.models.challenger import CHALLENGER_FORMAT, KIND, sha256_of_trees
from jobs.models.feature_bins import NUMBER_TYPES, Bads, Floats, TrainingError
from jobs.models.scorecard import LearntFeature, Population, feature_fingerprint
from jobs.models.scorecard_content import SCALE
from jobs.models.tree_threads import raw_scores_of_text, threads_for
from schemas.models.credit_score import is_protected
from schemas.table import Column

MOST_TREES = 400
TREES_UNTRIED = 60  # where too few defaults are left to say when to stop
PATIENCE = 30
MIN_DEFAULTS_TO_STOP_BY = 30
MIN_ROWS_IN_LEAF, MIN_LEAF_SHARE = 20, 0.01
PARAMETERS: Mapping[str, object] = {
    "objective": "binary",
    "learning_rate": 0.05,
    "num_leaves": 7,  # three questions deep: default data carry few interactions
    "max_bin": 63,
    "lambda_l2": 5.0,
    "feature_fraction": 0.6,
    "max_cat_to_onehot": 16,
    "monotone_constraints_method": "intermediate",
    "seed": 20260331,
    "deterministic": True,
    "force_row_wise": True,
    "verbosity": -1,
}


@dataclass(frozen=True)
class Trees:
    """Trees in LightGBM's text, with how their columns are read."""

    columns: tuple[Column, ...]
    categories: Mapping[str, tuple[str, ...]]
    instead_of_missing: Mapping[str, float]
    directions: Mapping[str, int]
    parameters: Mapping[str, object]
    text: str

    def log_odds(self, rows: pd.DataFrame) -> Floats:
        """ln(odds good:bad) as learnt, from the stored text."""
        return -raw_scores_of_text(self.text, tree_matrix(rows, self.columns, self.categories, self.instead_of_missing))


def grow_trees(
    rows: pd.DataFrame,
    is_bad: Bads,
    columns: Sequence[Column],
    directions: Mapping[str, int],
    stop_by: tuple[pd.DataFrame, Bads] | None = None,
) -> Trees:
    """Trees that give the risk of each row; TrainingError when no column can be a feature.

    Rare categories are missing to the trees, as those that they never saw; see `categories`.
    directions: feature -> 1 where more of it is riskier, -1 where it is safer, as the scorecard's bins say; others are
    free. stop_by: rows of other customers that say after how many trees nothing is gained any more.
    """
    kept = tuple(column for column in columns if _is_usable(column, rows[column.name]))
    if not kept:
        raise TrainingError("no column can be a feature of the challenger; look at the features")
    categories = {column.name: common_categories(rows[column.name]) for column in kept if column.type == "string"}
    numbers = [column.name for column in kept if column.type != "string"]
    finite = rows[numbers].replace([np.inf, -np.inf], np.nan)
    medians = finite.loc[:, finite.notna().all()].median()
    instead = {str(name): float(value) for name, value in medians.items()}
    parameters = {
        **PARAMETERS,
        "min_data_in_leaf": max(MIN_ROWS_IN_LEAF, round(MIN_LEAF_SHARE * len(rows))),
        "monotone_constraints": [directions.get(column.name, 0) for column in kept],
    }

    def data(of_rows: pd.DataFrame, outcomes: Bads, like: lightgbm.Dataset | None = None) -> lightgbm.Dataset:
        matrix = tree_matrix(of_rows, kept, categories, instead)
        codes = [position for position, column in enumerate(kept) if column.type == "string"]
        return lightgbm.Dataset(matrix, outcomes, reference=like, categorical_feature=codes, free_raw_data=True)

    learnt = data(rows, is_bad)
    watched = None if stop_by is None or stop_by[1].sum() < MIN_DEFAULTS_TO_STOP_BY else data(*stop_by, learnt)
    booster = lightgbm.train(
        {**parameters, "num_threads": threads_for(len(rows) * len(kept))},
        learnt,
        num_boost_round=TREES_UNTRIED if watched is None else MOST_TREES,
        valid_sets=None if watched is None else [watched],
        callbacks=[] if watched is None else [lightgbm.early_stopping(PATIENCE, verbose=False)],
    )
    text: str = booster.model_to_string(num_iteration=booster.best_iteration if watched is not None else -1)
    used = {name: directions[name] for name in directions if name in {column.name for column in kept}}
    return Trees(kept, categories, instead, used, {**parameters, "trees": text.count("\nTree=")}, text)


def tree_matrix(
    rows: pd.DataFrame,
    columns: Sequence[LearntFeature],
    categories: Mapping[str, tuple[str, ...]],
    instead_of_missing: Mapping[str, float],
) -> Floats:
    """One column of numbers for each feature: strings by their code, infinite values as missing."""
    matrix = np.empty((len(rows), len(columns)))
    for position, column in enumerate(columns):
        if column.type == "string":
            codes = pd.Categorical(rows[column.name], categories=list(categories[column.name])).codes
            matrix[:, position] = np.where(codes < 0, np.nan, codes)
        else:
            values = rows[column.name].to_numpy(dtype=np.float64, na_value=np.nan)
            matrix[:, position] = np.where(np.isfinite(values), values, instead_of_missing.get(column.name, np.nan))
    return matrix


def challenger_content(
    trees: Trees, *, population: Population | None, calibration: Calibration, special_codes: Sequence[float] = ()
) -> dict[str, Any]:
    """What challenger.json says of the trees; where they come from is added by whoever trained them.

    special_codes: numbers that the trees were given as infinite, since they are no quantity.
    """
    return {
        "format": CHALLENGER_FORMAT,
        "kind": KIND,
        "trees_sha256": sha256_of_trees(trees.text),
        "scale": dict(SCALE),
        "log_odds": {"of": "good:bad", "formula": "calibration.intercept - calibration.slope * raw score of the trees"},
        "rules": {
            "missing": "null, NaN, infinite and every number among special_codes; read as instead_of_missing where "
            "training never saw one missing",
            "unseen_category": "too rare in training, or never seen: missing",
            "outside_population": "no score",
        },
        "special_codes": sorted({float(code) for code in special_codes}),
        "population": None
        if population is None
        else {
            "meaning": population.meaning,
            "marker": population.marker,
            "known_of_it_only": sorted(population.known_of_it_only),
        },
        "calibration": calibration.content(),
        "features": [
            {
                "name": column.name,
                "type": column.type,
                "meaning": column.meaning,
                "categories": list(trees.categories[column.name]) if column.type == "string" else None,
                "instead_of_missing": trees.instead_of_missing.get(column.name),
                "direction": trees.directions.get(column.name, 0),
            }
            for column in trees.columns
        ],
        "feature_fingerprint": feature_fingerprint([(one.name, one.type, one.meaning) for one in trees.columns]),
        "parameters_of_trees": dict(trees.parameters),
        "libraries": {"lightgbm": version("lightgbm")},
    }


def _is_usable(column: Column, values: pd.Series) -> bool:
    if is_protected(column.name) or column.type not in (*NUMBER_TYPES, "string"):
        return False
    present = values.dropna()
    if column.type == "string":
        return bool(present.nunique() > 1) and not why_no_categories(values)
    return bool(present[np.isfinite(present.to_numpy(dtype=np.float64))].nunique() > 1)
