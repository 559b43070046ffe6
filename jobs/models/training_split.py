"""Which rows of a training set a scorecard learns from, and which it is judged by."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray

OUT_OF_TIME_SHARE = 0.25  # of the observation dates, the newest
HELD_BACK_SHARE = 0.3  # of the customers
STOPPING_SHARE = 0.25  # of the customers learnt from
SPLIT_SALT = "credit_score split 1"
HALF_SALT = "credit_score half 1"
STOP_SALT = "credit_score stop 1"
SPLIT_PARAMETERS: Mapping[str, object] = {
    "held_back_share": HELD_BACK_SHARE,
    "held_back_by": "household",
    "out_of_time_share": OUT_OF_TIME_SHARE,
    "split_salt": SPLIT_SALT,
}

Rows = NDArray[np.bool_]


def split(rows: pd.DataFrame) -> dict[str, Rows]:
    """Four disjoint parts that together hold every row; each value says which rows are in the part.

    training and later: customers to learn from, on earlier and on the newest dates. random_split and out_of_time:
    customers held back by a hash of their household, on earlier and on the newest dates. A customer who is learnt from
    is never judged by, whose outcome windows would overlap from month to month; nor is anybody who lives with them, and
    shares income and fate. With one date, nothing is later.
    """
    dates = sorted(rows["observation_date"].unique())
    newest_count = max(1, round(len(dates) * OUT_OF_TIME_SHARE)) if len(dates) > 1 else 0
    is_newest = rows["observation_date"].isin(dates[len(dates) - newest_count :]).to_numpy()
    is_held_back = which_are_drawn(rows, HELD_BACK_SHARE, SPLIT_SALT)
    return {
        "training": ~is_newest & ~is_held_back,
        "random_split": ~is_newest & is_held_back,
        "later": is_newest & ~is_held_back,
        "out_of_time": is_newest & is_held_back,
    }


def rows_to_grow_by(rows: pd.DataFrame, parts: Mapping[str, Rows], judged_on: str) -> tuple[Rows, Rows]:
    """Rows to learn trees from, and rows that say how many; never those that judge the outcome.

    Where nothing is out of time, the customers held back are the judges, and some of those learnt from stop instead.
    """
    if judged_on == "out_of_time":
        return parts["training"], parts["random_split"]
    stops = parts["training"] & which_are_drawn(rows, STOPPING_SHARE, STOP_SALT)
    return parts["training"] & ~stops, stops


def first_half(rows: pd.DataFrame) -> Rows:
    """Whether a row's household belongs to the first of two halves that have nothing to do with `split`."""
    return which_are_drawn(rows, 0.5, HALF_SALT)


def households_of(rows: pd.DataFrame) -> pd.Series:
    """Who must stay on one side: the household where it is known, and otherwise the customer alone."""
    if "household_id" not in rows:
        return rows["customer_id"]
    return rows["household_id"].fillna(rows["customer_id"])


def which_are_drawn(rows: pd.DataFrame, share: float | NDArray[np.float64], salt: str) -> Rows:
    """Whether a row's household is among so many drawn by a hash; another salt has nothing to do with this one.

    share: of the households; or one for each row, so that some kinds of rows are drawn more than others.
    """
    households = households_of(rows)
    draws = {household: draw(salt, household) for household in households.unique()}
    drawn: Rows = households.map(draws).to_numpy(dtype=np.float64) < share
    return drawn


def draw(salt: str, unit_id: str) -> float:
    """A number from 0 to 1 that is the same on every machine."""
    digest = hashlib.sha256(f"{salt}\0{unit_id}".encode()).digest()
    return int.from_bytes(digest[:8], "big") / 2**64
