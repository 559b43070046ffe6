"""One feature cut into bins, each with its weight of evidence; what is no feature is refused with a reason.

Navas-Palencia, Optimal binning: mathematical programming formulation, 2020 (the optbinning library). Bins of a number
are ascending or descending in risk, never a peak or a valley: a peak cannot be told to whom it costs points, and often
is an accident of a few rows. The order must hold in each half of time, too.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from optbinning import OptimalBinning

from jobs.models.categories import (
    MIN_ROWS_OF_CATEGORY,
    MOST_DISTINCT_SHARE,
    RARE,
    common_categories,
    pooled,
    why_no_categories,
)
from jobs.models.scorecard import SPECIAL_NUMBERS
from jobs.models.time_slices import ORDER_PARAMETERS, TimeSlice, edge_that_turns, slice_that_turns
from schemas.models.credit_score import is_protected
from schemas.table import Column

MIN_BIN_SHARE = 0.01
"""Of the rows. The customary 0.05 (Siddiqi 2017) hides what is rare and tells most: 4 % of borrowers are past due."""

SAME_RATE = 0.05  # neighbouring bins whose default rates differ by no more than chance at this level are one bin
MIN_OF_EACH_IN_BIN = 10  # a bin that one default makes risky is luck; the same for missing and special
MIN_SHARE_OF_NO_VALUE = 0.01  # missing (or special) rows below it say nothing about those to come; a guess
SOLVER_SECONDS = 3600  # a bound that is reached would make the bins depend on the machine's speed
DECIMALS = 12  # hides the last bits, in which linear algebra differs from machine to machine
NUMBER_TYPES = ("int", "bigint", "double", "boolean")
BIN_PARAMETERS: Mapping[str, object] = {
    "bins": "optbinning; of numbers ascending or descending in risk",
    **ORDER_PARAMETERS,
    "min_rows_of_category": MIN_ROWS_OF_CATEGORY,
    "most_distinct_share_of_words": MOST_DISTINCT_SHARE,
    "min_bin_share": MIN_BIN_SHARE,
    "neighbouring_bins_differ": f"z test of two proportions at {SAME_RATE}",
    "min_defaults_and_others_in_bin": MIN_OF_EACH_IN_BIN,
    "min_share_of_missing_or_special": MIN_SHARE_OF_NO_VALUE,
}

Floats = NDArray[np.float64]
Bads = NDArray[np.int64]


class TrainingError(ValueError):
    """No scorecard can be learnt from this training set; the message says why."""

    exit_code = 2  # the same data give the same answer: trying again does not help


class NotAFeatureError(ValueError):
    """A column cannot be a feature; the message is the reason that the report gives."""


class TurnsRoundError(NotAFeatureError):
    """What is risky in one half of time is safe in the other, whatever bins are merged."""

    def __init__(self, where: TimeSlice) -> None:
        """Say in which half it turns."""
        super().__init__(f"its order of risk turns round from {where}")


@dataclass(frozen=True)
class BinnedFeature:
    """A feature with its bins; missing, special and unseen: their weights of evidence, 0 where too few rows show them.

    unseen: of categories that are too rare for a bin, and of those that training never saw.
    """

    column: Column
    binning: OptimalBinning
    information_value: float
    missing: float
    special: float
    unseen: float = 0.0

    @property
    def name(self) -> str:
        """The column's name."""
        return self.column.name

    @property
    def is_category(self) -> bool:
        """Whether its values are words."""
        return self.column.type == "string"

    @property
    def categories(self) -> tuple[str, ...]:
        """The words that are in a bin, sorted."""
        return tuple(sorted(str(word) for group in self.binning.splits for word in group)) if self.is_category else ()

    @property
    def bins_beyond_first(self) -> int:
        """Degrees of freedom: bins of values, missing, special and unseen with a weight of their own, less one.

        Categories are put in order by the outcomes themselves, so each of them counts, not each bin.
        """
        own = sum(weight != 0 for weight in (self.missing, self.special, self.unseen))
        return max(1, (len(self.categories) - 1 if self.is_category else len(self.binning.splits)) + own)

    @property
    def direction(self) -> int:
        """1 where every next bin is riskier, -1 where it is safer; 0 for categories, and for one bin only."""
        return 0 if self.is_category else direction_of(self.binning)

    def weights_of_evidence(self, rows: pd.DataFrame) -> Floats:
        """ln(share of goods / share of bads) of each row's bin."""
        values = rows[self.name]
        woe = self.binning.transform(
            pooled(values, self.categories) if self.is_category else values.to_numpy(),
            metric="woe",
            metric_special=self.unseen if self.is_category else self.special,
            metric_missing=self.missing,
        )
        return np.asarray(np.round(woe.astype(np.float64), DECIMALS))


