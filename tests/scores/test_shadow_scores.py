"""Models in shadow score in Spark exactly as they were learnt, and are silent where they know nothing."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import pytest
from pyspark.sql import functions as F

from jobs.models.challenger import read_challenger
from jobs.models.challenger_fit import tree_matrix
from jobs.models.credit_score import FEATURES, train
from jobs.models.scorecard import ScorecardError, feature_fingerprint, seal
from jobs.scores.shadow_scores import build
from jobs.staging import columns_of_contract
from schemas.profiles.customer_profiles import CUSTOMER_PROFILES
from schemas.scores.shadow_scores import SHADOW_SCORES
from tests.conftest import TableMaker, rows
from tests.models.borrowers import as_training_set, borrowers
from tests.scores.small_scorecard import number, scorecard

AS_OF = date(2026, 4, 1)


@pytest.fixture(scope="module")
def files() -> dict[str, Any]:
    return train(as_training_set(borrowers()), as_of=date(2026, 3, 31))


def shadowed(*models: tuple[str, dict[str, Any]]) -> dict[str, Any]:
    return {"challengers": [{"kind": kind, "files": files} for kind, files in models]}


def test_t22_trees_score_in_arrow_batches_as_they_were_learnt(table: TableMaker, files: dict[str, Any]) -> None:
    """Training rows, and by name what is awkward: nothing known, no history, infinite, never seen."""
    import lightgbm

    learnt = as_training_set(borrowers()).tail(200).reset_index(drop=True)
    learnt["customer_id"] = [f"c{position:03d}" for position in range(200)]
    named = [column for column in FEATURES if learnt[column.name].notna().any()]
    given = [
        {column.name: value for column in named if pd.notna(value := line[column.name])}
        | {"customer_id": line["customer_id"]}
        for line in learnt.to_dict("records")
    ]
    whole = {column.name for column in named if column.type in ("int", "bigint")}
    given = [{name: int(value) if name in whole else value for name, value in line.items()} for line in given]
    given[0] |= {"on_time_share_365d": float("inf")}
    given[1] |= {"on_time_share_365d": float("nan"), "days_past_due_bucket": "a new bucket"}
    given[2] = {"customer_id": "c002", "plan_count": 1}
    given.append({"customer_id": "zoe", "days_past_due": 3})  # no plan: outside the population
    found = build(table(CUSTOMER_PROFILES, given).repartition(3), shadowed(("trees", files)), as_of=AS_OF)

    read = read_challenger(files["challenger.json"], files["challenger.txt"])
    profiles = pd.DataFrame(given[:-1]).reindex(columns=[one.name for one in read.features])
    columns = [column for one in read.features for column in FEATURES if column.name == one.name]
    matrix = tree_matrix(
        profiles,
        columns,
        {one.name: one.categories for one in read.features},
        {one.name: one.instead_of_missing for one in read.features if one.instead_of_missing is not None},
    )
    raw = lightgbm.Booster(model_str=read.trees).predict(matrix, raw_score=True)
    expected = 1 / (1 + np.exp(read.intercept - read.slope * raw))
    scored = {row["customer_id"]: row for row in found.collect()}
    assert len(scored) == 201
    for name, probability in zip(profiles.index.map(lambda position: f"c{position:03d}"), expected, strict=True):
        assert scored[name]["default_probability"] == pytest.approx(probability, abs=1e-12)
        points = read.offset + read.factor * np.log((1 - probability) / probability)
        assert scored[name]["score"] == pytest.approx(points, abs=0.51)
    assert (scored["zoe"]["score"], scored["zoe"]["default_probability"]) == (None, None)
    assert {(row["model_version"], row["model_kind"]) for row in scored.values()} == {(read.model_version, "trees")}
    assert (scored["zoe"]["grade"], scored["zoe"]["is_thin_file"], scored["zoe"]["reasons"]) == (None, True, [])
    assert {row["is_thin_file"] for name, row in scored.items() if name != "zoe"} == {False}

    added = lightgbm.Booster(model_str=read.trees).predict(matrix, pred_contrib=True)
    np.testing.assert_allclose(added.sum(axis=1), raw, atol=1e-9)  # what the features add is the raw score
    names = [one.name for one in read.features]
    lost = np.round(added[:, :-1] * read.slope * read.factor, 2)
    for line, name in enumerate(f"c{position:03d}" for position in range(200)):
        worst = sorted((-points, feature) for points, feature in zip(lost[line], names, strict=True) if points > 0)[:4]
        told = [(-reason["points_lost"], reason["feature"]) for reason in scored[name]["reasons"]]
        assert told == [(pytest.approx(points), feature) for points, feature in worst]
    assert max(len(row["reasons"]) for row in scored.values()) == 4
    texts = {one["feature"]: one["text"] for row in scored.values() for one in row["reasons"]}
    assert re.fullmatch(r"Money on your bank accounts: ([\d,]+\.\d\d|not known)", texts["balance_cents_last"])
    assert re.fullmatch(r"Days your oldest .*: (\d+|current|90\+|[\d-]+|a new bucket)", texts["days_past_due_bucket"])


def test_several_models_score_beside_each_other_and_none_is_none(table: TableMaker) -> None:
    profiles = table(CUSTOMER_PROFILES, [{"customer_id": "ann", "days_past_due": 0}, {"customer_id": "bob"}])
    one, two = (scorecard(number("days_past_due", [0.5], [points, 0], missing=-points)) for points in (10, 20))
    models = shadowed(("scorecard", {"scorecard.json": one}), ("scorecard", {"scorecard.json": two}))
    found = build(profiles, models, as_of=AS_OF)
    assert rows(found.where(F.col("model_version") == two["model_version"]), "customer_id", "score") == [
        ("ann", 620),
        ("bob", 580),
    ]
    assert rows(found.where(F.col("model_version") == one["model_version"]), "customer_id", "score") == [
        ("ann", 610),
        ("bob", 590),
    ]
    assert rows(build(profiles, shadowed(), as_of=AS_OF), "customer_id") == []


def test_every_model_tells_how_a_customer_has_changed_by_its_own_measure(
    table: TableMaker, files: dict[str, Any]
) -> None:
    now = [{"customer_id": "ann", "plan_count": 1, "days_past_due": 0, "fee_count_180d": 0},
           {"customer_id": "zoe", "days_past_due": 0}]  # fmt: skip
    then = [{**now[0], "days_past_due": 50, "fee_count_180d": 5}, now[1]]
    card = scorecard(number("days_past_due", [0.5], [20, -60]))
    models = shadowed(("trees", files), ("scorecard", {"scorecard.json": card}))
    tonight, before = table(CUSTOMER_PROFILES, now), table(CUSTOMER_PROFILES, then)
    found = build(tonight, models, profiles_30d_ago=before, as_of=AS_OF)
    assert columns_of_contract(SHADOW_SCORES, found, "tonight").columns == list(SHADOW_SCORES.column_names)
    scores = {(row["model_kind"], row["customer_id"]): row for row in found.collect()}
    earlier = {(row["model_kind"], row["customer_id"]): row for row in build(before, models, as_of=AS_OF).collect()}
    change = scores["trees", "ann"]["score"] - earlier["trees", "ann"]["score"]
    assert scores["trees", "ann"]["score_change_30d"] == change > 20
    assert scores["scorecard", "ann"]["score_change_30d"] == 80
    assert scores["scorecard", "zoe"]["score_change_30d"] == 0
    assert scores["trees", "zoe"]["score_change_30d"] is None
    assert [one["text"] for one in earlier["scorecard", "ann"]["reasons"]] == [
        "Days your oldest unpaid instalment is past due: 50 (best: 0 or less)"
    ]
    assert scores["scorecard", "ann"]["grade"] == "B"


def test_t22_trees_for_other_features_are_refused(table: TableMaker, files: dict[str, Any]) -> None:
    content = {**files["challenger.json"]}
    content["features"] = [{**content["features"][0], "meaning": "something else"}, *content["features"][1:]]
    named = [(one["name"], one["type"], one["meaning"]) for one in content["features"]]
    content["feature_fingerprint"] = feature_fingerprint(named)
    altered = {**files, "challenger.json": seal(content, date(2026, 3, 31))}
    with pytest.raises(ScorecardError, match=r"another type or meaning now: .*; train again"):
        build(table(CUSTOMER_PROFILES, []), shadowed(("trees", altered)), as_of=AS_OF)
