"""Whether an order of risk holds in each half of the observation dates, or only on average.

Two bins whose order turns round within a half are merged; a feature that turns as a whole is none. Only what is more
than chance counts: a test of two proportions, one-sided at 1 % since several pairs are looked at, where each bin
expects at least five of either outcome (the rule of thumb for its normal approximation). Rows count as independent;
those of one customer are not, so bins are merged rather too readily than too rarely.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from jobs.models.training_split import Rows

TURNED_ROUND = 2.326  # standard errors: the 99th percentile of a normal distribution
LEAST_EXPECTED = 5
LEAST_OF_EACH = 30  # defaults, and others, of a half that is to overrule the whole; a guess on the generous side
ORDER_PARAMETERS = {
    "order_in_time": "bins whose order turns round in a half of the dates (one-sided, 1 %) are merged",
    "trend_in_time": f"a feature whose trend turns round in a half with {LEAST_OF_EACH} of each outcome is left out",
}


@dataclass(frozen=True)
class TimeSlice:
    """Some of the observation dates, oldest first, and which rows are of them."""

    days: tuple[Any, ...]
    rows: Rows

    def __str__(self) -> str:
        return f"{self.days[0]} to {self.days[-1]}"


def time_slices(rows: pd.DataFrame) -> list[TimeSlice]:
    """The earlier and the later half of the dates; none where there is one date only, or no column of dates."""
    if "observation_date" not in rows:
        return []
    days = sorted(rows["observation_date"].unique())
    if len(days) == 1:
        return []
    halves = (days[: len(days) // 2], days[len(days) // 2 :])
    return [TimeSlice(tuple(half), rows["observation_date"].isin(half).to_numpy()) for half in halves]


def edge_that_turns(
    bins: NDArray[np.int64], is_bad: NDArray[np.int64], direction: int, slices: Sequence[TimeSlice]
) -> tuple[int, TimeSlice] | None:
    """The edge to remove first, as the number of the bin below it, and where it turns; None where every order holds.

    bins: of each row, ascending with the values, -1 where a row is in none. direction: 1 where every next bin is
    riskier on the whole, -1 where it is safer.
    """
    worst: tuple[float, int, TimeSlice] | None = None
    count = int(bins.max(initial=0)) + 1
    for one in slices:
        inside = one.rows & (bins >= 0)
        rows = np.bincount(bins[inside], minlength=count).astype(np.float64)
        bads = np.bincount(bins[inside], weights=is_bad[inside], minlength=count).astype(np.float64)
        against = np.triu(-direction * _standard_errors_above(rows, bads), 1)
        low, high = np.unravel_index(int(np.argmax(against)), against.shape)
        found = float(against[low, high])
        if found > TURNED_ROUND and (worst is None or found > worst[0]):
            edge = int(low) + int(np.argmax(np.diagonal(against, 1)[low:high]))
            worst = (found, edge, one)
    return None if worst is None else worst[1:]


def slice_that_turns(
    bins: NDArray[np.int64], is_bad: NDArray[np.int64], direction: int, slices: Sequence[TimeSlice]
) -> TimeSlice | None:
    """Where the order of all bins together runs against the direction, beyond chance; None where it does nowhere.

    The trend test of Cochran (1954) and Armitage (1955), with the number of the bin for its score. Bins too small to be
    compared one by one take part.
    """
    for one in slices:
        inside = one.rows & (bins >= 0)
        score, bad = bins[inside].astype(np.float64), is_bad[inside].astype(np.float64)
        if min(bad.sum(), len(bad) - bad.sum()) < LEAST_OF_EACH or not np.ptp(score):
            continue
        rate = bad.mean()
        centred = score - score.mean()
        against = -direction * (centred @ bad) / np.sqrt(rate * (1 - rate) * (centred @ centred))
        if against > TURNED_ROUND:
            return one
    return None


def _standard_errors_above(rows: NDArray[np.float64], bads: NDArray[np.float64]) -> NDArray[np.float64]:
    """[i, j]: by how many standard errors the rate of j is above that of i; 0 where either has too few rows to tell."""
    both_rows, both_bads = rows[:, None] + rows, bads[:, None] + bads
    with np.errstate(invalid="ignore", divide="ignore"):
        rate = both_bads / both_rows
        error = np.sqrt(rate * (1 - rate) * (1 / rows[:, None] + 1 / rows))
        above = (bads / rows)[None, :] - (bads / rows)[:, None]
        is_enough = np.minimum(rows[:, None], rows) * np.minimum(rate, 1 - rate) >= LEAST_EXPECTED
        return np.where(is_enough & (error > 0), above / error, 0.0)
