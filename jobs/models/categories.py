"""Which words of a column are kinds to learn from: those seen so often that they have a rate.

A column of ids or of free text tells every row that was learnt from by its name, and nothing about a row to come. So a
category needs MIN_ROWS_OF_CATEGORY rows; rarer ones are pooled, and one that training never saw counts as one of them.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

MIN_ROWS_OF_CATEGORY = 30  # the rate of fewer rows is luck; a guess
MOST_DISTINCT_SHARE = 0.5  # of the rows with a value; above it a column names rows rather than kinds
RARE = "\0rare"  # stands for every pooled category; no text of a source holds a zero byte


def common_categories(values: pd.Series) -> tuple[str, ...]:
    """The words seen in at least MIN_ROWS_OF_CATEGORY rows, sorted; see `why_no_categories` for when there are none."""
    counts = values.dropna().astype(str).value_counts()
    return tuple(sorted(counts.index[counts >= MIN_ROWS_OF_CATEGORY]))


def why_no_categories(values: pd.Series) -> str:
    """Why a column of words can be no feature; empty where it can."""
    present = values.dropna().astype(str)
    distinct = int(present.nunique())
    if distinct > MOST_DISTINCT_SHARE * len(present):
        return f"{distinct} different words in {len(present)} rows: it names rows rather than kinds"
    if not common_categories(values):
        return f"none of its {distinct} words is in {MIN_ROWS_OF_CATEGORY} rows"
    return ""


def pooled(values: pd.Series, categories: tuple[str, ...]) -> np.ndarray[tuple[int], np.dtype[np.object_]]:
    """The words with RARE in place of all that are not among the categories; null stays null."""
    words = values.astype(object)
    is_known = words.isin(categories) | words.isna()
    return np.asarray(words.where(is_known, RARE).to_numpy(dtype=object))
