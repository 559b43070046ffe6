"""How likely a customer takes each of the three steps to the card."""

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
from schemas.labels.card_uptake import ACTIVATES, APPLIES, IS_APPROVED
from schemas.models.card_propensity import STEPS

KEY = ("observation_date", "customer_id")
LABEL_OF = dict(zip(STEPS, (APPLIES, IS_APPROVED, ACTIVATES), strict=True))
DECLARED_RATE = {"applies": 0.01, "is_approved": 0.7, "activates": 0.8}
"""What answers before anything is known: what campaigns for cards commonly see; guesses."""


def build(observations: DataFrame, card_uptake: DataFrame, *, as_of: date) -> dict[str, Any]:
    """The files of the contract by name, JSON as plain values; equal rows give equal bytes.

    card_uptake: one row per customer who had not applied and observation date. Each step is learnt from those who took
    the one before; whoever was not decided teaches nothing about approval.
    """
    return train(collect(card_uptake, observations, *STEPS, key=KEY), as_of=as_of, scored=everybody(observations))


def train(rows: pd.DataFrame, *, as_of: date, scored: pd.DataFrame | None = None) -> dict[str, Any]:
    """The files of the three models from rows sorted by KEY; a step is missing where the one before was not taken.

    scored: everybody who would have been scored on the newest observation date.
    """
    files: dict[str, Any] = {}
    labels, told = {}, []
    for step in STEPS:
        asked = rows[rows[step].notna()].reset_index(drop=True)
        taken = asked[step].to_numpy(dtype=np.int64)
        files[f"{step}.json"], files[f"{step}.txt"] = fit_propensity(
            asked, taken, LABEL_OF[step], declared_rate=DECLARED_RATE[step], as_of=as_of, compared_with=scored
        )
        told.append(describe_propensity(step, files[f"{step}.json"], files[f"{step}.txt"], asked, taken))
        labels[step] = (LABEL_OF[step], asked["observation_date"], taken)
    return {
        **files,
        "data_sheet.json": learning_sheet(rows, labels),
        "report.html": write_propensity_page("Three steps to the card", as_of, told),
    }
