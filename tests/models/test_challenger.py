"""The challenger: what it learns, what is stored of it, and how it is compared with the champion."""

from __future__ import annotations

import copy
import json
import os
import subprocess
import sys
from datetime import date
from pathlib import Path
from typing import Any

import lightgbm
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from sklearn.metrics import roc_auc_score

from jobs.models.calibration import UNCALIBRATED, Calibration
from jobs.models.challenger import read_challenger
from jobs.models.challenger_fit import Trees, challenger_content, grow_trees
from jobs.models.comparison import compare, weighted_gini
from jobs.models.credit_score import FEATURES, train
from jobs.models.feature_bins import TrainingError
from jobs.models.scorecard import ScorecardError, seal
from jobs.models.scorecard_report import probability_of
from schemas.models.credit_score import is_protected
from schemas.table import Column
from tests.models.borrowers import as_training_set, borrowers

AS_OF = date(2026, 3, 31)
ROOT = Path(__file__).parents[2]
COLUMNS = [Column("load", "double", "a test"), Column("job", "string", "a test"), Column("calls", "bigint", "a test")]


def crossed(count: int, seed: int) -> tuple[pd.DataFrame, np.ndarray[Any, np.dtype[np.int64]]]:
    """Risk that rises with load, for some jobs much more than for others: an interaction no sum of points holds."""
    chance = np.random.default_rng(seed)
    load, job = chance.normal(size=count), chance.choice(["baker", "cook", "diver"], count)
    risk = -2.5 + np.where(job == "diver", 2.0, 0.1) * load
    rows = pd.DataFrame({"load": load, "job": job.astype(object), "calls": chance.poisson(3.0, count).astype(float)})
    return rows, (chance.random(count) < 1 / (1 + np.exp(-risk))).astype(np.int64)


@pytest.fixture(scope="module")
def trees() -> Trees:
    rows, is_bad = crossed(6000, seed=1)
    return grow_trees(rows, is_bad, COLUMNS, {"load": 1}, stop_by=crossed(3000, seed=2))


@pytest.fixture(scope="module")
def documents() -> dict[str, Any]:
    return train(as_training_set(borrowers(2400, seed=8)), as_of=AS_OF)


def test_the_trees_are_the_same_with_one_thread_and_with_two(monkeypatch: pytest.MonkeyPatch) -> None:
    grown = []
    for threads in (1, 2):
        monkeypatch.setattr("jobs.models.challenger_fit.threads_for", lambda _, threads=threads: threads)
        text, _, parameters = grow_trees(*crossed(400, seed=1), COLUMNS, {"load": 1}).text.partition("parameters:")
        assert f"[num_threads: {threads}]" in parameters
        grown.append(text)
    assert "Tree=" in grown[0]
    assert grown[0] == grown[1]


def test_more_load_is_never_safer_for_anyone(trees: Trees) -> None:
    steps = np.linspace(-4, 4, 200)
    for job in ("baker", "cook", "diver", "unheard of"):
        for calls in (0.0, 3.0, 9.0):
            risk = -trees.log_odds(pd.DataFrame({"load": steps, "job": [job] * 200, "calls": [calls] * 200}))
            assert (np.diff(risk) >= 0).all()
            assert risk[-1] > risk[0]


def test_it_finds_what_points_cannot_add_up_and_stops_growing_in_time(trees: Trees) -> None:
    rows, is_bad = crossed(6000, seed=3)
    best_sum = 2 * roc_auc_score(is_bad, rows["load"]) - 1
    assert 2 * roc_auc_score(is_bad, -trees.log_odds(rows)) - 1 > best_sum + 0.05
    assert 20 < int(str(trees.parameters["trees"])) < 400


def test_what_is_not_known_has_a_stated_reading(trees: Trees) -> None:
    """No branch for missing was learnt, since nothing was missing: the trees must not take it for a zero."""
    rows, _ = crossed(6000, seed=1)
    assert trees.instead_of_missing == {"load": rows["load"].median(), "calls": rows["calls"].median()}
    strange = pd.DataFrame({"load": [np.nan, np.inf, -np.inf, np.nan], "job": ["cook"] * 4, "calls": [1.0] * 4})
    usual = strange.assign(load=rows["load"].median())
    assert np.array_equal(trees.log_odds(strange), trees.log_odds(usual))
    unseen = trees.log_odds(pd.DataFrame({"load": [0.5] * 2, "job": ["astronaut", None], "calls": [1.0] * 2}))
    assert unseen[0] == unseen[1]


