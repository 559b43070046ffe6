"""Probabilities that mean what they say: log-odds corrected by what happened later, to people the model never saw.

Platt, Probabilistic outputs for support vector machines, 1999: a logistic regression of the outcome on the score. It
is a straight line in log-odds, so a calibrated scorecard is a scorecard again: weights and intercept change, and
points still add up. Isotonic regression (Zadrozny and Elkan 2002) would need thousands of defaults, and break that.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from sklearn.linear_model import LogisticRegression

from jobs.models.feature_bins import DECIMALS, Bads, Floats
from jobs.models.training_split import Rows, first_half

MIN_DEFAULTS_TO_CALIBRATE = 100
"""With fewer the correction is noise: the rate of 100 defaults is known to a tenth. A guess on the cautious side."""


@dataclass(frozen=True)
class Calibration:
    """calibrated log-odds = intercept + slope * log-odds, both ln(odds good:bad); slope is above 0.

    method: "platt", or "none" with the reason. rows, defaults: what it was learnt from.
    """

    method: str
    intercept: float = 0.0
    slope: float = 1.0
    rows: int = 0
    defaults: int = 0
    reason: str = ""

    def __call__(self, log_odds: Floats) -> Floats:
        """The calibrated log-odds."""
        return np.asarray(self.intercept + self.slope * log_odds)

    def content(self) -> dict[str, Any]:
        """For the stored model and the report."""
        return {
            "method": self.method,
            "intercept": self.intercept,
            "slope": self.slope,
            "rows": self.rows,
            "defaults": self.defaults,
            "reason": self.reason,
            "formula": "intercept + slope * log-odds as learnt; contained in what is stored",
        }


UNCALIBRATED = Calibration("none", reason="not asked for")


def calibrate(log_odds: Floats, is_bad: Bads, *, at_least: int = MIN_DEFAULTS_TO_CALIBRATE) -> Calibration:
    """The correction learnt from these rows; "none" where they are too few, or contradict the model altogether."""
    rows, defaults = len(is_bad), int(is_bad.sum())
    rarer = min(defaults, rows - defaults)
    if rarer < at_least:
        return Calibration(
            "none", rows=rows, defaults=defaults, reason=f"{rarer} of the rarer outcome, {at_least} needed"
        )
    # C = inf: no penalty. Two coefficients from a hundred defaults need none.
    model = LogisticRegression(C=np.inf, solver="newton-cholesky", tol=1e-10, max_iter=200)
    model.fit(log_odds.reshape(-1, 1), 1 - is_bad)
    slope, intercept = round(float(model.coef_[0, 0]), DECIMALS), round(float(model.intercept_[0]), DECIMALS)
    if slope <= 0:
        return Calibration("none", rows=rows, defaults=defaults, reason="later outcomes contradict the order of scores")
    return Calibration("platt", intercept, slope, rows, defaults)


def calibrated_by_others(log_odds: Floats, is_bad: Bads, is_first_half: np.ndarray) -> Floats:
    """Each half corrected by what the other half taught, so that no row is judged by a correction it took part in."""
    corrected = log_odds.copy()
    for half in (is_first_half, ~is_first_half):
        if half.any():
            taught = calibrate(log_odds[~half], is_bad[~half], at_least=MIN_DEFAULTS_TO_CALIBRATE // 3)
            corrected[half] = taught(log_odds[half])
    return corrected


def calibrate_out_of_time(
    log_odds: Floats, is_bad: Bads, rows: pd.DataFrame, parts: Mapping[str, Rows]
) -> tuple[Calibration, Floats]:
    """The correction learnt from the newest dates of customers never seen, and the log-odds to judge by.

    Rows out of time are judged by what the other half of their customers taught, all others by the whole correction.
    """
    newest = parts["out_of_time"]
    calibration = calibrate(log_odds[newest], is_bad[newest])
    judged = calibration(log_odds)
    if calibration.method != "none":
        judged[newest] = calibrated_by_others(log_odds[newest], is_bad[newest], first_half(rows)[newest])
    return calibration, judged
