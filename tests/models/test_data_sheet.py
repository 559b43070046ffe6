"""What a model was learnt from, and how far its bins have moved, checked by hand."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import pytest

from jobs.models.credit_score import FEATURES, train
from jobs.models.data_sheet import bin_numbers, bin_stability, describe_column, vintages
from jobs.models.scorecard import read_scorecard
from schemas.table import Column
from tests.models.borrowers import as_training_set, borrowers
from tests.scores.small_scorecard import category, number, scorecard

AS_OF = date(2026, 3, 31)
DELAY, BUCKET = read_scorecard(
    scorecard(number("days_past_due", [0.5, 29.5], [20, -10, -100]), category("days_past_due_bucket", {"current": 20}))
).features


def test_a_value_finds_the_bin_that_scores_it() -> None:
    values = pd.Series([-1e300, 0.5, 29.4, 29.5, np.nan, np.inf, -np.inf])
    assert bin_numbers(DELAY, values).tolist() == [0, 1, 1, 2, -3, -2, -2]
    coded = replace(DELAY, special_codes=(-999.0,))
    assert bin_numbers(coded, pd.Series([-999.0, -998.0])).tolist() == [-2, 0]
    assert bin_numbers(BUCKET, pd.Series(["current", "new", None], dtype=object)).tolist() == [0, -1, -3]


def test_t26_stability_is_finite_with_an_empty_bin_and_nought_where_nothing_moved() -> None:
    before = pd.DataFrame({"days_past_due": [0.0] * 90 + [5.0] * 10})
    assert bin_stability(DELAY, before, before) == 0.0
    moved = bin_stability(DELAY, before, pd.DataFrame({"days_past_due": [40.0] * 100}))
    assert moved is not None
    assert 5 < moved < 20
    assert bin_stability(DELAY, before, before.head(0)) is None


def test_t26_stability_by_hand() -> None:
    before = pd.DataFrame({"days_past_due": [0.0] * 50 + [5.0] * 50})
    after = pd.DataFrame({"days_past_due": [0.0] * 80 + [5.0] * 20})
    shares = [[(count + 0.5) / 103 for count in counts] for counts in ((50, 50, 0, 0, 0, 0), (80, 20, 0, 0, 0, 0))]
    expected = sum((b - a) * math.log(b / a) for a, b in zip(*shares, strict=True))
    assert bin_stability(DELAY, before, after) == pytest.approx(expected, abs=1e-6)


def test_a_column_is_described_by_what_is_missing_infinite_and_known() -> None:
    numbers = describe_column(pd.Series([1.0, 2.0, 3.0, np.inf, np.nan]), Column("x", "double", "a test"))
    assert (numbers["missing_share"], numbers["infinite_share"], numbers["distinct"]) == (0.2, 0.2, 4)
    assert numbers["median"] == 2.0
    words = describe_column(pd.Series(["b", "a", "b", "a", None], dtype=object), Column("x", "string", "a test"))
    assert words["most_common"] == [["a", 0.4], ["b", 0.4]]  # ties by name
    nothing = describe_column(pd.Series([np.nan, np.inf]), Column("x", "double", "a test"))
    assert (nothing["median"], nothing["infinite_share"]) == (None, 0.5)


def test_t05_every_vintage_is_shown_with_its_rate() -> None:
    days = pd.Series([date(2025, 7, 31)] * 4 + [date(2025, 8, 31)] * 2)
    assert vintages(days, np.array([1, 0, 0, 0, 0, 0])) == [
        {"observation_date": "2025-07-31", "rows": 4, "bads": 1, "bad_rate": 0.25},
        {"observation_date": "2025-08-31", "rows": 2, "bads": 0, "bad_rate": 0.0},
    ]


def test_the_sheet_of_a_training_adds_up_and_the_report_shows_what_has_moved() -> None:
    rows = as_training_set(borrowers())
    newest = rows["observation_date"] >= date(2025, 7, 1)
    rows.loc[newest, "on_time_share_365d"] = np.minimum(1, rows.loc[newest, "on_time_share_365d"] + 0.25).round(4)
    files: dict[str, Any] = train(rows, as_of=AS_OF)
    sheet = files["data_sheet.json"]
    assert sheet["rows"] == len(rows) == sum(part["rows"] for part in sheet["parts"].values())
    assert sum(one["bads"] for one in sheet["vintages"]) == int(rows["is_default"].sum())
    assert [one["name"] for one in sheet["columns"]] == [column.name for column in FEATURES]
    moved = {one["feature"]: one["index"] for one in sheet["stability"]}
    assert moved["on_time_share_365d"] > 0.25
    assert moved["days_past_due"] < 0.05
    assert f"{moved['on_time_share_365d']:.3f}" in files["report.html"]
