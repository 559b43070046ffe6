"""What it adds to a score to know whom somebody knows, on customers of whom little else is known.

    python -m tests.reference.judge_network --business-date 2026-03-31 --truth FOLDER     prints one object of JSON

Thin here: a customer on the first and only instalment plan, opened within 90 days, so that little or nothing was due
yet. (Customers without a plan, who are called thin files elsewhere, have no outcome to judge by.) Scorecard and trees
are learnt thrice, without any family of relations, with the columns that models may read, and with all columns of the
families that were replayed for the observation dates; households are scored by models that never saw them, in turn.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from jobs.models.challenger_fit import grow_trees
from jobs.models.comparison import compare
from jobs.models.credit_score import FEATURES, columns_of
from jobs.models.feature_bins import NUMBER_TYPES, Bads, Floats
from jobs.models.scorecard_fit import Bins, Fit, learn_scorecard, weigh_bins
from jobs.models.training_split import draw, households_of
from schemas.columns import CUSTOMER_ID
from schemas.models.credit_score import NETWORK_FAMILIES
from schemas.table import Column
from tests.reference.judge_scores import KEY, learnt_rows
from tests.reference.true_people import World, print_verdict

FOLDS = 3
FOLD_SALT = "network fold 1"
THIN_WITHIN = "plan_count_90d"


def judge(world: World) -> dict[str, Any]:
    """Gini on thin customers of each way, with the gain over the way that knows nobody, and its interval."""
    rows = learnt_rows(world)
    rows, added = with_relations(world, rows)
    network = set(columns_of(NETWORK_FAMILIES))
    ways = {
        "without": [one for one in FEATURES if one.name not in network],
        "with_read_by_models": list(FEATURES),
        "with_all": [*FEATURES, *added],
    }
    thin = ((rows["plan_count"] == 1) & (rows[THIN_WITHIN] == 1)).to_numpy()
    is_bad, customers = rows["is_default"].to_numpy(dtype=np.int64), rows["customer_id"].to_numpy()
    scored = unseen_log_odds(rows, is_bad, ways)
    judged = {
        f"{model}_on_{whom}": compare(
            {way: values[which] for way, values in of_ways.items()}, is_bad[which], customers[which]
        )["models"]
        for model, of_ways in scored.items()
        for whom, which in (("thin", thin), ("all", np.ones(len(rows), dtype=bool)))
    }
    return {
        "rows": len(rows),
        "thin_rows": int(thin.sum()),
        "thin_bads": int(is_bad[thin].sum()),
        "columns": {way: len(columns) for way, columns in ways.items()},
        **judged,
    }


def with_relations(world: World, rows: pd.DataFrame) -> tuple[pd.DataFrame, list[Column]]:
    """The rows with every column of the replayed families that they do not have yet; and those columns."""
    added: list[Column] = []
    for family in NETWORK_FAMILIES:
        wanted = [one for one in family.columns if one != CUSTOMER_ID and one.name not in rows]
        new = [one for one in wanted if one.type in NUMBER_TYPES]
        replays = [
            world.rows(family, day, ["customer_id", *(one.name for one in new)]).assign(observation_date=day)
            for day in sorted(rows["observation_date"].unique())
        ]
        rows = rows.merge(pd.concat(replays), on=KEY, how="left")
        added += new
    return rows, added


def unseen_log_odds(
    rows: pd.DataFrame, is_bad: Any, ways: Mapping[str, Sequence[Column]]
) -> dict[str, dict[str, Floats]]:
    """ln(odds good:bad) of every row by models that did not see its household: model -> way -> values."""
    names, position = np.unique(households_of(rows).to_numpy().astype(str), return_inverse=True)
    fold = np.array([int(draw(FOLD_SALT, name) * FOLDS) for name in names])[position]
    scored = {model: {way: np.zeros(len(rows)) for way in ways} for model in ("scorecard", "trees")}
    for number in range(FOLDS):
        own, others = fold == number, fold != number
        seen, outcome = rows[others].reset_index(drop=True), is_bad[others]
        whole = learn_scorecard(seen, outcome, ways["with_all"])
        for way, columns in ways.items():
            fit = only(whole, columns, seen, outcome)
            scored["scorecard"][way][own] = fit.log_odds(rows[own])
            steady = [one for one in columns if one.name not in whole.bins.turning]
            trees = grow_trees(seen, outcome, steady, whole.bins.directions)
            scored["trees"][way][own] = trees.log_odds(rows[own])
    return scored


def only(whole: Fit, columns: Sequence[Column], seen: pd.DataFrame, outcome: Bads) -> Fit:
    """The scorecard of these columns alone, from the same bins."""
    names = {one.name for one in columns}
    binned = tuple(one for one in whole.bins.binned if one.name in names)
    return weigh_bins(Bins(binned, {}, frozenset()), seen, outcome)


if __name__ == "__main__":
    print_verdict(judge, str(__doc__))
