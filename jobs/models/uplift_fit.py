"""Whom a message moves: T- and X-learner on messages that were sent or withheld at random.

Künzel, Sekhon, Bickel and Yu, Metalearners for estimating heterogeneous treatment effects, 2019. The T-learner takes
the difference of two models of response; the X-learner learns the differences themselves, on either arm, and is the one
that is stored: one arm is many times the other, which is where it is stronger. Both are judged by models that never
saw the household (cross-fitting), and the stored one is shrunk to what those judgements confirm.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import lightgbm
import numpy as np
import pandas as pd

from jobs.models.challenger_fit import PARAMETERS, Trees, grow_trees, tree_matrix
from jobs.models.feature_bins import DECIMALS, Bads, Floats
from jobs.models.propensity import CHANNELS
from jobs.models.qini import Trial, curve, effect, judge
from jobs.models.training_split import draw, households_of
from jobs.models.tree_threads import raw_scores_of_text, threads_for
from schemas.columns import CONTACT_CHANNELS
from schemas.table import Column

FOLDS = 4
FOLD_SALT = "uplift fold 1"
MIN_RESPONSES_OF_CONTROLS = 30  # fewer say nothing about whom a message drives away; a guess
MOST_SLOPE = 2.0
UPLIFT_PARAMETERS = {
    **{name: value for name, value in PARAMETERS.items() if name not in ("objective", "monotone_constraints_method")},
    "num_leaves": 4,  # two questions: effects are small, and every further one is learnt from noise
    "learning_rate": 0.05,
    "lambda_l2": 20.0,
    "num_threads": 1,  # many small fits: threads would wait for each other longer than they work
}
UPLIFT_TREES = 150
MIN_LEAF_SHARE, MIN_ROWS_IN_LEAF = 0.03, 30


@dataclass(frozen=True)
class Learners:
    """Models of one set of messages; every prediction is for the channel that is in the rows."""

    response: Trees
    without: Trees
    of_contacted: Trees
    of_controls: Trees
    contacted_share: float

    def responds(self, rows: pd.DataFrame) -> Floats:
        """How likely who is written to applies."""
        return _probability(self.response, rows)

    def by_difference(self, rows: pd.DataFrame) -> Floats:
        """Uplift by the T-learner."""
        return self.responds(rows) - _probability(self.without, without_channel(rows))

    def by_effects(self, rows: pd.DataFrame) -> Floats:
        """Uplift by the X-learner, each arm's effects weighed by how many messages they were learnt from.

        The paper leaves the weights free. Its own choice trusts the few controls most, since the larger arm's model
        stands behind their effects; where applications are rare, what few rows say of an effect is mostly noise.
        """
        share = self.contacted_share
        return share * _raw(self.of_contacted, rows) + (1 - share) * _raw(self.of_controls, rows)


@dataclass(frozen=True)
class UpliftFit:
    """Learners of all messages, with shrinkage and judgement by learners that did not see the household.

    curves: the Qini curve of each score that was judged, for the report.
    """

    learners: Learners
    mean: float
    slope: float
    centre: float
    judged: dict[str, Any]
    fallback: str
    curves: dict[str, list[list[float]]]


def with_channel(rows: pd.DataFrame) -> pd.DataFrame:
    """The rows with the channel as numbers."""
    used = {
        column.name: (rows["contact_channel"] == channel).astype(np.float64)
        for column, channel in zip(CHANNELS, CONTACT_CHANNELS, strict=True)
    }
    return rows.assign(**used)


def without_channel(rows: pd.DataFrame) -> pd.DataFrame:
    """The rows as if no channel had been thought of: a message that was withheld had none."""
    return rows.assign(**{column.name: 0.0 for column in CHANNELS})


def fit_uplift(rows: pd.DataFrame, columns: Sequence[Column]) -> UpliftFit:
    """Learners from rows with is_control, responds, contact_channel, household_id and the columns."""
    seen = with_channel(rows)
    trial = Trial(
        seen["responds"].to_numpy(dtype=np.int64),
        seen["is_control"].to_numpy(dtype=bool),
        households_of(seen).to_numpy(),
    )
    unseen = {name: np.zeros(len(seen)) for name in ("x_learner", "t_learner", "response")}
    folds = _folds(trial)
    for fold in range(FOLDS):
        others, own = folds != fold, folds == fold
        learners = learn(seen[others].reset_index(drop=True), columns)
        unseen["x_learner"][own] = learners.by_effects(seen[own])
        unseen["t_learner"][own] = learners.by_difference(seen[own])
        unseen["response"][own] = learners.responds(seen[own])
    mean = effect(trial) or 0.0
    slope, error = shrinkage(unseen["x_learner"], trial)
    fallback = "" if slope > error else "effects differ no more than chance among customers never seen"
    shrunk = min(slope * slope**2 / (slope**2 + error**2), MOST_SLOPE) if not fallback else 0.0
    centre = round(float(unseen["x_learner"].mean()), DECIMALS)
    judged = {**judge(unseen, trial), "slope": round(slope, 6), "slope_error": round(error, 6), "folds": FOLDS}
    curves = {name: curve(score, trial) for name, score in unseen.items()}
    rounded = round(mean, DECIMALS), round(shrunk, DECIMALS)
    return UpliftFit(learn(seen, columns), *rounded, centre, judged, fallback, curves)


def learn(rows: pd.DataFrame, columns: Sequence[Column]) -> Learners:
    """All models of one set of messages, channels as numbers."""
    is_control = rows["is_control"].to_numpy(dtype=bool)
    responds = rows["responds"].to_numpy(dtype=np.int64)
    contacted, controls = rows[~is_control], rows[is_control]
    response = grow_trees(contacted, responds[~is_control], [*columns, *CHANNELS], {})
    without = _grow(response, without_channel(controls), responds[is_control].astype(np.float64), "binary")
    added = responds[~is_control] - _probability(without, without_channel(contacted))
    missed = _probability(response, controls) - responds[is_control]
    return Learners(
        response,
        without,
        _grow(response, contacted, added, "regression"),
        _grow(response, controls, missed, "regression"),
        float((~is_control).mean()),
    )


def shrinkage(uplift: Floats, trial: Trial) -> tuple[float, float]:
    """How much of a difference in predicted uplift is real, with its standard error.

    The slope of the transformed outcome, whose mean is the effect (Athey and Imbens 2016), on the prediction.
    """
    share = float((~trial.is_control).mean())
    treated = (~trial.is_control).astype(np.float64)
    outcome = (treated - share) / (share * (1 - share)) * (trial.responds - trial.responds.mean())
    deviation = uplift - uplift.mean()
    spread = float(deviation @ deviation)
    if spread <= 0:
        return 0.0, 1.0
    slope = float(deviation @ outcome) / spread
    residual = outcome - outcome.mean() - slope * deviation
    return slope, float(np.sqrt((deviation**2) @ (residual**2)) / spread)


def _folds(trial: Trial) -> Bads:
    names, position = np.unique(trial.households, return_inverse=True)
    return np.array([int(draw(FOLD_SALT, str(name)) * FOLDS) for name in names], dtype=np.int64)[position]


def _grow(like: Trees, rows: pd.DataFrame, target: Floats, objective: str) -> Trees:
    """Trees that read their columns as `like` does."""
    leaf = max(MIN_ROWS_IN_LEAF, round(MIN_LEAF_SHARE * len(rows)))
    parameters = {**UPLIFT_PARAMETERS, "objective": objective, "min_data_in_leaf": leaf}
    codes = [position for position, column in enumerate(like.columns) if column.type == "string"]
    matrix = _matrix(like, rows)
    data = lightgbm.Dataset(matrix, target, categorical_feature=codes)
    with_threads = {**parameters, "num_threads": threads_for(matrix.size)}
    booster = lightgbm.train(with_threads, data, num_boost_round=UPLIFT_TREES)
    return replace(like, text=booster.model_to_string(), parameters={**parameters, "trees": UPLIFT_TREES})


def _matrix(trees: Trees, rows: pd.DataFrame) -> Floats:
    return tree_matrix(rows, trees.columns, trees.categories, trees.instead_of_missing)


def _raw(trees: Trees, rows: pd.DataFrame) -> Floats:
    return raw_scores_of_text(trees.text, _matrix(trees, rows))


def _probability(trees: Trees, rows: pd.DataFrame) -> Floats:
    return np.asarray(1.0 / (1.0 + np.exp(-_raw(trees, rows))))
