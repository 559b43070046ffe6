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
from schemas.scores.propensities import PROPENSITIES
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


def raw(content: dict[str, Any], trees: str, rows: pd.DataFrame, channel: str = "") -> np.ndarray[Any, Any]:
    by_name = {column.name: column for column in (*FEATURES, *CHANNELS)}
    features = content["features"]
    seen = rows.assign(**{f"through_{one}": float(one == channel) for one in CONTACT_CHANNELS})
    matrix = tree_matrix(
        seen,
        [by_name[one["name"]] for one in features],
        {one["name"]: tuple(one["categories"]) for one in features if one["type"] == "string"},
        {one["name"]: one["instead_of_missing"] for one in features if one["instead_of_missing"] is not None},
    )
    return np.asarray(lightgbm.Booster(model_str=trees).predict(matrix, raw_score=True))


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


def test_where_too_little_was_known_everybody_gets_the_base_rate_and_is_told(
    table: TableMaker, nothing_learnt: Files
) -> None:
    given: list[dict[str, Any]] = [{"customer_id": "ann", "purchase_day_count": 5}, {"customer_id": "bob"}]
    found = build(
        table(CUSTOMER_PROFILES, given),
        nothing_learnt["card_propensity"],
        nothing_learnt["churn"],
        nothing_learnt["response"],
        as_of=AS_OF,
    ).select(*PROPENSITIES.column_names)
    ann, bob = sorted(found.collect(), key=lambda row: str(row["customer_id"]))
    base = nothing_learnt["card_propensity"]["applies.json"]["base_rate"]
    assert ann["card_application_probability"] == bob["card_application_probability"] == pytest.approx(base)
    assert (ann["churn_probability"] is None, bob["churn_probability"]) == (False, None)
    assert [ann[f"contact_uplift_{channel}"] for channel in CONTACT_CHANNELS] == [0.0] * 4
    assert ann["best_contact_channel"] == CONTACT_CHANNELS[0]
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
