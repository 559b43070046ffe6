"""The figures of the model report against independent computations, and the page that shows them."""

from __future__ import annotations

import re
from datetime import date
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pandas as pd
import pytest
from scipy.stats import ks_2samp, mannwhitneyu

from jobs.models.baseline import read_baseline
from jobs.models.credit_score import train
from jobs.models.leaks import attacks_told, warnings_of_attacks
from jobs.models.report_drift import drift_by_date
from jobs.models.report_page import write_page
from jobs.models.report_people import reasons_given
from jobs.models.report_plots import NAMES_WIDTH, bars_plot
from jobs.models.scorecard import Scorecard
from jobs.models.scorecard_fit import Fit
from jobs.models.scorecard_report import measure, probability_of, score_bands, stability_index
from jobs.models.stability import stability_of_counts
from jobs.models.svg_plots import WIDTH
from tests.models.borrowers import as_training_set, borrowers

AS_OF = date(2026, 3, 31)


@pytest.fixture(scope="module")
def documents() -> dict[str, Any]:
    return train(as_training_set(borrowers()), as_of=AS_OF)


@pytest.mark.parametrize("seed", range(5))
def test_auc_gini_and_ks_are_those_of_rank_statistics_ties_included(seed: int) -> None:
    chance = np.random.default_rng(seed)
    log_odds = chance.normal(2, 1, 400).round(1)
    is_bad = (chance.random(400) < probability_of(log_odds)).astype(np.int64)
    bads, goods = log_odds[is_bad == 1], log_odds[is_bad == 0]
    found = measure(log_odds, is_bad)
    auc = mannwhitneyu(-bads, -goods).statistic / (len(bads) * len(goods))
    assert found["auc"] == pytest.approx(auc, abs=1e-6)
    assert found["gini"] == pytest.approx(2 * auc - 1, abs=1e-6)
    assert found["ks"] == pytest.approx(ks_2samp(bads, goods).statistic, abs=1e-6)
    assert found["brier"] == pytest.approx(((probability_of(log_odds) - is_bad) ** 2).mean(), abs=1e-6)


def test_ten_customers_can_be_checked_by_hand() -> None:
    risk = np.array([0.5, 0.5, 0.2, 0.2, 0.2, 0.2, 0.1, 0.1, 0.1, 0.1])
    is_bad = np.array([1, 0, 1, 0, 0, 0, 0, 0, 0, 0])
    found = measure(np.log((1 - risk) / risk), is_bad)
    assert (found["rows"], found["bads"], found["bad_rate"]) == (10, 2, 0.2)
    assert found["expected_bad_rate"] == pytest.approx(0.22)
    assert found["auc"] == pytest.approx((7 + 0.5 + 4 + 3 * 0.5) / 16)  # of 2 x 8 pairs
    assert found["ks"] == pytest.approx(1 - 4 / 8)  # refuse 20 % and more: every bad, half of the goods
    assert found["expected_calibration_error"] == pytest.approx((0.5 + 0.5 + 0.8 + 3 * 0.2 + 4 * 0.1) / 10)


def test_lift_and_capture_can_be_checked_by_hand_and_equal_scores_share_what_they_catch() -> None:
    risk = np.repeat([0.5, 0.2, 0.1], [2, 8, 90])
    is_bad = np.zeros(100, dtype=np.int64)
    is_bad[[0, 1, 2, 3, 50]] = 1  # of the riskiest 2 both, of the next 8 two, of the rest one
    found = measure(np.log((1 - risk) / risk), is_bad)
    assert found["lift_at_1"] == pytest.approx((1 / 5) / 0.01)  # half of two equal rows, both bad
    assert found["lift_at_5"] == pytest.approx(((2 + 2 * 3 / 8) / 5) / 0.05)
    assert found["lift_at_10"] == pytest.approx((4 / 5) / 0.1)
    assert found["capture_at_4"] == pytest.approx((2 + 2 * 2 / 8) / 5)
    assert measure(np.zeros(50), is_bad[:50])["lift_at_5"] == pytest.approx(1)  # who tells nobody apart catches a share


def test_both_models_are_drawn_on_the_same_rows_and_their_area_is_their_gini(documents: dict[str, Any]) -> None:
    challenger = documents["report.json"]["challenger"]
    for name in ("champion", "challenger"):
        points = np.array([[0.0, 0.0], *challenger["curves"]["roc"][name], [1.0, 1.0]])
        area = np.trapezoid(points[:, 1], points[:, 0])
        assert 2 * area - 1 == pytest.approx(challenger["models"][name]["gini"], abs=0.01)  # thinned for the plot
    shown = documents["report.html"].split("<h2>Champion and challenger</h2>")[1].split("</section>")[0]
    assert shown.count("<svg") == 2


