"""Whom a message moves: judged on randomised messages, and against what the demo world knows to be true."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import pytest

from jobs.models.learning_rows import FEATURES
from jobs.models.propensity import NO_TREES, read_uplift
from jobs.models.qini import Trial, curve, effect, judge, qini, rank
from jobs.models.response import train
from jobs.models.training_split import draw
from jobs.models.uplift_fit import Learners, fit_uplift, learn, shrinkage, with_channel
from tests.models.messages import messages

AS_OF = date(2026, 3, 31)


@pytest.fixture(scope="module")
def history() -> pd.DataFrame:
    return messages(20_000, 3)


@pytest.fixture(scope="module")
def learners(history: pd.DataFrame) -> tuple[Learners, pd.DataFrame]:
    """What is learnt from half of the households, and the messages of the other half."""
    is_first = np.array([draw("a test", household) < 0.5 for household in history["household_id"]])
    seen = with_channel(history)
    return learn(seen[is_first].reset_index(drop=True), FEATURES), seen[~is_first].reset_index(drop=True)


def test_t27_the_best_tenth_by_uplift_is_truly_moved_and_beats_the_best_tenth_by_response(
    learners: tuple[Learners, pd.DataFrame],
) -> None:
    """Sleeping dogs are planted by the demo: one person in thirteen."""
    learnt, unseen = learners
    truth = unseen["true_uplift"].to_numpy()
    assert (truth < -0.03).mean() > 0.05
    best = {
        name: truth[np.argsort(-score, kind="stable")[: len(truth) // 10]].mean()
        for name, score in (
            ("x_learner", learnt.by_effects(unseen)),
            ("t_learner", learnt.by_difference(unseen)),
            ("response", learnt.responds(unseen)),
        )
    }
    assert best["x_learner"] > 1.5 * truth.mean() > 0
    assert best["x_learner"] > best["response"] + 0.003
    assert best["t_learner"] > truth.mean()
    worst = truth[np.argsort(learnt.by_effects(unseen), kind="stable")[: len(truth) // 10]].mean()
    assert worst < truth.mean() / 2


def test_t27_the_interval_of_qini_lies_above_nothing_and_shrinkage_keeps_what_is_real(history: pd.DataFrame) -> None:
    fit = fit_uplift(history, FEATURES)
    scores = fit.judged["scores"]
    assert scores["x_learner"]["qini_low"] > 0
    assert scores["x_learner"]["effect_in_best_tenth"] > fit.judged["effect_on_all"] > 0
    assert fit.fallback == ""
    assert 0.2 < fit.slope <= 2.0
    truth = history["true_uplift"].to_numpy()
    raw = fit.learners.by_effects(with_channel(history))
    predicted = fit.mean + fit.slope * (raw - fit.centre)
    assert predicted.mean() == pytest.approx(truth.mean(), abs=0.01)
    assert np.mean((predicted - truth) ** 2) < np.var(truth)  # better than one number for everybody


def test_t27_where_a_message_moves_everybody_alike_nobody_is_preferred(history: pd.DataFrame) -> None:
    chance, some = np.random.default_rng(2), history.head(20_000)
    alike = some.assign(responds=chance.random(len(some)) < np.where(some["is_control"], 0.03, 0.06))
    files: dict[str, Any] = train(alike, as_of=AS_OF)
    content, page = files["uplift.json"], files["report.html"]
    shown = page.split("<h2>uplift: what a message adds</h2>")[1].split("</section>")[0]
    assert shown.count("<svg") == 1
    assert f"{content['judged']['scores']['t_learner']['qini']:.5f} (" in shown
    if content["fallback"]:
        assert content["fallback"] == "effects differ no more than chance among customers never seen"
        assert content["uplift"]["slope"] == 0.0
    assert content["uplift"]["mean"] == pytest.approx(0.03, abs=0.01)
    assert content["judged"]["scores"]["x_learner"]["qini_low"] < 0.001


def test_with_few_applications_among_controls_a_message_is_worth_what_was_declared(history: pd.DataFrame) -> None:
    files: dict[str, Any] = train(history.head(2000), as_of=AS_OF)
    content = files["uplift.json"]
    assert "applications among messages withheld or sent, 30 of each needed" in content["fallback"]
    assert files["uplift_of_contacted.txt"] == files["uplift_of_controls.txt"] == NO_TREES
    model = read_uplift("uplift.json", content, NO_TREES, NO_TREES)
    assert (model.mean, model.slope, model.features) == (0.0, 0.0, ())
    assert "30 of each needed. Nobody is written to for it." in files["report.html"]
    assert train(history.head(0), as_of=AS_OF)["responds.json"]["fallback"] == "nobody was asked"


def planted(count: int) -> Trial:
    """Two responses of each arm among the first half of the rows, one control after it."""
    is_control = np.arange(count) % 2 == 1
    responds = np.zeros(count, dtype=np.int64)
    responds[[0, 2]] = 1
    return Trial(responds, is_control, np.arange(count))


def test_qini_is_the_area_above_contacting_at_random_counted_by_hand() -> None:
    trial = planted(8)
    best_first = -np.arange(8.0)
    # gained after each row: 1/4, 1/4, 2/4, 2/4, ... less share * 2/4
    gained = np.array([0, 0.25, 0.25, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5]) - np.arange(9) / 8 * 0.5
    expected = (gained[1:] + gained[:-1]).sum() / 2 / 8
    assert qini(rank(best_first, trial)) == pytest.approx(expected)
    assert qini(rank(-best_first, trial)) < 0
    drawn = np.array(curve(best_first, trial))
    assert drawn[[0, -1]].tolist() == [[0, 0], [1, 0.5]]  # at the end what a message adds to all
    assert np.interp([1 / 8, 3 / 8], drawn[:, 0], drawn[:, 1]) == pytest.approx([0.25, 0.5], abs=0.02)
    assert qini(rank(np.zeros(8), trial)) == pytest.approx(0.0)  # equal scores know nothing, in whatever order
    assert effect(trial) == pytest.approx(0.5)
    weights = np.array([2.0, 1, 1, 1, 1, 1, 1, 1])
    doubled = Trial(np.append(trial.responds, 1), np.append(trial.is_control, False), np.arange(9))
    assert qini(rank(best_first, trial), weights) == pytest.approx(qini(rank(np.append(best_first, 0.0), doubled)))


def test_without_one_of_the_arms_nothing_is_said() -> None:
    trial = Trial(np.array([1, 0]), np.array([False, False]), np.array(["a", "b"]))
    assert effect(trial) is None
    assert qini(rank(np.array([1.0, 0.0]), trial)) == 0.0
    judged = judge({"only": np.array([1.0, 0.0])}, trial, draws=3)
    assert (judged["scores"]["only"]["qini"], judged["effect_on_all"]) == (0.0, None)


def test_shrinkage_finds_how_much_of_a_prediction_is_real() -> None:
    chance = np.random.default_rng(8)
    real = chance.normal(0, 0.05, 40_000)
    is_control = chance.random(40_000) < 0.3
    responds = (chance.random(40_000) < 0.3 + np.where(is_control, 0, real)).astype(np.int64)
    trial = Trial(responds, is_control, np.arange(40_000))
    slope, error = shrinkage(2 * real, trial)
    assert slope == pytest.approx(0.5, abs=3 * error)
    assert error < 0.1
    assert shrinkage(np.zeros(40_000), trial) == (0.0, 1.0)
