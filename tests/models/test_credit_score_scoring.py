"""The stored scorecard scores in Spark exactly as it was learnt in Python, and refuses to score when it was touched."""

from __future__ import annotations

import copy
import json
import math
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from optbinning import BinningProcess
from optbinning import Scorecard as OptbinningScorecard
from pyspark.sql import SparkSession
from sklearn.linear_model import LogisticRegression

from jobs.models.credit_score import FEATURES
from jobs.models.scorecard import ScorecardError, read_scorecard, refuse_other_features, seal
from jobs.models.scorecard_expressions import log_odds, score_expressions
from jobs.models.scorecard_fit import Fit
from schemas.table import Column
from tests.models.conftest import NAMES

AS_OF = date(2026, 3, 31)
ROOT = Path(__file__).parents[2]


def in_spark(spark: SparkSession, content: dict[str, Any], rows: pd.DataFrame) -> list[float]:
    scorecard = read_scorecard(content)
    table = pa.Table.from_pandas(rows[NAMES].assign(position=range(len(rows))), preserve_index=False)
    scored = spark.createDataFrame(table).select("position", *score_expressions(scorecard))
    found = scored.select("position", log_odds(scorecard).alias("log_odds")).collect()
    return [row["log_odds"] for row in sorted(found)]


def test_t22_training_rows_score_in_spark_as_they_were_learnt(
    spark: SparkSession, content: dict[str, Any], fit: Fit, training_rows: pd.DataFrame
) -> None:
    assert np.abs(np.array(in_spark(spark, content, training_rows)) - fit.log_odds(training_rows)).max() < 1e-12


def test_t22_edges_missing_special_and_unseen_values_score_as_in_optbinning(
    spark: SparkSession, content: dict[str, Any], fit: Fit, awkward_rows: pd.DataFrame
) -> None:
    expected = fit.log_odds(awkward_rows)
    assert len(np.unique(expected)) > 15
    assert np.abs(np.array(in_spark(spark, content, awkward_rows)) - expected).max() < 1e-12


def test_t22_nan_and_null_are_both_missing(spark: SparkSession, content: dict[str, Any]) -> None:
    values = pa.array([None, float("nan")], pa.float64(), from_pandas=False)
    others = {name: ["current"] * 2 if name == NAMES[0] else [1.0, 1.0] for name in NAMES}
    table = pa.table({**others, "balance_cents_last": values})
    scorecard = read_scorecard(content)
    scored = spark.createDataFrame(table).select(*score_expressions(scorecard)).select(log_odds(scorecard)).collect()
    assert scored[0] == scored[1]


def test_t22_the_points_are_those_of_a_scorecard_that_optbinning_makes_by_itself(
    spark: SparkSession, content: dict[str, Any], fit: Fit, training_rows: pd.DataFrame, awkward_rows: pd.DataFrame
) -> None:
    order = [feature.name for feature in fit.features]
    process = BinningProcess(
        variable_names=order,
        categorical_variables=["days_past_due_bucket"],
        min_prebin_size=0.01,
        binning_fit_params={
            name: {
                "min_bin_size": 0.01,
                "min_bin_n_event": 10,
                "min_bin_n_nonevent": 10,
                "max_pvalue": 0.05,
                "monotonic_trend": "auto_asc_desc",
                "special_codes": None if name == "days_past_due_bucket" else [-np.inf, np.inf],
            }
            for name in order
        },
        binning_transform_params={
            feature.name: {"metric_missing": feature.missing, "metric_special": feature.special}
            for feature in fit.features
        },
    )
    estimator = LogisticRegression(solver="newton-cholesky", tol=1e-10, max_iter=200)
    scale = {"pdo": 40, "odds": 30, "scorecard_points": 600}
    reference = OptbinningScorecard(process, estimator, scaling_method="pdo_odds", scaling_method_params=scale)
    reference.fit(training_rows[order], training_rows["is_default"].astype(int).to_numpy())
    # optbinning's own score gives an unseen category the points of missing (its index is -1); our rule is 0.
    seen = awkward_rows[~awkward_rows["days_past_due_bucket"].isin(["", "never seen", "CURRENT"])]
    rows = pd.concat([seen, training_rows[NAMES].head(500)], ignore_index=True)
    scorecard = read_scorecard(content)
    points = scorecard.offset + scorecard.factor * np.array(in_spark(spark, content, rows))
    assert np.abs(points - reference.score(rows[order])).max() < 1e-8


