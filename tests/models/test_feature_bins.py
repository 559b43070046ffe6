"""Bins that a person can sign: one direction of risk, in every half of time, and words that are kinds."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray

from jobs.models.categories import MIN_ROWS_OF_CATEGORY
from jobs.models.challenger_fit import grow_trees
from jobs.models.feature_bins import NotAFeatureError, TurnsRoundError, bin_feature
from jobs.models.scorecard_fit import bin_features
from jobs.models.time_slices import TURNED_ROUND, edge_that_turns, time_slices
from schemas.table import Column

DATES = [date(2025, month, 28) for month in range(1, 9)]
LEVEL, WORD = Column("level", "double", "a test"), Column("word", "string", "a test")

Numbers = NDArray[np.floating[Any]]


def dated(count: int = 8000, *, seed: int = 1) -> tuple[pd.DataFrame, NDArray[np.bool_], np.random.Generator]:
    """Rows with a level from the normal distribution, and whether each is of the later half of the dates."""
    chance = np.random.default_rng(seed)
    days = np.array(DATES, dtype=object)[chance.integers(0, len(DATES), count)]
    rows = pd.DataFrame({"observation_date": days, "level": chance.normal(size=count)})
    return rows, (rows["observation_date"] > DATES[3]).to_numpy(dtype=bool), chance


def drawn(log_odds_of_default: Numbers, chance: np.random.Generator) -> NDArray[np.int64]:
    probability = 1 / (1 + np.exp(-log_odds_of_default))
    return (chance.random(len(probability)) < probability).astype(np.int64)


def rates(bins: list[float], level: Numbers, is_bad: NDArray[np.int64], which: NDArray[np.bool_]) -> list[float]:
    number = np.digitize(level, bins)
    return [float(is_bad[which & (number == one)].mean()) for one in range(len(bins) + 1)]


@pytest.mark.parametrize("shape", ["peak", "valley", "rising", "falling"])
def test_bins_of_a_number_go_one_way_whatever_the_shape_of_the_risk(shape: str) -> None:
    rows, _, chance = dated()
    level = rows["level"].to_numpy()
    risk = {"peak": -level * level, "valley": level * level, "rising": level, "falling": -level}[shape]
    found = bin_feature(LEVEL, rows, drawn(risk - 2, chance))
    woe = found.binning.binning_table.build(add_totals=False)["WoE"].to_numpy(dtype=np.float64)[:-2]
    assert len(woe) > 1
    assert abs(found.direction) == 1
    assert (np.diff(woe) * found.direction <= 0).all()
    if shape in ("rising", "falling"):
        assert found.direction == (1 if shape == "rising" else -1)
        assert len(woe) > 5


def test_bins_whose_order_turns_round_within_a_half_of_the_dates_are_merged() -> None:
    """Rising on the whole; but of the two upper stretches the lower one is the riskier in the later half."""
    rows, is_later, chance = dated()
    level = rows["level"].to_numpy()
    upper = np.where(level < 0.6, np.where(is_later, -0.6, -2.2), np.where(is_later, -1.4, -0.6))
    is_bad = drawn(np.where(level < -0.4, -3.0, upper), chance)
    anyhow = [float(edge) for edge in bin_feature(LEVEL, rows, is_bad).binning.splits]
    turned = rates(anyhow, level, is_bad, is_later)
    assert turned != sorted(turned)
    found = bin_feature(LEVEL, rows, is_bad, time_slices(rows))
    kept = [float(edge) for edge in found.binning.splits]
    assert set(kept) < set(anyhow)
    assert kept
    assert found.direction == 1
    number = np.digitize(level, kept)
    assert edge_that_turns(number, is_bad, 1, time_slices(rows)) is None
    assert edge_that_turns(np.digitize(level, anyhow), is_bad, 1, time_slices(rows)) is not None


def test_a_feature_that_turns_round_as_a_whole_is_left_out_with_its_reason_and_no_tree_reads_it() -> None:
    rows, is_later, chance = dated()
    rows["steady"] = chance.normal(size=len(rows))
    turning = np.where(is_later, -0.5, 0.9) * rows["level"].to_numpy()
    is_bad = drawn(turning + rows["steady"].to_numpy() - 2, chance)
    assert bin_feature(LEVEL, rows, is_bad).information_value > 0.02
    with pytest.raises(TurnsRoundError, match="its order of risk turns round from 2025-05-28 to 2025-08-28"):
        bin_feature(LEVEL, rows, is_bad, time_slices(rows))
    bins = bin_features(rows, is_bad, [LEVEL, Column("steady", "double", "a test")])
    assert bins.left_out == {"level": "its order of risk turns round from 2025-05-28 to 2025-08-28"}
    assert set(bins.turning) == {"level"}
    assert bins.directions == {"steady": 1}


def test_an_order_that_turns_round_by_chance_in_a_few_rows_is_kept() -> None:
    rows, is_later, chance = dated()
    is_bad = drawn(1.2 * rows["level"].to_numpy() - 2, chance)
    few = rows[~is_later | (np.cumsum(is_later) <= 60)].reset_index(drop=True)
    bad = is_bad[~is_later | (np.cumsum(is_later) <= 60)]
    later = (few["observation_date"] > DATES[3]).to_numpy(dtype=bool)
    bad[later] = few.loc[later, "level"] < few.loc[later, "level"].median() - 1.2  # a handful, and quite the other way
    edges = [float(edge) for edge in bin_feature(LEVEL, few, bad).binning.splits]
    assert rates(edges, few["level"].to_numpy(), bad, later) != sorted(
        rates(edges, few["level"].to_numpy(), bad, later)
    )
    assert [float(edge) for edge in bin_feature(LEVEL, few, bad, time_slices(few)).binning.splits] == edges


def test_the_test_of_two_proportions_is_the_one_of_the_textbook() -> None:
    """30 of 100 beside 15 of 100: z = 0.15 / sqrt(0.225 * 0.775 * 0.02) = 2.54, and with 16 of 100 it is 2.35."""
    rows = pd.DataFrame({"observation_date": [DATES[0], DATES[1]] * 200})
    first = rows["observation_date"].eq(DATES[0]).to_numpy()
    bins = np.arange(400) // 200

    def turned(bads_above: int) -> bool:
        is_bad = np.zeros(400, dtype=np.int64)
        for number, bads in ((0, 30), (1, bads_above)):
            is_bad[np.flatnonzero(first & (bins == number))[:bads]] = 1
            is_bad[np.flatnonzero(~first & (bins == number))[: 10 + 20 * number]] = 1
        return edge_that_turns(bins, is_bad, 1, time_slices(rows)) is not None

    assert 2.35 > TURNED_ROUND > 2.17
    assert turned(15)
    assert turned(16)
    assert not turned(17)  # 2.17


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (lambda count: [f"id {number}" for number in range(count)], "4000 different words in 4000 rows: it names rows"),
        (lambda count: [f"id {number // 8}" for number in range(count)], "none of its 500 words is in 30 rows"),
    ],
)
def test_a_column_of_ids_tells_the_past_perfectly_and_is_no_feature(words: Any, reason: str) -> None:
    rows, _, chance = dated(4000)
    is_bad = drawn(np.full(4000, -1.5, dtype=np.float64), chance)
    rows["word"] = np.array(words(4000), dtype=object)
    with pytest.raises(NotAFeatureError, match=reason):
        bin_feature(WORD, rows, is_bad)
    trees = grow_trees(rows, is_bad, [LEVEL, WORD], {})
    assert [column.name for column in trees.columns] == ["level"]


def with_rare_words(count: int = 6000) -> tuple[pd.DataFrame, NDArray[np.int64]]:
    """Three trades in many rows, two hundred in a few each; the many rare ones are riskier than most."""
    rows, _, chance = dated(count)
    trade = np.array(["clerk", "smith", "miner", "rare"])[chance.choice(4, count, p=[0.4, 0.3, 0.15, 0.15])]
    rare = np.array([f"trade {number}" for number in chance.integers(0, 200, count)], dtype=object)
    rows["word"] = np.where(trade == "rare", rare, trade.astype(object))
    risk = pd.Series(trade).map({"clerk": -3.0, "smith": -2.2, "miner": -1.0, "rare": -1.4}).to_numpy(dtype=np.float64)
    return rows, drawn(risk, chance)


def test_rare_words_are_pooled_and_one_never_seen_counts_as_one_of_them() -> None:
    rows, is_bad = with_rare_words()
    found = bin_feature(WORD, rows, is_bad)
    assert found.categories == ("clerk", "miner", "smith")
    assert rows["word"].value_counts()["trade 7"] < MIN_ROWS_OF_CATEGORY
    is_rare = ~rows["word"].isin(found.categories).to_numpy()
    odds = [np.log((1 - is_bad[which]).sum() / is_bad[which].sum()) for which in (is_rare, np.ones(len(rows), bool))]
    assert found.unseen == pytest.approx(odds[0] - odds[1])
    assert found.unseen < -0.2
    asked = pd.DataFrame({"word": ["trade 7", "never heard of", "clerk", None]})
    rare, unheard, clerk, missing = found.weights_of_evidence(asked)
    assert rare == unheard == found.unseen < clerk
    assert missing == found.missing == 0.0  # nobody's trade was missing


def test_each_word_costs_a_degree_of_freedom_since_outcomes_put_them_in_order() -> None:
    rows, is_bad = with_rare_words()
    words = bin_feature(WORD, rows, is_bad)
    assert words.bins_beyond_first == 2 + 1  # three words less one, and the rare ones
    level = bin_feature(LEVEL, rows, drawn(rows["level"].to_numpy() - 2, np.random.default_rng(2)))
    assert level.bins_beyond_first == len(level.binning.splits)


def test_to_the_trees_a_rare_word_is_missing_as_one_never_seen() -> None:
    rows, is_bad = with_rare_words()
    trees = grow_trees(rows, is_bad, [LEVEL, WORD], {})
    assert trees.categories == {"word": ("clerk", "miner", "smith")}
    asked = pd.DataFrame({"level": [0.0] * 4, "word": ["trade 7", "never heard of", None, "clerk"]})
    rare, unheard, missing, clerk = trees.log_odds(asked)
    assert rare == unheard == missing < clerk
