"""What guesses about declined applicants are worth, in a world that knows what they would have done."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score

from jobs.models.feature_bins import Bads
from jobs.models.reject_inference import (
    WAYS,
    Applications,
    RejectInferenceError,
    compare_ways,
    fuzzy_augmentation,
    known_good_bad,
    parcelling,
)
from jobs.reject_commands import applications_in
from jobs.run import main

COUNT = 12_000


def world(*, is_policy_a_coin: bool = False, seed: int = 3) -> tuple[Applications, Bads]:
    """Applicants of a bank that declines the riskier half, by what we know and by what only it knows; 8 % by lot."""
    chance = np.random.default_rng(seed)
    income, debt, hidden = chance.normal(size=(3, COUNT))
    risk = -2.2 - 0.7 * income + 0.8 * debt + 0.8 * hidden
    truth = (chance.random(COUNT) < 1 / (1 + np.exp(-risk))).astype(np.int64)
    is_by_lot = chance.random(COUNT) < 0.08
    believed = chance.normal(size=COUNT) * 0.5
    if not is_policy_a_coin:
        believed += 0.8 * debt - 0.7 * income + 1.5 * hidden
    is_approved = is_by_lot | (believed < np.median(believed))
    features = pd.DataFrame({"income": np.where(chance.random(COUNT) < 0.1, np.nan, income), "debt": debt})
    applicants = np.array([f"a{number:05d}" for number in range(COUNT)])
    known = np.where(is_approved, truth, 0)
    return Applications(applicants, features, known, is_approved, is_by_lot), truth


def ginis(report: dict[str, Any], whom: str) -> dict[str, float]:
    return {name: measures["gini"] for name, measures in report[whom]["models"].items()}


def test_t25_every_way_is_judged_on_those_approved_by_lot_and_on_what_the_declined_would_have_done() -> None:
    applications, truth = world()
    report = compare_ways(applications, truth=truth, draws=100)
    assert list(ginis(report, "by_lot")) == list(ginis(report, "declined")) == list(WAYS)
    best = 2 * roc_auc_score(truth[applications.is_by_lot], true_risk(applications)) - 1
    assert all(0.2 < gini < best + 0.05 for gini in ginis(report, "by_lot").values())
    for name in ("parcelling", "fuzzy_augmentation"):
        measures = report["by_lot"]["models"][name]
        assert measures["gini_gain_low"] <= measures["gini_gain"] <= measures["gini_gain_high"]
        assert (name in report["helps"]) == (measures["gini_gain_low"] > 0)


def true_risk(applications: Applications) -> Any:
    features = applications.features[applications.is_by_lot]
    return 0.8 * features["debt"] - 0.7 * features["income"].fillna(0)


def test_t25_where_a_coin_declines_there_is_nothing_to_gain_and_no_gain_is_claimed() -> None:
    applications, truth = world(is_policy_a_coin=True)
    report = compare_ways(applications, worse_by=1.0, truth=truth, draws=100)
    assert report["helps"] == []
    baseline = ginis(report, "declined")["known_good_bad"]
    assert all(gini == pytest.approx(baseline, abs=0.02) for gini in ginis(report, "declined").values())


def test_outcomes_of_the_lot_and_of_the_declined_are_never_learnt_from() -> None:
    applications, truth = world()
    unseen = ~applications.learnt_from
    turned = replace(applications, is_bad=np.where(unseen, 1 - truth, applications.is_bad))
    for way in WAYS.values():
        before, after = way(applications, 1.5), way(turned, 1.5)
        assert all(np.array_equal(one, other) for one, other in zip(before, after, strict=True))


def test_fuzzy_augmentation_weighs_every_declined_applicant_once_and_parcelling_counts_them_once() -> None:
    applications, _ = world()
    declined = int((~applications.is_approved).sum())
    rows, _, weights = fuzzy_augmentation(applications)
    assert weights.sum() == pytest.approx(applications.learnt_from.sum() + declined)
    assert len(rows) == applications.learnt_from.sum() + 2 * declined
    parcelled, bads, _ = parcelling(applications, 2.0)
    assert len(np.unique(parcelled)) == len(parcelled) == applications.learnt_from.sum() + declined
    learnt, known, _ = known_good_bad(applications)
    assert bads[len(learnt) :].mean() > 1.5 * known.mean()


def test_t17_the_order_of_the_applicants_changes_no_figure() -> None:
    applications, truth = world()
    order = np.random.default_rng(1).permutation(COUNT)
    shuffled = Applications(
        applications.applicants[order],
        applications.features.iloc[order].reset_index(drop=True),
        applications.is_bad[order],
        applications.is_approved[order],
        applications.is_by_lot[order],
    )
    given = ginis(compare_ways(applications, truth=truth, draws=50), "declined")
    assert ginis(compare_ways(shuffled, truth=truth[order], draws=50), "declined") == pytest.approx(given, abs=1e-5)


def test_too_few_bads_and_declined_applicants_by_lot_are_refused_in_one_line() -> None:
    applications, _ = world()
    with pytest.raises(RejectInferenceError, match="approved by the policy: 0 bads of"):
        replace(applications, is_bad=np.zeros(COUNT, dtype=np.int64))
    with pytest.raises(RejectInferenceError, match="declined by lot"):
        replace(applications, is_by_lot=np.ones(COUNT, dtype=bool))
    with pytest.raises(RejectInferenceError, match="different lengths"):
        replace(applications, applicants=applications.applicants[1:])


def test_a_file_of_applications_is_judged_from_the_command_line(tmp_path: Path) -> None:
    applications, truth = world()
    frame = applications.features.assign(
        applicant_id=applications.applicants,
        is_approved=applications.is_approved,
        is_by_lot=applications.is_by_lot,
        is_bad=np.where(applications.is_approved, applications.is_bad, np.nan),
        is_bad_in_truth=truth,
    )
    frame.to_parquet(tmp_path / "applications.parquet")
    arguments = [str(tmp_path / "applications.parquet"), "--out", str(tmp_path / "rejects.json")]
    assert main(["compare-rejects", *arguments]) == 0
    told = json.loads((tmp_path / "rejects.json").read_text())
    assert ginis(told, "declined") == ginis(compare_ways(applications, truth=truth, draws=50), "declined")
    assert told["learnt_from_count"] + told["declined_count"] + applications.is_by_lot.sum() == COUNT


def test_applications_without_their_columns_and_approved_ones_without_an_outcome_are_refused() -> None:
    applications, _ = world()
    frame = applications.features.assign(
        applicant_id=applications.applicants, is_approved=applications.is_approved, is_by_lot=applications.is_by_lot
    )
    with pytest.raises(RejectInferenceError, match="lack is_bad; have words or dates in city, nulls"):
        applications_in(frame.assign(city="A"))
    with pytest.raises(RejectInferenceError, match="is_bad is null for approved"):
        applications_in(frame.assign(is_bad=np.nan))