def test_a_missing_value_that_was_learnt_keeps_its_own_branch() -> None:
    rows, is_bad = crossed(6000, seed=4)
    rows.loc[is_bad == 1, "calls"] = np.where(np.arange(is_bad.sum()) % 2, np.nan, 3.0)
    found = grow_trees(rows, is_bad, COLUMNS, {})
    assert set(found.instead_of_missing) == {"load"}
    known = pd.DataFrame({"load": [0.0], "job": ["cook"], "calls": [3.0]})
    assert found.log_odds(known.assign(calls=np.nan))[0] < found.log_odds(known)[0] - 1


def test_columns_that_can_be_no_feature_are_not_read_and_none_at_all_is_refused() -> None:
    rows, is_bad = crossed(500, seed=5)
    useless: dict[str, Any] = {"same": 1.0, "never": np.nan, "endless": np.inf, "age_years": np.arange(500.0)}
    columns = [*COLUMNS, *(Column(name, "double", "a test") for name in useless), Column("day", "date", "a test")]
    found = grow_trees(rows.assign(**useless, day=1.0), is_bad, columns, {})
    assert found.columns == tuple(COLUMNS)
    with pytest.raises(TrainingError, match="no column can be a feature of the challenger"):
        grow_trees(rows.assign(**useless, day=1.0), is_bad, columns[3:], {})


def test_t22_what_is_judged_are_the_trees_that_are_stored(documents: dict[str, Any]) -> None:
    content, text = documents["challenger.json"], documents["challenger.txt"]
    read = read_challenger(json.loads(json.dumps(content)), text)
    assert text.startswith("tree\nversion=v4")
    assert read.model_version == f"2026-03-31-{content['content_sha256'][:12]}"
    assert documents["report.json"]["challenger"]["model_version"] == read.model_version
    assert {one.name for one in read.features} >= {"days_past_due", "days_past_due_bucket", "on_time_share_365d"}
    directions = {one["name"]: one["direction"] for one in content["features"]}
    assert (directions["days_past_due"], directions["on_time_share_365d"]) == (1, -1)


def test_t22_t23_stored_as_files_the_trees_score_raw_rows_in_a_fresh_process_as_they_were_learnt(
    trees: Trees, tmp_path: Path
) -> None:
    """From two files and a Parquet of words and numbers as they come: gaps, infinities, edges, words never seen."""
    calibration = Calibration("platt", 0.3, 1.2)
    content = challenger_content(trees, population=None, calibration=calibration, special_codes=[-999.0])
    (tmp_path / "challenger.json").write_text(json.dumps(seal({**content, "as_of": "2026-03-31"}, AS_OF)))
    (tmp_path / "challenger.txt").write_text(trees.text, encoding="utf-8")
    rows, _ = crossed(500, seed=6)
    rows.loc[:10, "load"] = [np.nan, np.inf, -np.inf, 0.0, -0.0, 1e300, -1e300, 5e-324, 1.0, 2.0, -999.0]
    rows.loc[11:13, "job"] = [None, "unheard of", ""]
    rows.loc[14:16, "calls"] = [np.nan, -999.0, 0.0]
    pq.write_table(pa.Table.from_pandas(rows), tmp_path / "rows.parquet")
    program = """
import json, sys
from pathlib import Path
import pyarrow.parquet as pq
from jobs.models.any_table import score_table
folder = Path(sys.argv[1])
files = {"challenger.json": json.loads((folder / "challenger.json").read_text())}
files["challenger.txt"] = (folder / "challenger.txt").read_text()
print(json.dumps(list(score_table(files, pq.read_table(folder / "rows.parquet"))["log_odds"])))
"""
    done = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path)],
        cwd=ROOT,
        env={**os.environ, "OMP_NUM_THREADS": "1", "PYTHONHASHSEED": "5"},
        capture_output=True,
        text=True,
        check=True,
    )
    expected = calibration(trees.log_odds(rows.replace(-999.0, np.inf)))
    found = np.array(json.loads(done.stdout.splitlines()[-1]))
    assert np.abs(found - expected).max() < 1e-12
    assert np.ptp(found) > 1


