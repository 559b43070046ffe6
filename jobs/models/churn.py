"""How likely a customer stops buying, by their own rhythm."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import pandas as pd
from pyspark.sql import DataFrame

from jobs.models.learning_rows import collect, everybody, learning_sheet
from jobs.models.propensity_fit import fit_propensity
from jobs.models.propensity_page import write_propensity_page
from jobs.models.propensity_report import describe_propensity
from schemas.labels.churn import CHURNS
from schemas.models.churn import RHYTHM

KEY = ("observation_date", "customer_id")
DECLARED_RATE = (
    0.3  # one pause in ten is longer than the ninth decile, and who has paused already is asked too; a guess
)


def build(observations: DataFrame, churn: DataFrame, *, as_of: date) -> dict[str, Any]:
    """The files of the contract by name, JSON as plain values; equal rows give equal bytes.

    churn: one row per customer with a rhythm and observation date.
    """
    return train(collect(churn, observations, "is_churned", key=KEY), as_of=as_of, scored=everybody(observations))


def train(rows: pd.DataFrame, *, as_of: date, scored: pd.DataFrame | None = None) -> dict[str, Any]:
    """The files from rows sorted by KEY; who would not be scored is not learnt from either.

    scored: everybody on the newest observation date; those with a rhythm are compared with.
    """
    asked = _with_rhythm(rows)
    churned = asked["is_churned"].to_numpy(dtype=np.int64)
    content, trees = fit_propensity(
        asked, churned, CHURNS, declared_rate=DECLARED_RATE, as_of=as_of,
        compared_with=None if scored is None else _with_rhythm(scored), is_wished_for=False,
    )  # fmt: skip
    labels = {"is_churned": (CHURNS, asked["observation_date"], churned)}
    told = describe_propensity("is_churned", content, trees, asked, churned)
    return {
        "is_churned.json": content,
        "is_churned.txt": trees,
        "data_sheet.json": learning_sheet(asked, labels),
        "report.html": write_propensity_page("Who stops buying", as_of, [told]),
    }


def _with_rhythm(rows: pd.DataFrame) -> pd.DataFrame:
    return rows.query(RHYTHM).reset_index(drop=True)