def test_t26_the_report_shows_how_far_scores_have_moved_over_groups_frozen_in_training(
    documents: dict[str, Any],
) -> None:
    report, scorecard = documents["report.json"], documents["scorecard.json"]
    drift = {one["observation_date"]: one for one in report["drift"]}
    assert list(drift) == report["trained_on"]["observation_dates"]
    assert all(one["low"] < one["median"] < one["high"] and one["index"] < 0.1 for one in drift.values())
    baseline = read_baseline(scorecard)
    rows = as_training_set(borrowers()).tail(10)
    fallen = drift_by_date(scorecard, np.full(10, 300), rows)
    expected = stability_of_counts(baseline.groups_of(baseline.points), baseline.groups_of({300: 10}))
    assert [(one["index"], one["median"]) for one in fallen] == [(expected, 300)]
    assert expected is not None
    assert expected > 1
    shown = documents["report.html"].split("<h2>Stability</h2>")[1].split("</section>")[0]
    assert shown.count("<svg") == 3


def test_a_part_of_one_kind_only_has_no_figures_instead_of_wrong_ones() -> None:
    found = measure(np.array([1.0, 2.0]), np.array([0, 0]))
    assert found["rows"] == 2
    assert found["auc"] is None
    assert found["expected_calibration_error"] is None
    assert measure(np.array([]), np.array([], dtype=np.int64))["ks"] is None


def test_t26_an_empty_group_gives_a_finite_stability_index() -> None:
    before = np.arange(1000.0)
    assert stability_index(before, before) == 0.0
    shifted = stability_index(before, np.full(50, 999.0))
    assert shifted is not None
    assert 1 < shifted < 20
    assert stability_index(before, np.array([])) is None
    assert stability_index(np.ones(10), np.ones(10)) == 0.0


def test_score_bands_hold_every_row_once_and_start_at_multiples_of_twenty() -> None:
    score = np.array([599.4, 599.5, 600.0, 619.4, 619.5, 640.0])
    bands = score_bands(score, np.zeros(6), np.array([1, 0, 0, 0, 0, 1]))
    assert [(band["band"], band["rows"], band["bads"]) for band in bands] == [
        ("580-599", 1, 1),
        ("600-619", 3, 0),
        ("620-639", 1, 0),
        ("640-659", 1, 1),
    ]
    assert {band["expected"] for band in bands} == {0.5}


def test_a_number_below_zero_has_no_bar_and_stands_clear_of_the_names() -> None:
    svg = bars_plot([("ann", 5.0), ("bob", -3.0)], across="points", top=5.0)
    assert [float(width) for width in re.findall(r'<rect[^>]* width="([^"]+)"', svg)] == [WIDTH - NAMES_WIDTH - 70, 0]
    [place] = re.findall(r'<text x="([^"]+)"[^>]*>-3<', svg)
    assert float(place) > NAMES_WIDTH


def test_who_has_more_than_the_best_bin_by_a_missing_value_loses_nothing() -> None:
    """Ann lacks what costs bob 40 points, and is better off without it: on average 20 are lost, and not 10."""
    named = SimpleNamespace(name="rescheduled", weight=1.0, best=SimpleNamespace(weight_of_evidence=0.5))
    scorecard = SimpleNamespace(factor=40.0, features=[named])
    fit = SimpleNamespace(features=[SimpleNamespace(weights_of_evidence=lambda _: np.array([1.0, -0.5]))])
    [told] = reasons_given(cast(Scorecard, scorecard), cast(Fit, fit), pd.DataFrame({"rescheduled": [np.nan, 3.0]}))
    assert told == {"feature": "rescheduled", "mean_points_lost": 20.0, "first_for_share": 0.5}


def test_the_page_needs_nothing_from_elsewhere_and_is_well_formed(documents: dict[str, Any]) -> None:
    page = documents["report.html"]
    assert re.findall(r"https?:|src=|href=|url\(|@import|<script|<link|<img", page) == []
    assert page.count("<svg") == 12
    assert "nan" not in page.lower().replace("finance", "")

    opened: list[str] = []
    for slash, tag, empty in re.findall(r"<(/?)([a-z][a-z0-9]*)[^>]*?(/?)>", page):
        if slash:
            assert opened.pop() == tag
        elif not empty and tag != "meta":
            opened.append(tag)
    assert opened == []


