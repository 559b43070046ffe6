"""Propensities score in Spark exactly as they were learnt, channel by channel, and say where they know too little."""

from __future__ import annotations

from datetime import date
from typing import Any

import lightgbm
import numpy as np
import pandas as pd
import pytest

from jobs.models import card_propensity, churn, response
from jobs.models.challenger_fit import tree_matrix
from jobs.models.learning_rows import FEATURES
from jobs.models.propensity import CHANNELS
from jobs.models.scorecard import ScorecardError, feature_fingerprint, seal
from jobs.scores.propensities import build
from jobs.staging import columns_of_contract
from schemas.columns import CONTACT_CHANNELS
from schemas.models.credit_score import is_protected
from schemas.profiles.customer_profiles import CUSTOMER_PROFILES
from schemas.scores.propensities import ODDS, PROPENSITIES
from tests.conftest import TableMaker
from tests.models.messages import messages
from tests.models.shoppers import shoppers

AS_OF = date(2026, 4, 1)
TRAINED = date(2026, 3, 31)
WHOLE = {column.name for column in FEATURES if column.type in ("int", "bigint")}

Files = dict[str, dict[str, Any]]


@pytest.fixture(scope="module")
def files() -> Files:
    rows = shoppers(1600)
    return {
        "card_propensity": card_propensity.train(rows, as_of=TRAINED),
        "churn": churn.train(rows, as_of=TRAINED),
        "response": response.train(messages(6_000, 5), as_of=TRAINED),
    }


@pytest.fixture(scope="module")
def nothing_learnt() -> Files:
    rows = shoppers(10)
    return {
        "card_propensity": card_propensity.train(rows, as_of=TRAINED),
        "churn": churn.train(rows, as_of=TRAINED),
        "response": response.train(messages(100, 1).head(50), as_of=TRAINED),
    }


def customers() -> pd.DataFrame:
    """Learnt rows, and what is awkward: nothing known, infinite, a category never seen."""
    learnt = shoppers(200, seed=5).tail(60).reset_index(drop=True)[[column.name for column in FEATURES]]
    traits = messages(100, 1).head(60).reset_index(drop=True)
    for name in ("early_share_365d", "inflow_variation_180d"):
        learnt[name] = traits[name]
    learnt["customer_id"] = [f"c{position:03d}" for position in range(len(learnt))]
    learnt.loc[0, "refund_share_365d"] = -np.inf
    learnt.loc[1, "days_past_due_bucket"] = "a new bucket"
    learnt.loc[2, [column.name for column in FEATURES]] = None
    return learnt


def as_given(rows: pd.DataFrame) -> list[dict[str, Any]]:
    lines = [dict(zip(rows.columns, line, strict=True)) for line in rows.itertuples(index=False)]
    known = [{str(name): value for name, value in line.items() if pd.notna(value)} for line in lines]
    return [{name: int(value) if name in WHOLE else value for name, value in line.items()} for line in known]


def seen_by(content: dict[str, Any], rows: pd.DataFrame, channel: str = "") -> np.ndarray[Any, Any]:
    by_name = {column.name: column for column in (*FEATURES, *CHANNELS)}
    features = content["features"]
    seen = rows.assign(**{f"through_{one}": float(one == channel) for one in CONTACT_CHANNELS})
    return tree_matrix(
        seen,
        [by_name[one["name"]] for one in features],
        {one["name"]: tuple(one["categories"]) for one in features if one["type"] == "string"},
        {one["name"]: one["instead_of_missing"] for one in features if one["instead_of_missing"] is not None},
    )


def raw(content: dict[str, Any], trees: str, rows: pd.DataFrame, channel: str = "") -> np.ndarray[Any, Any]:
    return np.asarray(lightgbm.Booster(model_str=trees).predict(seen_by(content, rows, channel), raw_score=True))


