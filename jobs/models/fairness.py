"""Whom a scorecard treats how: approval, errors and calibration of groups, and whom its features give away.

Groups are described after the model is made and never read by it. Approval ratios follow the four-fifths rule
(29 CFR 1607.4(D)); error rates are those of Hardt, Price and Srebro 2016 (equal opportunity: of people who pay, nobody
is refused more often); calibration within groups is that of Kleinberg, Mullainathan and Raghavan 2017, who show that
all three cannot be had at once where groups differ in risk. So the page shows them, and people decide.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

from jobs.models.data_sheet import bin_numbers
from jobs.models.feature_bins import Bads, Floats
from jobs.models.grades import GRADE_BELOW, LAST_APPROVED
from jobs.models.scorecard import Scorecard
from jobs.models.scorecard_report import DIGITS, probability_of
from jobs.models.training_split import Rows

NOT_KNOWN = "not known"
FEW = 30  # of fewer people no rate is told: one more would move it by more than three per cent
LEAST_IMPACT_RATIO = 0.8
TELLING_AUC = 0.7
"""From here on the features together are a stand-in for the group: two in three pairs are told apart. A guess."""


def fairness(
    groups: pd.DataFrame,
    rows: pd.DataFrame,
    log_odds: Floats,
    is_bad: Bads,
    parts: Mapping[str, Rows],
    scorecard: Scorecard,
) -> dict[str, Any]:
    """How each group of each attribute fares among customers never learnt from, and how well features tell it.

    groups: one line for each row, one column for each attribute, None where it is not known. log_odds: to judge by.
    """
    judged = parts["random_split"] | parts["out_of_time"]
    return {
        "judged_on": "customers never learnt from, on every date",
        "approved_up_to": LAST_APPROVED,
        "attributes": [
            {
                "attribute": name,
                "groups": describe_groups(groups[name][judged].to_numpy(), log_odds[judged], is_bad[judged]),
            }
            for name in groups
        ],
        "proxies": scan_for_proxies(groups, rows, parts["training"], judged, scorecard),
    }


def describe_groups(group: NDArray[Any], log_odds: Floats, is_bad: Bads) -> list[dict[str, Any]]:
    """One entry for each group in the order of names, those of whom it is not known last; rates of few are null.

    refused_share_of_good: of those who paid, refused. approved_share_of_bad: of those who defaulted, approved.
    """
    names = np.array([NOT_KNOWN if pd.isna(value) else str(value) for value in group], dtype=object)
    probability = probability_of(log_odds)
    is_approved = probability < GRADE_BELOW[LAST_APPROVED]
    found = []
    for name in sorted(set(names), key=lambda one: (one == NOT_KNOWN, one)):
        inside = names == name
        bad = is_bad[inside] == 1
        found.append(
            {
                "group": name,
                "rows": int(inside.sum()),
                "bads": int(bad.sum()),
                "approved_share": _mean(is_approved[inside]),
                "refused_share_of_good": _mean(~is_approved[inside][~bad]),
                "approved_share_of_bad": _mean(is_approved[inside][bad]),
                "expected_bad_rate": _mean(probability[inside]),
                "bad_rate": _mean(bad),
            }
        )
    return _with_ratios(found)


def scan_for_proxies(
    groups: pd.DataFrame, rows: pd.DataFrame, learnt: Rows, judged: Rows, scorecard: Scorecard
) -> list[dict[str, Any]]:
    """How well the scorecard's features tell each group from the rest: AUC on customers never learnt from.

    A logistic regression on the bins that are scored, learnt from one row for each customer; 0.5 is blind. What the
    bins do not tell, the score cannot know.
    """
    bins = pd.concat(
        [pd.get_dummies(bin_numbers(one, rows[one.name])).add_prefix(f"{one.name} ") for one in scorecard.features],
        axis=1,
    ).to_numpy(dtype=np.float64)
    newest = ~rows["customer_id"].duplicated(keep="last").to_numpy()
    learnt_of, judged_of = learnt & _newest_within(rows, learnt), judged & newest
    found = []
    for name in groups:
        for value in sorted({str(one) for one in groups[name].dropna().unique()}):
            is_in = (groups[name].astype(str) == value).to_numpy()
            auc = _auc_of_telling(bins, is_in, learnt_of, judged_of)
            found.append({"attribute": name, "group": value, "customers": int(is_in[judged_of].sum()), "auc": auc})
    return found


def warnings_of_fairness(found: Mapping[str, Any]) -> list[str]:
    """What to look at before signing, in words."""
    told = []
    for one in found["attributes"]:
        for group in one["groups"]:
            ratio = group["approval_ratio"]
            if ratio is not None and ratio < LEAST_IMPACT_RATIO:
                who = f"{one['attribute']} {group['group']}"
                told.append(f"{who}: approved {ratio:.2f} times as often as the group approved most")
    for proxy in found["proxies"]:
        if proxy["auc"] is not None and proxy["auc"] >= TELLING_AUC:
            told.append(f"{proxy['attribute']} {proxy['group']}: the features tell it (AUC {proxy['auc']:.2f})")
    return told


def _newest_within(rows: pd.DataFrame, which: Rows) -> Rows:
    """The last row of each customer among those; the rows are sorted by date."""
    positions = np.flatnonzero(which)
    is_last = ~rows["customer_id"].iloc[positions].duplicated(keep="last").to_numpy()
    newest = np.zeros(len(rows), dtype=bool)
    newest[positions[is_last]] = True
    return newest


def _auc_of_telling(bins: Floats, is_in: NDArray[np.bool_], learnt: Rows, judged: Rows) -> float | None:
    both = [min(int(is_in[which].sum()), int((~is_in[which]).sum())) for which in (learnt, judged)]
    if min(both) < FEW:
        return None
    model = LogisticRegression(C=1.0, solver="lbfgs", max_iter=200).fit(bins[learnt], is_in[learnt])
    return round(float(roc_auc_score(is_in[judged], model.predict_proba(bins[judged])[:, 1])), 4)


def _with_ratios(found: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """With the share approved over that of the group approved most; who is not known is no group."""
    known = [one["approved_share"] for one in found if one["group"] != NOT_KNOWN and one["approved_share"] is not None]
    best = max(known, default=0.0)
    return [
        {
            **one,
            "approval_ratio": None
            if one["group"] == NOT_KNOWN or one["approved_share"] is None or not best
            else round(one["approved_share"] / best, DIGITS),
        }
        for one in found
    ]


def _mean(values: NDArray[Any]) -> float | None:
    return round(float(values.mean()), DIGITS) if len(values) >= FEW else None