def bin_feature(column: Column, rows: pd.DataFrame, is_bad: Bads, slices: Sequence[TimeSlice] = ()) -> BinnedFeature:
    """The column in bins, in an order that holds in each slice; NotAFeatureError when it cannot or must not be one."""
    values = rows[column.name]
    _refuse_useless(column, values)
    is_category = column.type == "string"
    given = pooled(values, common_categories(values)) if is_category else values.to_numpy()
    binning = _solved(column, _new_binning(column, "auto_asc_desc").fit(given, is_bad))
    if not is_category:
        binning = _in_an_order_that_holds(column, binning, values.to_numpy(dtype=np.float64), is_bad, slices)
    table = binning.binning_table.build(add_totals=False)
    of_codes = _woe_of_no_value(table.iloc[-2], len(values))
    return BinnedFeature(
        column=column,
        binning=binning,
        information_value=round(float(table["IV"].sum()), DECIMALS),
        missing=_woe_of_no_value(table.iloc[-1], len(values)),
        special=0.0 if is_category else of_codes,
        unseen=of_codes if is_category else 0.0,
    )


def direction_of(binning: OptimalBinning) -> int:
    """1 where no bin of numbers is safer than the one below it, -1 where none is riskier, 0 where there is one only."""
    steps = np.diff(binning.binning_table.build(add_totals=False)["WoE"].to_numpy(dtype=np.float64)[:-2])
    if not steps.any():
        return 0
    return int((steps <= 0).all()) - int((steps >= 0).all())


def _solved(column: Column, binning: OptimalBinning) -> OptimalBinning:
    if binning.status == "INFEASIBLE":
        raise NotAFeatureError("too few defaults among its values to tell two bins apart")
    if binning.status != "OPTIMAL":  # only the clock can do that, and bins must not depend on a clock
        raise TrainingError(f"no optimal bins for {column.name} ({binning.status}); train again")
    return binning


def _in_an_order_that_holds(
    column: Column, binning: OptimalBinning, values: Floats, is_bad: Bads, slices: Sequence[TimeSlice]
) -> OptimalBinning:
    """The same bins with those merged whose order turns round in a slice; TurnsRoundError when none is left."""
    direction = direction_of(binning)
    if not direction:
        return binning
    edges = [float(edge) for edge in binning.splits]
    turning_slice = slice_that_turns(_bins_of(values, edges), is_bad, direction, slices)
    if turning_slice is not None:
        raise TurnsRoundError(turning_slice)
    while (turned := edge_that_turns(_bins_of(values, edges), is_bad, direction, slices)) is not None:
        del edges[turned[0]]
        if not edges:
            raise TurnsRoundError(turned[1])
    if len(edges) == len(binning.splits):
        return binning
    trend = "ascending" if direction > 0 else "descending"
    return _solved(column, _new_binning(column, trend, edges).fit(values, is_bad))


def _bins_of(values: Floats, edges: Sequence[float]) -> NDArray[np.int64]:
    """The number of each value's bin; -1 for what is no quantity."""
    return np.where(np.isfinite(values), np.digitize(values, edges), -1)


def _refuse_useless(column: Column, values: pd.Series) -> None:
    present = values.dropna()
    if is_protected(column.name):
        raise NotAFeatureError("protected attribute")
    if column.type not in (*NUMBER_TYPES, "string"):
        raise NotAFeatureError(f"a {column.type} is not a feature")
    if present.empty:
        raise NotAFeatureError("always missing")
    if present.nunique() == 1 and len(present) == len(values):
        raise NotAFeatureError("always the same value")
    if column.type != "string" and not np.isfinite(present.to_numpy(dtype=np.float64)).any():
        raise NotAFeatureError("never a finite number")
    if column.type == "string" and (why := why_no_categories(values)):
        raise NotAFeatureError(why)


def _new_binning(column: Column, trend: str, edges: Sequence[float] | None = None) -> OptimalBinning:
    """edges: the bins to keep to; None: whichever tell most."""
    is_category = column.type == "string"
    return OptimalBinning(
        name=column.name,
        dtype="categorical" if is_category else "numerical",
        monotonic_trend=trend,
        min_prebin_size=MIN_BIN_SHARE,
        min_bin_size=MIN_BIN_SHARE,
        min_bin_n_event=MIN_OF_EACH_IN_BIN,
        min_bin_n_nonevent=MIN_OF_EACH_IN_BIN,
        max_pvalue=SAME_RATE if edges is None else None,
        user_splits=edges,
        user_splits_fixed=None if edges is None else [True] * len(edges),
        special_codes=[RARE] if is_category else list(SPECIAL_NUMBERS.values()),
        time_limit=SOLVER_SECONDS,
        random_state=0,
    )


def _woe_of_no_value(line: pd.Series, row_count: int) -> float:
    is_seen = line["Count"] >= MIN_SHARE_OF_NO_VALUE * row_count
    is_seen &= min(line["Event"], line["Non-event"]) >= MIN_OF_EACH_IN_BIN
    return round(float(line["WoE"]), DECIMALS) if is_seen else 0.0