def probability(content: dict[str, Any], scores: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    numbers = content["log_odds"]
    return np.asarray(1 / (1 + np.exp(-(numbers["intercept"] + numbers["slope"] * scores))))


def test_t22_every_head_scores_in_spark_as_it_was_learnt(table: TableMaker, files: Files) -> None:
    rows = customers()
    profiles = table(CUSTOMER_PROFILES, as_given(rows)).repartition(3)
    found = build(profiles, files["card_propensity"], files["churn"], files["response"], as_of=AS_OF)
    assert columns_of_contract(PROPENSITIES, found, "tonight").columns == list(PROPENSITIES.column_names)
    scored = found.toPandas().sort_values("customer_id", ignore_index=True)
    for name, document, head in (
        ("card_application_probability", "card_propensity", "applies"),
        ("card_approval_probability", "card_propensity", "is_approved"),
        ("churn_probability", "churn", "is_churned"),
    ):
        content, trees = files[document][f"{head}.json"], files[document][f"{head}.txt"]
        assert content["fallback"] == "", head
        expected = probability(content, raw(content, trees, rows))
        if head == "is_churned":
            expected = np.where(rows["purchase_day_count"].astype(float) >= 4, expected, np.nan)
            assert 0 < np.isnan(expected).sum() < len(expected)
        np.testing.assert_allclose(scored[name].astype(float), expected, atol=1e-12)
        odds = (1 - expected) / expected if head == "is_churned" else expected / (1 - expected)
        points = 600 + 40 * np.log2(odds / 30)  # more is better for us
        np.testing.assert_allclose(
            scored[name.replace("_probability", "_points")].astype(float), points, rtol=0, atol=0.5 + 1e-9
        )
        assert np.nanstd(expected) > 0.01


def test_t33_no_model_of_wishes_reads_a_protected_attribute(files: Files) -> None:
    stored = {name: content for documents in files.values() for name, content in documents.items()}
    models = {name: content for name, content in stored.items() if isinstance(content, dict) and "features" in content}
    assert set(models) == {
        *(f"{name}.json" for name in ("applies", "is_approved", "activates", "is_churned", "responds", "uplift"))
    }
    read = {feature["name"] for content in models.values() for feature in content["features"]}
    assert len(read) > 5
    assert [name for name in read if is_protected(name)] == []
    assert models["uplift.json"]["features"]


def test_t22_uplift_is_told_for_each_channel_and_the_best_one_is_named(table: TableMaker, files: Files) -> None:
    rows, response_files = customers(), files["response"]
    found = build(
        table(CUSTOMER_PROFILES, as_given(rows)), files["card_propensity"], files["churn"], response_files, as_of=AS_OF
    )
    scored = found.toPandas().sort_values("customer_id", ignore_index=True)
    content = response_files["uplift.json"]
    assert content["fallback"] == ""
    numbers, share = content["uplift"], content["uplift"]["contacted_share"]
    expected = {}
    for channel in CONTACT_CHANNELS:
        contacted = raw(content, response_files["uplift_of_contacted.txt"], rows, channel)
        controls = raw(content, response_files["uplift_of_controls.txt"], rows, channel)
        effect = share * contacted + (1 - share) * controls
        expected[channel] = numbers["mean"] + numbers["slope"] * (effect - numbers["centre"])
        np.testing.assert_allclose(scored[f"contact_uplift_{channel}"], expected[channel], atol=1e-12)
    best = [CONTACT_CHANNELS[at] for at in np.argmax([expected[one] for one in CONTACT_CHANNELS], axis=0)]
    assert scored["best_contact_channel"].tolist() == best
    responds = response_files["responds.json"]
    by_channel = {
        one: probability(responds, raw(responds, response_files["responds.txt"], rows, one)) for one in CONTACT_CHANNELS
    }
    answers = [by_channel[channel][at] for at, channel in enumerate(best)]
    np.testing.assert_allclose(scored["contact_response_probability"], answers, atol=1e-12)


def test_a_grade_is_the_odds_of_what_is_wished_for_over_those_of_the_rows_learnt_from(
    table: TableMaker, files: Files
) -> None:
    scored = scored_tonight(table, files, customers())
    seen = set()
    for what, document, head in (("card_application", "card_propensity", "applies"), ("churn", "churn", "is_churned")):
        learnt = files[document][f"{head}.json"]["trained_on"]
        usual = learnt["events"] / learnt["rows"]
        probability = scored[f"{what}_probability"].astype(float)
        times = probability / (1 - probability) / (usual / (1 - usual))
        times = 1 / times if what == "churn" else times
        bounds = zip("ABCD", (4, 2, 1, 0.5), strict=True)
        expected = np.select([times >= bound for _, bound in bounds], list("ABCD"), default="E").astype(object)
        expected[probability.isna()] = None
        assert scored[f"{what}_grade"].tolist() == expected.tolist()
        seen |= set(expected)
    assert len(seen) >= 4


@pytest.mark.parametrize(
    ("what", "document", "head", "sign"),
    [
        ("card_application", "card_propensity", "applies", -1),
        ("churn", "churn", "is_churned", 1),
        ("contact_response", "response", "responds", -1),
    ],
)
def test_reasons_are_what_the_trees_say_costs_most_points(
    table: TableMaker, files: Files, what: str, document: str, head: str, sign: int
) -> None:
    rows = customers()
    scored = scored_tonight(table, files, rows)
    content, booster = files[document][f"{head}.json"], lightgbm.Booster(model_str=files[document][f"{head}.txt"])
    names = [one["name"] for one in content["features"]]
    per_raw = sign * 40 / np.log(2) * content["log_odds"]["slope"]
    told = 0
    for at, (_, line) in enumerate(scored.iterrows()):
        channel = line["best_contact_channel"] if head == "responds" else ""
        matrix = seen_by(content, rows.iloc[[at]].reset_index(drop=True), channel)
        added = np.asarray(booster.predict(matrix, pred_contrib=True))[0]
        np.testing.assert_allclose(added.sum(), booster.predict(matrix, raw_score=True)[0], atol=1e-9)
        lost = sorted((-round(cost, 2), name) for cost, name in zip(added[:-1] * per_raw, names, strict=True))
        own = [(cost, name) for cost, name in lost if not name.startswith("through_")]
        expected = [(name, -cost) for cost, name in own[:4] if cost < 0]
        if head == "is_churned" and np.isnan(float(line["churn_points"] or np.nan)):
            expected = []
        assert [(one["feature"], one["points_lost"]) for one in line[f"{what}_reasons"]] == expected
        assert all(one["text"] and ": " in one["text"] for one in line[f"{what}_reasons"])
        told += len(expected)
    assert told > len(scored)


def test_a_change_is_of_the_customer_and_by_the_same_model(table: TableMaker, files: Files) -> None:
    rows = customers()
    before = rows.copy()
    before[[column.name for column in FEATURES]] = rows[[column.name for column in FEATURES]].iloc[::-1].to_numpy()
    before = before.tail(50)
    scored = scored_tonight(table, files, rows, before)
    alone = scored_tonight(table, files, before).set_index("customer_id")
    moved = 0
    for what in ODDS:
        then = scored["customer_id"].map(alone[f"{what}_points"]).astype(float)
        expected = scored[f"{what}_points"].astype(float) - then
        np.testing.assert_allclose(scored[f"{what}_change_30d"].astype(float), expected)
        assert expected.isna().sum() >= 10
        moved += int((expected.fillna(0) != 0).sum())
    assert moved > 50


def test_no_change_is_told_where_the_profiles_of_then_lack_what_a_model_reads(table: TableMaker, files: Files) -> None:
    rows = customers()
    profiles = table(CUSTOMER_PROFILES, as_given(rows))
    read = files["churn"]["is_churned.json"]["features"][0]["name"]
    models = (files["card_propensity"], files["churn"], files["response"])
    found = build(profiles, *models, profiles_30d_ago=profiles.drop(read), as_of=AS_OF)
    assert found.where("churn_change_30d IS NOT NULL").count() == 0
    assert build(profiles, *models, profiles_30d_ago=profiles, as_of=AS_OF).where("churn_change_30d = 0").count() > 10


def scored_tonight(
    table: TableMaker, files: Files, rows: pd.DataFrame, before: pd.DataFrame | None = None
) -> pd.DataFrame:
    """One line per customer in their order; before: the profiles of 30 days ago."""
    profiles = table(CUSTOMER_PROFILES, as_given(rows))
    of_then = None if before is None else table(CUSTOMER_PROFILES, as_given(before))
    models = (files["card_propensity"], files["churn"], files["response"])
    found = build(profiles, *models, profiles_30d_ago=of_then, as_of=AS_OF)
    return found.toPandas().sort_values("customer_id", ignore_index=True)


def test_where_too_little_was_known_everybody_gets_the_base_rate_and_is_told(
    table: TableMaker, nothing_learnt: Files
) -> None:
    given: list[dict[str, Any]] = [
        {"customer_id": "ann", "purchase_day_count": 5, "days_since_last_purchase": 364},
        {"customer_id": "bob", "purchase_day_count": 5, "days_since_last_purchase": 365},
        {"customer_id": "cem"},
    ]
    found = build(
        table(CUSTOMER_PROFILES, given),
        nothing_learnt["card_propensity"],
        nothing_learnt["churn"],
        nothing_learnt["response"],
        as_of=AS_OF,
    ).select(*PROPENSITIES.column_names)
    ann, bob, cem = sorted(found.collect(), key=lambda row: str(row["customer_id"]))
    base = nothing_learnt["card_propensity"]["applies.json"]["base_rate"]
    assert ann["card_application_probability"] == bob["card_application_probability"] == pytest.approx(base)
    assert ann["churn_probability"] is not None
    assert (bob["churn_probability"], cem["churn_probability"]) == (None, None), "who left already cannot leave"
    assert [ann[f"contact_uplift_{channel}"] for channel in CONTACT_CHANNELS] == [0.0] * 4
    assert ann["best_contact_channel"] == CONTACT_CHANNELS[0]
    assert [ann[f"{what}_grade"] for what in ODDS] == [None] * 5
    assert [ann[f"{what}_reasons"] for what in ODDS] == [[]] * 5
    assert [ann[f"{what}_change_30d"] for what in ODDS] == [None] * 5
    assert {(one["model"], one["is_fallback"]) for one in ann["models"]} == {
        (name, True) for name in ("applies", "is_approved", "activates", "is_churned", "responds", "uplift")
    }


def test_t22_models_of_other_features_are_refused(table: TableMaker, files: Files) -> None:
    content = files["churn"]["is_churned.json"]
    features = [{**content["features"][0], "meaning": "else"}]
    named = feature_fingerprint([(features[0]["name"], features[0]["type"], "else")])
    other = seal({**content, "features": features, "feature_fingerprint": named}, TRAINED)
    altered = {**files["churn"], "is_churned.json": other}
    with pytest.raises(ScorecardError, match=r"another type or meaning now: .*; train again"):
        build(table(CUSTOMER_PROFILES, []), files["card_propensity"], altered, files["response"], as_of=AS_OF)