def test_t23_a_challenger_that_was_altered_or_has_other_trees_is_refused(documents: dict[str, Any]) -> None:
    content, text = documents["challenger.json"], documents["challenger.txt"]
    with pytest.raises(ScorecardError, match="names other trees than those beside it"):
        read_challenger(content, text.replace("leaf_value=", "leaf_value=1", 1))
    altered = copy.deepcopy(content)
    altered["features"][0]["instead_of_missing"] = 0.5
    with pytest.raises(ScorecardError, match="was altered after it was sealed"):
        read_challenger(altered, text)
    other = seal({**content, "feature_fingerprint": "0" * 64}, AS_OF)
    with pytest.raises(ScorecardError, match="feature fingerprint that its features contradict; publish it again"):
        read_challenger(other, text)
    turned = copy.deepcopy(content)
    turned["calibration"]["slope"] = -1.0
    with pytest.raises(ScorecardError, match="turns the order of its scores"):
        read_challenger(seal(turned, AS_OF), text)
    for name in ("scale", "features", "calibration", "trees_sha256", "kind"):
        with pytest.raises(ScorecardError, match=r"challenger\.json (lacks|was altered)"):
            read_challenger({key: value for key, value in content.items() if key != name}, text)


def test_t24_both_models_are_calibrated_and_judged_on_the_same_rows(documents: dict[str, Any]) -> None:
    comparison = documents["report.json"]["challenger"]
    champion, challenger = comparison["models"]["champion"], comparison["models"]["challenger"]
    out_of_time = documents["report.json"]["parts"]["out_of_time"]
    assert {name: champion[name] for name in out_of_time} == out_of_time
    assert (challenger["rows"], challenger["bads"]) == (champion["rows"], champion["bads"])
    assert 0.9 < challenger["expected_bad_rate"] / challenger["bad_rate"] < 1.1
    assert champion["gini_low"] < champion["gini"] < champion["gini_high"]
    assert challenger["gini_gain_low"] < challenger["gini_gain"] < challenger["gini_gain_high"]
    assert challenger["gini_gain"] == pytest.approx(challenger["gini"] - champion["gini"], abs=2e-6)
    page = documents["report.html"]
    assert f"{challenger['gini']:.3f} ({challenger['gini_low']:.3f} to {challenger['gini_high']:.3f})" in page


def test_a_weighted_gini_is_that_of_repeated_rows_ties_included() -> None:
    chance = np.random.default_rng(7)
    log_odds, is_bad = chance.normal(size=300).round(1), chance.integers(0, 2, 300)
    weights = chance.integers(0, 4, (300, 5)).astype(float)
    expected = [2 * roc_auc_score(is_bad, -log_odds, sample_weight=column) - 1 for column in weights.T]
    assert weighted_gini(log_odds, is_bad, weights) == pytest.approx(expected, abs=1e-12)
    assert np.isnan(weighted_gini(log_odds, np.zeros(300, dtype=np.int64), weights)).all()


def test_an_interval_holds_the_truth_and_repeated_rows_of_a_customer_make_nobody_surer() -> None:
    chance = np.random.default_rng(8)
    truth = chance.normal(2, 1, 800)
    is_bad = (chance.random(800) < probability_of(truth)).astype(np.int64)
    names = np.array([f"c{number}" for number in range(800)])
    once = compare({"champion": truth, "blind": chance.normal(size=800)}, is_bad, names)["models"]
    four = compare({"champion": np.repeat(truth, 4)}, np.repeat(is_bad, 4), np.repeat(names, 4))["models"]
    assert once["blind"]["gini_low"] < 0 < once["blind"]["gini_high"]
    assert once["blind"]["gini_gain_high"] < 0
    widths = [one["champion"]["gini_high"] - one["champion"]["gini_low"] for one in (once, four)]
    assert widths[1] == pytest.approx(widths[0], rel=0.15)
    alone = compare({"champion": truth}, np.zeros(800, dtype=np.int64), names)["models"]["champion"]
    assert (alone["gini"], alone["gini_low"]) == (None, None)


def test_t33_no_protected_attribute_is_read_by_the_trees(documents: dict[str, Any]) -> None:
    names = {one["name"] for one in documents["challenger.json"]["features"]}
    assert len(names) > 3
    assert [name for name in names if is_protected(name)] == []
    assert names <= {column.name for column in FEATURES}
    assert lightgbm.Booster(model_str=documents["challenger.txt"]).num_feature() == len(names)


def test_an_uncalibrated_challenger_is_stored_with_the_reason(trees: Trees) -> None:
    content = seal(
        {**challenger_content(trees, population=None, calibration=UNCALIBRATED), "as_of": "2026-03-31"}, AS_OF
    )
    read = read_challenger(content, trees.text)
    assert (read.intercept, read.slope, read.population) == (0.0, 1.0, None)