def test_the_page_shows_what_the_report_says(documents: dict[str, Any]) -> None:
    page, report = documents["report.html"], documents["report.json"]
    assert report["model_version"] in page
    for part in report["parts"].values():
        assert f"{part['auc']:.3f}" in page
        assert f"{part['ks']:.3f}" in page
    for feature in report["features"]:
        assert f">{feature['name']}<" in page
        assert f"{feature['information_value']:.3f}" in page
    for one in report["left_out"]:
        assert one["name"] in page
    assert f"KS {report['parts']['out_of_time']['ks']:.1%}" in page


def test_the_report_says_what_the_score_is_worth_without_the_network(documents: dict[str, Any]) -> None:
    assert documents["report.json"]["without_network"] is None
    assert "uses no feature of the network" in documents["report.html"]
    rows = as_training_set(borrowers())
    chance = np.random.default_rng(2)
    rows["neighbour_count"] = np.where(rows["is_default"], chance.poisson(4, len(rows)), chance.poisson(2, len(rows)))
    files: dict[str, Any] = train(rows, as_of=AS_OF)
    found = files["report.json"]["without_network"]
    both, without = found["models"]["with"], found["models"]["without"]
    assert found["used"] == ["neighbour_count"]
    assert without["gini_gain_high"] < 0  # what is taken away is missed
    assert both["gini"] - without["gini"] > 0.05
    assert without["gini"] == pytest.approx(documents["report.json"]["parts"]["out_of_time"]["gini"], abs=0.02)
    assert f"{without['gini']:.3f} ({without['gini_low']:.3f} to" in files["report.html"]
    assert set(found["curves"]["roc"]) == set(found["curves"]["gains"]) == {"with", "without"}
    shown = files["report.html"].split("<h2>With and without the network</h2>")[1].split("</section>")[0]
    assert shown.count("<svg") == 2


def test_t7_the_report_shows_the_leak_audit_and_names_what_failed(documents: dict[str, Any]) -> None:
    assert documents["report.json"]["leak_audit"] is None
    assert "No feature was attacked." in documents["report.html"]
    one = {"observation_date": date(2025, 8, 31), "family": "default_influence", "feature": "default_influence"}
    told = {"auc": 0.6, "auc_deviation": 0.02, "customer_count": 900, "changed_customer_count": None}
    attacks = [
        {**one, **told, "attack": "none", "verdict": "in truth"},
        {**one, **told, "attack": "outcomes dealt anew", "auc": 0.497, "verdict": "passed"},
        {**one, **told, "attack": "outcomes of other days", "auc": 0.503, "verdict": "cannot tell"},
        {**one, **told, "attack": "random graph", "verdict": "failed"},
        {**one, **dict.fromkeys(told), "attack": "own label flipped", "feature": "every column", "verdict": "failed"}
        | {"customer_count": 40, "changed_customer_count": 3},
    ]
    report = {**documents["report.json"], "leak_audit": attacks_told(attacks)}
    page = write_page(report)
    cells = ("default_influence", "0.600", "0.497", "0.503", "0.600", "0.461 to 0.539", "<b>failed</b>")
    row = "".join(
        f"<td{' class=' + chr(34) + 'n' + chr(34) if place else ''}>{cell}</td>" for place, cell in enumerate(cells)
    )
    assert row in page
    assert '<td>own label flipped</td><td class="n">40</td><td class="n">3</td>' in page
    assert list(warnings_of_attacks(report["leak_audit"])) == [
        "the leak audit cannot tell: default_influence, default_influence, outcomes of other days: "
        "AUC 0.503, by chance 0.461 to 0.539",
        "the leak audit failed: default_influence, default_influence, random graph: "
        "AUC 0.600, by chance 0.461 to 0.539",
        "the leak audit failed: default_influence, every column, own label flipped: 3 of 40 customers changed",
    ]


def test_words_from_contracts_cannot_break_the_page(documents: dict[str, Any]) -> None:
    report = documents["report.json"]
    risky = {**report, "predicts": "<script>alert(1)</script> & more"}
    assert "<script" not in write_page(risky)
    assert "&lt;script&gt;alert(1)&lt;/script&gt; &amp; more" in write_page(risky)
