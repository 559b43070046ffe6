"""Who applies after a message, and whom a message moves."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import pandas as pd
from pyspark.sql import DataFrame

from jobs.models.challenger import sha256_of_trees
from jobs.models.feature_bins import Bads
from jobs.models.learning_rows import FEATURES, collect, everybody, learning_sheet
from jobs.models.propensity import CHANNELS, NO_TREES
from jobs.models.propensity_fit import described, fit_propensity, reading
from jobs.models.propensity_page import write_propensity_page
from jobs.models.propensity_report import describe_propensity
from jobs.models.scorecard import seal
from jobs.models.uplift_fit import MIN_RESPONSES_OF_CONTROLS, UpliftFit, fit_uplift, with_channel
from schemas.columns import CONTACT_CHANNELS
from schemas.labels.response import RESPONDS

KEY = ("observation_date", "customer_id", "contact_id")
DECLARED_RATE = 0.03  # of those who are written to; what mailings for cards commonly see, a guess
DECLARED_UPLIFT = 0.0  # nobody is written to on the strength of a guess


def build(observations: DataFrame, response: DataFrame, *, as_of: date) -> dict[str, Any]:
    """The files of the contract by name, JSON as plain values; equal rows give equal bytes.

    response: one row per message to one customer, those that were withheld among them.
    """
    outcomes = ("responds", "is_control", "contact_channel")
    return train(collect(response, observations, *outcomes, key=KEY), as_of=as_of, scored=everybody(observations))


def train(rows: pd.DataFrame, *, as_of: date, scored: pd.DataFrame | None = None) -> dict[str, Any]:
    """The files from rows sorted by KEY.

    scored: everybody who would have been scored on the newest observation date, each through their best channel.
    """
    files, fit = _uplift_files(rows, as_of)
    contacted = with_channel(rows[(~rows["is_control"].astype(bool)).to_numpy()].reset_index(drop=True))
    responded = contacted["responds"].to_numpy(dtype=np.int64)
    content, trees = fit_propensity(
        contacted, responded, RESPONDS, declared_rate=DECLARED_RATE, as_of=as_of, columns=(*FEATURES, *CHANNELS),
        compared_with=None if scored is None else _through_best(scored, fit),
    )  # fmt: skip
    labels = {"responds": (RESPONDS, contacted["observation_date"], responded)}
    told = describe_propensity("responds", content, trees, contacted, responded)
    uplift = {**files["uplift.json"], "curves": {} if fit is None else fit.curves}
    return {
        "responds.json": content,
        "responds.txt": trees,
        **files,
        "data_sheet.json": learning_sheet(rows, labels),
        "report.html": write_propensity_page("Who answers, and whom a message moves", as_of, [told], uplift),
    }


def _through_best(rows: pd.DataFrame, fit: UpliftFit | None) -> pd.DataFrame:
    """The rows with the channel of the greatest uplift, the first of equals; the first where nothing is known."""
    best = np.zeros(len(rows), dtype=np.int64)
    if fit is not None and fit.slope > 0:  # 0 where effects differ by chance only
        effects = [
            fit.learners.by_effects(with_channel(rows.assign(contact_channel=channel))) for channel in CONTACT_CHANNELS
        ]
        best = np.argmax(effects, axis=0)
    return with_channel(rows.assign(contact_channel=np.array(CONTACT_CHANNELS)[best]))


def _uplift_files(rows: pd.DataFrame, as_of: date) -> tuple[dict[str, Any], UpliftFit | None]:
    """The files of uplift, and what was learnt, if anything."""
    responds = rows["responds"].to_numpy(dtype=np.int64)
    too_little = _why_too_little(rows, responds)
    fit = None if too_little else fit_uplift(rows, FEATURES)
    fallback = too_little if fit is None else fit.fallback
    kept = None if fallback or fit is None else fit.learners
    trees = {
        "contacted": NO_TREES if kept is None else kept.of_contacted.text,
        "controls": NO_TREES if kept is None else kept.of_controls.text,
    }
    content = {
        **described(rows, responds, RESPONDS, declared_rate=DECLARED_RATE, fallback=fallback),
        **reading(None if kept is None else kept.of_contacted),
        "trees_sha256": {which: sha256_of_trees(text) for which, text in trees.items()},
        "uplift": _numbers(fit),
        "declared_uplift": DECLARED_UPLIFT,
        "learner": "X-learner; the T-learner and the model of response are judged beside it",
        "judged": {} if fit is None else fit.judged,
        "as_of": as_of.isoformat(),
    }
    files = {
        "uplift.json": seal(content, as_of),
        "uplift_of_contacted.txt": trees["contacted"],
        "uplift_of_controls.txt": trees["controls"],
    }
    return files, fit


def _numbers(fit: UpliftFit | None) -> dict[str, float]:
    """Mean, shrinkage and the share of messages that were sent; the declared uplift where nothing was learnt."""
    if fit is None:
        return {"contacted_share": 1.0, "mean": DECLARED_UPLIFT, "slope": 0.0, "centre": 0.0}
    share = fit.learners.contacted_share
    return {"contacted_share": share, "mean": fit.mean, "slope": fit.slope, "centre": fit.centre}


def _why_too_little(rows: pd.DataFrame, responds: Bads) -> str:
    """Empty where enough controls applied without a message, so that what a message adds can be told from the rest."""
    is_control = rows["is_control"].to_numpy(dtype=bool)
    found = min(int(responds[is_control].sum()), int(responds[~is_control].sum()))
    if found >= MIN_RESPONSES_OF_CONTROLS:
        return ""
    return f"{found} applications among messages withheld or sent, {MIN_RESPONSES_OF_CONTROLS} of each needed"
