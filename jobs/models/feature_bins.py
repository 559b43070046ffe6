"""One feature cut into bins, each with its weight of evidence; what is no feature is refused with a reason.

Navas-Palencia, Optimal binning: mathematical programming formulation, 2020 (the optbinning library).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from optbinning import OptimalBinning

from jobs.models.scorecard import SPECIAL_NUMBERS
from schemas.models.credit_score import is_protected
from schemas.table import Column

MIN_BIN_SHARE = 0.05  # Siddiqi, Intelligent Credit Scoring, 2017: a smaller bin is noise
MIN_OF_EACH_IN_BIN = 5  # a bin that one default makes risky is luck; the same for missing and special
MIN_SHARE_OF_NO_VALUE = 0.01  # missing (or special) rows below it say nothing about those to come; a guess
SOLVER_SECONDS = 3600  # a bound that is reached would make the bins depend on the machine's speed
DECIMALS = 12  # hides the last bits, in which linear algebra differs from machine to machine
NUMBER_TYPES = ("int", "bigint", "double", "boolean")
BIN_PARAMETERS: Mapping[str, object] = {
    "bins": "optbinning, monotonic trend chosen automatically",
    "min_bin_share": MIN_BIN_SHARE,
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


@dataclass(frozen=True)
class BinnedFeature:
    """A feature with its bins; missing and special: their weights of evidence, 0 where too few rows show them."""

    column: Column
    binning: OptimalBinning
    information_value: float
    missing: float
    special: float

    @property
    def name(self) -> str:
        """The column's name."""
        return self.column.name

    @property
    def bins_beyond_first(self) -> int:
        """Degrees of freedom: bins of values, missing and special that have a weight of their own, less one."""
        own = sum(weight != 0 for weight in (self.missing, self.special))
        return max(1, len(self.binning.splits) + own - (self.column.type == "string"))

    @property
    def direction(self) -> int:
        """1 where every next bin is riskier, -1 where every next is safer, 0 for peaks, valleys and categories."""
        if self.column.type == "string":
            return 0
        steps = np.diff(self.binning.binning_table.build(add_totals=False)["WoE"].to_numpy(dtype=np.float64)[:-2])
        return int(len(steps) > 0 and (steps < 0).all()) - int(len(steps) > 0 and (steps > 0).all())

    def weights_of_evidence(self, rows: pd.DataFrame) -> Floats:
        """ln(share of goods / share of bads) of each row's bin; 0 for a category that training never saw."""
        woe = self.binning.transform(
            rows[self.name].to_numpy(), metric="woe", metric_special=self.special, metric_missing=self.missing
        )
        return np.asarray(np.round(woe.astype(np.float64), DECIMALS))


def bin_feature(column: Column, rows: pd.DataFrame, is_bad: Bads) -> BinnedFeature:
    """The column in bins; NotAFeatureError when it cannot or must not be one."""
    values = rows[column.name]
    _refuse_useless(column, values)
    binning = _new_binning(column).fit(values.to_numpy(), is_bad)
    if binning.status == "INFEASIBLE":
        raise NotAFeatureError("too few defaults among its values to tell two bins apart")
    if binning.status != "OPTIMAL":  # only the clock can do that, and bins must not depend on a clock
        raise TrainingError(f"models/credit_score: no optimal bins for {column.name} ({binning.status}); train again")
    table = binning.binning_table.build(add_totals=False)
    return BinnedFeature(
        column=column,
        binning=binning,
        information_value=round(float(table["IV"].sum()), DECIMALS),
        special=_woe_of_no_value(table.iloc[-2], len(values)),
        missing=_woe_of_no_value(table.iloc[-1], len(values)),
    )


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


def _new_binning(column: Column) -> OptimalBinning:
    is_category = column.type == "string"
    return OptimalBinning(
        name=column.name,
        dtype="categorical" if is_category else "numerical",
        monotonic_trend="auto",
        min_prebin_size=MIN_BIN_SHARE,
        min_bin_size=MIN_BIN_SHARE,
        min_bin_n_event=MIN_OF_EACH_IN_BIN,
        min_bin_n_nonevent=MIN_OF_EACH_IN_BIN,
        # optbinning's own default divides by the rows that are not missing and so is not neutral; 0 would make integers
        cat_unknown=0.0,
        special_codes=None if is_category else list(SPECIAL_NUMBERS.values()),
        time_limit=SOLVER_SECONDS,
        random_state=0,
    )


def _woe_of_no_value(line: pd.Series, row_count: int) -> float:
    is_seen = line["Count"] >= MIN_SHARE_OF_NO_VALUE * row_count
    is_seen &= min(line["Event"], line["Non-event"]) >= MIN_OF_EACH_IN_BIN
    return round(float(line["WoE"]), DECIMALS) if is_seen else 0.0
