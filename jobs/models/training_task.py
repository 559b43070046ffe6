"""What a model is learnt from, and the two models learnt from it: a scorecard, and trees that challenge it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from jobs.models.baseline import baseline_content
from jobs.models.calibration import Calibration, calibrate_out_of_time
from jobs.models.challenger import read_challenger
from jobs.models.challenger_fit import Trees, challenger_content, grow_trees
from jobs.models.feature_bins import Bads, Floats
from jobs.models.scorecard import Population, named_day, seal
from jobs.models.scorecard_content import SCALE, scorecard_content
from jobs.models.scorecard_fit import FIT_PARAMETERS, Bins, Fit, learn_scorecard
from jobs.models.scorecard_report import judged_part
from jobs.models.scorecard_sql import KEY
from jobs.models.training_split import SPLIT_PARAMETERS, Rows, rows_to_grow_by
from schemas.table import Column


@dataclass(frozen=True)
class Task:
    """What a model is learnt from, and what for.

    rows: sorted by observation_date and customer_id, with is_default and one column for each of `columns`; numbers as
    float64 with NaN for missing, categories with None. population: None where the rows are everyone to be scored.
    as_of: None where nobody said a day. is_dated: False where the rows have no time, and one observation_date that
    means nothing. special_codes: numbers that are no quantity and infinite in the rows. key: the column that names a
    row to be scored. network: columns that say whom somebody knows; the report says what the score is worth without
    them. groups: one line for each row, one column for each attribute that no model reads; None: fairness is not looked
    at. attacks: rows of models/leak_audit; None: no feature was attacked.
    """

    rows: pd.DataFrame
    columns: tuple[Column, ...]
    predicts: str
    as_of: date | None
    population: Population | None = None
    rows_outside_population: int = 0
    network: tuple[str, ...] = ()
    special_codes: tuple[float, ...] = ()
    key: str = KEY
    groups: pd.DataFrame | None = None
    attacks: Sequence[Mapping[str, Any]] | None = None
    is_dated: bool = True

    @property
    def is_bad(self) -> Bads:
        """1 for a default."""
        return self.rows["is_default"].to_numpy(dtype=np.int64)


@dataclass(frozen=True)
class Champion:
    """The scorecard as it is stored, and ln(odds good:bad) of every row: as learnt, and to judge by."""

    fit: Fit
    calibration: Calibration
    as_learnt: Floats
    judged: Floats

    def points(self, which: Rows) -> NDArray[np.int64]:
        """The rounded points of the rows as scoring would give them."""
        log_odds = self.calibration(self.as_learnt[which])
        points: NDArray[np.int64] = np.floor(SCALE["offset"] + SCALE["factor"] * log_odds + 0.5).astype(np.int64)
        return points


@dataclass(frozen=True)
class Contender:
    """The trees, their calibration, and ln(odds good:bad) of every row, to judge by on the part that is named."""

    trees: Trees
    calibration: Calibration
    judged: Floats
    judged_on: str


def learn_champion(task: Task, parts: Mapping[str, Rows]) -> Champion:
    """The scorecard of the part to learn from, calibrated out of time."""
    learnt = parts["training"]
    fit = learn_scorecard(task.rows[learnt].reset_index(drop=True), task.is_bad[learnt], task.columns)
    as_learnt = fit.log_odds(task.rows)
    calibration, judged = calibrate_out_of_time(as_learnt, task.is_bad, task.rows, parts)
    return Champion(fit.recalibrated(calibration.intercept, calibration.slope), calibration, as_learnt, judged)


def learn_contender(task: Task, parts: Mapping[str, Rows], bins: Bins) -> Contender:
    """Trees learnt from the same rows as the champion, calibrated in the same way.

    bins: say in which direction a feature goes. What turns round with time is not read.
    """
    judged_on = judged_part(task.is_bad, parts)
    learnt, stop_by = rows_to_grow_by(task.rows, parts, judged_on)
    rows, is_bad = task.rows, task.is_bad
    columns = [column for column in task.columns if column.name not in bins.turning]
    trees = grow_trees(rows[learnt], is_bad[learnt], columns, bins.directions, stop_by=(rows[stop_by], is_bad[stop_by]))
    calibration, judged = calibrate_out_of_time(trees.log_odds(rows), is_bad, rows, parts)
    return Contender(trees, calibration, judged, judged_on)


def sealed_scorecard(task: Task, parts: Mapping[str, Rows], champion: Champion) -> dict[str, Any]:
    """scorecard.json."""
    content = scorecard_content(
        champion.fit,
        population=task.population,
        calibration=champion.calibration,
        special_codes=task.special_codes,
    )
    content["baseline"] = baseline_content(champion.points(parts["training"]))
    return seal({**content, **_origin(task, parts, champion.calibration)}, task.as_of)


def sealed_challenger(task: Task, parts: Mapping[str, Rows], contender: Contender) -> dict[str, Any]:
    """challenger.json; what no reader would accept must not be published."""
    content = challenger_content(
        contender.trees,
        population=task.population,
        calibration=contender.calibration,
        special_codes=task.special_codes,
    )
    sealed = seal({**content, **_origin(task, parts, contender.calibration)}, task.as_of)
    read_challenger(sealed, contender.trees.text)
    return sealed


def _origin(task: Task, parts: Mapping[str, Rows], calibration: Calibration) -> dict[str, Any]:
    """Where both models come from: the same rows. Dates that taught the calibration have taught the model, too."""
    rows, is_bad, learnt = task.rows, task.is_bad, parts["training"]
    calibrated_by = parts["out_of_time"] & (calibration.method != "none")
    return {
        "as_of": named_day(task.as_of),
        "predicts": task.predicts,
        "trained_on": {
            "observation_dates": _days(task, rows),
            "rows": len(rows),
            "bads": int(is_bad.sum()),
            "rows_outside_population": task.rows_outside_population,
            "learnt_from": {
                "observation_dates": _days(task, rows[learnt]),
                "customers": int(rows.loc[learnt, "customer_id"].nunique()),
                "rows": int(learnt.sum()),
                "bads": int(is_bad[learnt].sum()),
            },
            "calibrated_on": {
                "observation_dates": _days(task, rows[calibrated_by]),
                "rows": int(calibrated_by.sum()),
            },
        },
        "parameters": {**FIT_PARAMETERS, **SPLIT_PARAMETERS},
    }


def _days(task: Task, rows: pd.DataFrame) -> list[str]:
    return sorted({day.isoformat() for day in rows["observation_date"]}) if task.is_dated else []
