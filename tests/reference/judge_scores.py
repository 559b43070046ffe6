"""How good published default scores are, beside what the demo's world knows of the same customers and dates.

    python -m tests.reference.judge_scores --business-date 2026-03-31 --truth FOLDER       prints one object of JSON

Champion and challenger are judged as published, on the newest observation dates of households that neither learnt from.
The oracle is the world's own probability to become unable to pay within six months, and all are compared by the label
that was learnt: 60 days past due within six months. Beside it stands what the oracle reaches by its own outcome, and
all without the members of rings, of whom the oracle alone is told that they are about to vanish.

The oracle also knows who is in difficulty this month, even of people who have nothing due in it and show little yet.
How much of its Gini the sources can tell at all is judged by the challenger's trees, grown with one feature more: the
latent leaning to default, which the world drew for each person and no partner sees.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from jobs.models.any_table import log_odds_of
from jobs.models.challenger import read_challenger
from jobs.models.challenger_fit import Trees, grow_trees
from jobs.models.comparison import compare
from jobs.models.feature_bins import Floats
from jobs.models.scorecard import read_scorecard
from jobs.models.training_split import Rows, split
from schemas.models.credit_score import CREDIT_SCORE, POPULATION_MARKER
from schemas.models.credit_training_set import CREDIT_TRAINING_SET
from schemas.table import Column
from tests.reference.true_people import World, print_verdict

KEY = ["observation_date", "customer_id"]


def judge(world: World) -> dict[str, Any]:
    """Gini of oracle, champion and challenger on the same rows, and the calibration that the report tells."""
    files, rows = world.document(CREDIT_SCORE), learnt_rows(world)
    parts = split(rows)
    told = log_odds_told_the_leaning(world, rows, parts, files["challenger.json"])
    newest = rows[parts["out_of_time"]].assign(told=told[parts["out_of_time"]]).reset_index(drop=True)
    known = with_truth(world, newest)
    is_bad = known["is_default"].to_numpy(dtype=np.int64)
    chance = known["default_probability"].clip(1e-9, 1 - 1e-9).to_numpy()
    models = {
        "oracle": np.log((1 - chance) / chance),
        "champion": log_odds_of(read_scorecard(files["scorecard.json"]), known),
        "challenger": log_odds_of_trees(files, known),
        "told_the_leaning": known["told"].to_numpy(dtype=np.float64),
    }
    compared = compare(models, is_bad, known["customer_id"].to_numpy())["models"]
    is_ring = known["person_id"].isin(world.truth("rings")["person_id"]).to_numpy()
    others = {name: values[~is_ring] for name, values in models.items()}
    without_rings = compare(others, is_bad[~is_ring], known.loc[~is_ring, "customer_id"].to_numpy())["models"]
    own = known["is_default_in_truth"].notna().to_numpy()
    by_own_outcome = known.loc[own, "is_default_in_truth"].to_numpy(dtype=np.int64)
    oracle = compare({"oracle": models["oracle"][own]}, by_own_outcome, known.loc[own, "customer_id"].to_numpy())
    report = files["report.json"]
    return {
        "dates": sorted({day.isoformat() for day in newest["observation_date"]}),
        "rows": len(newest),
        "rows_with_truth": len(known),
        "bads": int(is_bad.sum()),
        "trained_on": report["trained_on"],
        "gini": {name: measured["gini"] for name, measured in compared.items()},
        "rows_of_rings": int(is_ring.sum()),
        "gini_without_rings": {name: measured["gini"] for name, measured in without_rings.items()},
        "gini_of_oracle_by_its_own_outcome": oracle["models"]["oracle"]["gini"],
        "parts": report["parts"],
        "features": [feature["name"] for feature in report["features"]],
        "challenger": report["challenger"],
    }


def learnt_rows(world: World) -> pd.DataFrame:
    """The population of the training set in its order."""
    rows = world.rows(CREDIT_TRAINING_SET)
    rows["is_default"] = rows["is_default"].astype(np.int64)
    inside = rows[(rows[POPULATION_MARKER] >= 1).to_numpy()]
    return inside.sort_values(KEY, kind="stable", ignore_index=True)


def with_truth(world: World, rows: pd.DataFrame) -> pd.DataFrame:
    """The rows of whom the truth tells a probability: who could not pay any more had no chance left to be told."""
    defaults = world.truth("defaults").rename(columns={"is_default": "is_default_in_truth"})
    people = rows.merge(world.persons(), on="customer_id", how="inner")
    return people.merge(defaults, on=["observation_date", "person_id"], how="inner")


def log_odds_of_trees(files: dict[str, Any], rows: pd.DataFrame) -> Floats:
    """ln(odds good:bad) of the published challenger."""
    stored = read_challenger(files["challenger.json"], files["challenger.txt"])
    columns = tuple(Column(one.name, one.type, one.meaning) for one in stored.features)
    categories = {one.name: one.categories for one in stored.features}
    instead = {one.name: one.instead_of_missing for one in stored.features if one.instead_of_missing is not None}
    return Trees(columns, categories, instead, {}, {}, stored.trees).log_odds(rows)


def log_odds_told_the_leaning(
    world: World, rows: pd.DataFrame, parts: Mapping[str, Rows], challenger: Mapping[str, Any]
) -> Floats:
    """ln(odds good:bad) of trees that read what the challenger reads, and the truth's latent leaning besides."""
    leaning = world.persons().merge(world.truth("people")[["person_id", "latent_hazard"]], on="person_id")
    known = rows.merge(leaning[["customer_id", "latent_hazard"]], on="customer_id", how="left")
    read = [Column(one["name"], one["type"], one["meaning"]) for one in challenger["features"]]
    directions = {one["name"]: int(one["direction"]) for one in challenger["features"]} | {"latent_hazard": 1}
    is_bad = rows["is_default"].to_numpy(dtype=np.int64)
    learnt, stop_by = parts["training"], parts["random_split"]
    trees = grow_trees(
        known[learnt],
        is_bad[learnt],
        [*read, Column("latent_hazard", "double", "leaning to default, standard-normal")],
        directions,
        stop_by=(known[stop_by], is_bad[stop_by]),
    )
    return trees.log_odds(known)


if __name__ == "__main__":
    print_verdict(judge, str(__doc__))