def test_t23_saved_and_loaded_in_a_fresh_process_every_row_scores_the_same(
    spark: SparkSession, content: dict[str, Any], fit: Fit, awkward_rows: pd.DataFrame, tmp_path: Path
) -> None:
    (tmp_path / "scorecard.json").write_text(json.dumps(content, indent=3), encoding="utf-8")
    table = pa.Table.from_pandas(awkward_rows.assign(position=range(len(awkward_rows))), preserve_index=False)
    pq.write_table(table, tmp_path / "rows.parquet")
    program = """
import json, sys
from pathlib import Path
from jobs.models.scorecard import read_scorecard
from jobs.models.scorecard_expressions import log_odds, score_expressions
from jobs.spark import open_session
folder = Path(sys.argv[1])
scorecard = read_scorecard(json.loads((folder / "scorecard.json").read_text(encoding="utf-8")))
spark = open_session(remote=None, cores=1, memory="1g", shuffle_partitions=1)
rows = spark.read.parquet(str(folder / "rows.parquet")).select("position", *score_expressions(scorecard))
found = sorted(rows.select("position", log_odds(scorecard)).collect())
assert not {"optbinning", "sklearn"} & set(sys.modules)
print(json.dumps([row[1] for row in found]))
"""
    done = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path)],
        cwd=ROOT,
        env={**os.environ, "PYTHONHASHSEED": "3"},
        capture_output=True,
        text=True,
        check=True,
    )
    fresh = json.loads(done.stdout.splitlines()[-1])
    assert fresh == in_spark(spark, content, awkward_rows)
    assert np.abs(np.array(fresh) - fit.log_odds(awkward_rows)).max() < 1e-12


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The path to every value inside a JSON document, containers included."""
    if path:
        yield path
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in pairs:
        yield from places(inner, (*path, key))


def changed(content: dict[str, Any], path: tuple[Any, ...], change: Callable[[Any, Any], None]) -> dict[str, Any]:
    altered = copy.deepcopy(content)
    holder: Any = altered
    for key in path[:-1]:
        holder = holder[key]
    change(holder, path[-1])
    return altered


def test_t23_a_scorecard_that_lacks_any_piece_is_refused(content: dict[str, Any]) -> None:
    def remove(holder: Any, key: Any) -> None:
        del holder[key]

    paths = list(places(content))
    assert len(paths) > 200
    for path in paths:
        with pytest.raises(ScorecardError, match=r"^models/credit_score: scorecard.json .*; publish it again"):
            read_scorecard(changed(content, path, remove))


def test_t23_a_scorecard_with_any_value_altered_is_refused(content: dict[str, Any]) -> None:
    def alter(holder: Any, key: Any) -> None:
        value = holder[key]
        if isinstance(value, (int, float)):
            holder[key] = float(np.nextafter(value, np.inf))
        elif isinstance(value, str):
            holder[key] = value[:-1] + ("0" if value[-1] != "0" else "1")
        else:
            holder[key] = 1 if value is None else None

    for path in places(content):
        with pytest.raises(ScorecardError):
            read_scorecard(changed(content, path, alter))


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        (("scale", "odds_direction"), "bad:good", "is not of format 3 with odds good:bad"),
        (("scale", "points_to_double_odds"), 20, "factor or offset that its own scale contradicts"),
        (("scale", "odds"), 50, "factor or offset that its own scale contradicts"),
        (("features", 0, "weight"), -1.0, "rewards risk"),
        (("features", 0, "missing", "points"), 1000.0, "points that its weights contradict"),
        (("features", 0, "meaning"), "something else", "feature fingerprint"),
        (("features",), [], "has no features"),
        (("log_odds", "intercept"), "3", "has a value of the wrong type"),
        (("log_odds", "intercept"), float("nan"), "has a value of the wrong type"),
    ],
)
def test_t23_even_a_sealed_scorecard_is_refused_when_it_contradicts_itself(
    content: dict[str, Any], path: tuple[Any, ...], value: Any, message: str
) -> None:
    altered = changed(content, path, lambda holder, key: holder.__setitem__(key, value))
    is_sealable = not (isinstance(value, float) and math.isnan(value))  # NaN is no JSON, so nothing to take a hash of
    resealed = seal(altered, AS_OF) if is_sealable else altered
    with pytest.raises(ScorecardError, match=message):
        read_scorecard(resealed)


def test_bins_with_a_gap_are_refused_though_the_seal_is_right(content: dict[str, Any]) -> None:
    position = [feature["name"] for feature in content["features"]].index("balance_cents_last")
    gap = changed(content, ("features", position, "bins", 1), lambda holder, key: holder.pop(key))
    with pytest.raises(ScorecardError, match="bins with gaps or in disorder for balance_cents_last"):
        read_scorecard(seal(gap, AS_OF))


def test_another_layout_of_the_same_content_is_the_same_scorecard(content: dict[str, Any]) -> None:
    other = json.loads(json.dumps(dict(reversed(content.items())), indent=7))
    assert read_scorecard(other) == read_scorecard(content)


def test_a_feature_that_is_gone_or_means_something_else_now_is_named(content: dict[str, Any]) -> None:
    scorecard = read_scorecard(content)
    refuse_other_features(scorecard, FEATURES)
    columns = [column for column in FEATURES if column.name != "fee_count_180d"]
    columns = [
        Column(column.name, column.type, "balance in yuan") if column.name == "balance_cents_last" else column
        for column in columns
    ]
    with pytest.raises(ScorecardError, match=r"now: (fee_count_180d, balance|balance_cents_last, fee)"):
        refuse_other_features(scorecard, columns)
