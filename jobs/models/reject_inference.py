"""What applicants who were declined would have done, guessed in three ways, and what each guess is worth.

A score that decides about applicants is learnt on those who were approved. Reject inference guesses outcomes for the
others and learns from all. It invents nothing: only applicants approved by lot can tell whether it helped, so every way
is judged on them, beside the baseline that leaves the declined out.

    known_good_bad         the baseline: learnt on approved applicants alone
    parcelling             of the declined in a band of the baseline's score, the share of bads of the approved in
                           that band times `worse_by` counts as bad; who it is, is drawn by a hash
    fuzzy_augmentation     each declined applicant counts twice, as bad and as good, with the baseline's probability
                           times `worse_by` and the rest as weights

Siddiqi, Credit Risk Scorecards, 2006, chapter 6; Banasik and Crook, Reject inference, augmentation, and sample
selection, European Journal of Operational Research 183, 2007. With `worse_by` 1 fuzzy augmentation moves few weights:
it repeats what the baseline believes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

from jobs.models.comparison import compare
from jobs.models.feature_bins import Bads, Floats
from jobs.models.training_split import draw

BANDS = 10
WORSE_BY = 1.5  # how much oftener the declined of a band fail than its approved: a guess of the trade, to be varied
MOST_BINS = 10
PARCEL_SALT = "reject parcel 1"
FEWEST_OF_AN_OUTCOME = 10
SMALLEST_PROBABILITY = 1e-6


class RejectInferenceError(ValueError):
    """The table cannot be learnt from or judged on; the message says why and what to do."""

    exit_code = 2


@dataclass(frozen=True)
class Applications:
    """Applicants, one row each, in any order.

    features: numbers, null where not known. is_bad: the outcome; where it is not known any value. is_approved: whose
    outcome may be learnt from. is_by_lot: approved whatever the policy thought of them; never learnt from, to judge by.
    """

    applicants: NDArray[Any]
    features: pd.DataFrame
    is_bad: Bads
    is_approved: NDArray[np.bool_]
    is_by_lot: NDArray[np.bool_]

    def __post_init__(self) -> None:
        lengths = {
            len(self.applicants),
            len(self.features),
            len(self.is_bad),
            len(self.is_approved),
            len(self.is_by_lot),
        }
        if len(lengths) != 1:
            raise RejectInferenceError(f"columns of different lengths {sorted(lengths)}: give one value per applicant")
        if (self.is_by_lot & ~self.is_approved).any():
            raise RejectInferenceError("applicants declined by lot: is_by_lot is for approved ones, mark only those")
        for rows, whose in ((self.learnt_from, "approved by the policy"), (self.is_by_lot, "approved by lot")):
            bads = int(self.is_bad[rows].sum())
            fewest = min(bads, int(rows.sum()) - bads)
            if fewest < FEWEST_OF_AN_OUTCOME:
                raise RejectInferenceError(
                    f"{whose}: {bads} bads of {int(rows.sum())}; at least {FEWEST_OF_AN_OUTCOME} of each outcome are "
                    "needed: wait for more to mature"
                )

    @property
    def learnt_from(self) -> NDArray[np.bool_]:
        """Approved by the policy."""
        return self.is_approved & ~self.is_by_lot


Weighted = tuple[NDArray[np.int64], Bads, Floats]
"""Positions of rows, the outcome each counts as, and its weight; a row may come twice."""


def compare_ways(
    applications: Applications, *, worse_by: float = WORSE_BY, truth: Bads | None = None, draws: int = 400
) -> dict[str, Any]:
    """Gini of each way on applicants approved by lot, with an interval, and its gain over the baseline with one.

    truth: what everybody would have done, where a world knows it; then the same on the declined under `declined`.
    A way `helps` only where the interval of its gain on the lot lies above 0.
    """
    scores = {name: _log_odds(applications, way(applications, worse_by)) for name, way in WAYS.items()}
    judged: dict[str, Any] = {
        "by_lot": _judged(applications, scores, applications.is_by_lot, applications.is_bad, draws)
    }
    if truth is not None:
        judged["declined"] = _judged(applications, scores, ~applications.is_approved, truth, draws)
    gains = {name: judged["by_lot"]["models"][name].get("gini_gain_low") for name in WAYS}
    return {
        "worse_by": worse_by,
        "declined_count": int((~applications.is_approved).sum()),
        "learnt_from_count": int(applications.learnt_from.sum()),
        "helps": sorted(name for name, low in gains.items() if low is not None and low > 0),
        **judged,
    }


def known_good_bad(applications: Applications, worse_by: float = WORSE_BY) -> Weighted:  # noqa: ARG001 - guesses nothing
    """Only approved applicants, with their outcomes."""
    rows = np.flatnonzero(applications.learnt_from)
    return rows, applications.is_bad[rows], np.ones(len(rows))


def parcelling(applications: Applications, worse_by: float = WORSE_BY) -> Weighted:
    """Approved applicants, and the declined with an outcome each, drawn by a hash of the applicant within its band."""
    rows, bads, weights = known_good_bad(applications)
    chance = _probability(applications, (rows, bads, weights))
    edges = np.quantile(chance[rows], np.linspace(0, 1, BANDS + 1)[1:-1])
    band = np.searchsorted(edges, chance)
    share = np.bincount(band[rows], bads, minlength=BANDS) / np.maximum(1, np.bincount(band[rows], minlength=BANDS))
    declined = np.flatnonzero(~applications.is_approved)
    drawn = np.array([draw(PARCEL_SALT, str(applicant)) for applicant in applications.applicants[declined]])
    guessed = drawn < np.minimum(1.0, share[band[declined]] * worse_by)
    return np.append(rows, declined), np.append(bads, guessed), np.append(weights, np.ones(len(declined)))


def fuzzy_augmentation(applications: Applications, worse_by: float = WORSE_BY) -> Weighted:
    """Approved applicants, and the declined twice, as bad and as good, by the probability of each."""
    rows, bads, weights = known_good_bad(applications)
    declined = np.flatnonzero(~applications.is_approved)
    chance = np.minimum(1.0, _probability(applications, (rows, bads, weights))[declined] * worse_by)
    guessed = np.repeat([1, 0], len(declined))
    return (
        np.concatenate([rows, declined, declined]),
        np.append(bads, guessed),
        np.concatenate([weights, chance, 1 - chance]),
    )


WAYS: dict[str, Callable[[Applications, float], Weighted]] = {
    "known_good_bad": known_good_bad,
    "parcelling": parcelling,
    "fuzzy_augmentation": fuzzy_augmentation,
}
"""The baseline first."""


def _judged(
    applications: Applications, scores: dict[str, Floats], rows: NDArray[np.bool_], outcome: Bads, draws: int
) -> dict[str, Any]:
    of_rows = {name: score[rows] for name, score in scores.items()}
    return compare(of_rows, outcome[rows], applications.applicants[rows], draws=draws)


def _probability(applications: Applications, learnt: Weighted) -> Floats:
    return 1 / (1 + np.exp(_log_odds(applications, learnt)))


def _log_odds(applications: Applications, learnt: Weighted) -> Floats:
    """ln(odds good:bad) of every applicant, by a logistic regression on weights of evidence of the rows learnt from.

    Binned anew for each way: with the baseline's bins an augmented model repeats the baseline.
    """
    rows, is_bad, weights = learnt
    coded = np.column_stack(
        [_evidence(applications.features[name].to_numpy(dtype=float), learnt) for name in applications.features]
    )
    model = LogisticRegression(C=1e6, max_iter=1000).fit(coded[rows], is_bad, sample_weight=weights)
    chance = np.clip(model.predict_proba(coded)[:, 1], SMALLEST_PROBABILITY, 1 - SMALLEST_PROBABILITY)
    return np.asarray(np.log((1 - chance) / chance))


def _evidence(values: Floats, learnt: Weighted) -> Floats:
    """Weight of evidence of each value's bin: ten of equal weight and one for no value, half a row added to each."""
    rows, is_bad, weights = learnt
    known = rows[~np.isnan(values[rows])]
    edges = np.unique(np.quantile(values[known], _steps())) if len(known) else np.array([])
    bins = np.where(np.isnan(values), len(edges) + 1, np.searchsorted(edges, values, side="right"))
    counts = [np.bincount(bins[rows], weights * (is_bad == one), minlength=len(edges) + 2) + 0.5 for one in (0, 1)]
    good, bad = (count / count.sum() for count in counts)
    return np.asarray(np.log(good / bad)[bins])


def _steps() -> Sequence[float]:
    return [number / MOST_BINS for number in range(1, MOST_BINS)]
