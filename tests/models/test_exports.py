"""The scorecard as SQL, as PMML and as a table of points gives the scores of the scorecard itself."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Mapping
from typing import Any
from xml.etree import ElementTree as ET

import duckdb
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from jobs.models.points_table import points_csv, points_page
from jobs.models.scorecard import Scorecard, read_scorecard, seal
from jobs.models.scorecard_fit import Fit
from jobs.models.scorecard_pmml import NAMESPACE, scorecard_pmml
from jobs.models.scorecard_sql import scorecard_sql
from tests.models.conftest import AS_OF, NAMES

ONLY_WITH_HISTORY = ["days_past_due_bucket", "on_time_share_365d"]


@pytest.fixture(scope="module")
def stored(content: dict[str, Any]) -> dict[str, Any]:
    """The scorecard with a population, so that what is exported has every rule there is."""
    population = {"meaning": "customers with a plan", "marker": "plan_count", "known_of_it_only": ONLY_WITH_HISTORY}
    return seal({**content, "population": population}, AS_OF)


@pytest.fixture(scope="module")
def scorecard(stored: dict[str, Any]) -> Scorecard:
    return read_scorecard(stored)


@pytest.fixture(scope="module")
def customers(awkward_rows: pd.DataFrame, training_rows: pd.DataFrame) -> pd.DataFrame:
    """Every edge, missing, infinite and unseen value, each inside and outside the population."""
    rows = pd.concat([awkward_rows[NAMES], training_rows[NAMES].head(300)], ignore_index=True)
    groups = [rows.assign(plan_count=pd.array([plans] * len(rows), dtype="Int64")) for plans in (1, 7, 0, None)]
    every = pd.concat(groups, ignore_index=True)
    return every.assign(customer_id=[f"c{position:05d}" for position in range(len(every))])


@pytest.fixture(scope="module")
def expected(fit: Fit, customers: pd.DataFrame) -> np.ndarray[Any, Any]:
    """ln(odds good:bad) as it was learnt; outside the population without what only history can tell."""
    is_inside = (customers["plan_count"].fillna(0) >= 1).to_numpy(dtype=bool)
    total = np.full(len(customers), fit.intercept)
    for feature, weight in zip(fit.features, fit.weights, strict=True):
        counts = is_inside if feature.name in ONLY_WITH_HISTORY else np.ones(len(customers), dtype=bool)
        total = total + np.where(counts, weight * feature.weights_of_evidence(customers), 0.0)
    return total


def test_t22_the_sql_gives_the_same_scores_in_duckdb(
    scorecard: Scorecard, customers: pd.DataFrame, expected: np.ndarray[Any, Any]
) -> None:
    customer_profiles = pa.Table.from_pandas(customers, preserve_index=False)
    position = customer_profiles.schema.get_field_index("on_time_share_365d")
    values = customers["on_time_share_365d"].to_numpy(dtype=np.float64)  # from_pandas would make NaN a null
    customer_profiles = customer_profiles.set_column(position, "on_time_share_365d", pa.array(values))
    found = duckdb.sql(f"SELECT * FROM ({scorecard_sql(scorecard)}) ORDER BY customer_id").fetchnumpy()
    assert len(expected) == len(found["log_odds"]) == customer_profiles.num_rows
    assert np.abs(found["log_odds"] - expected).max() < 1e-12
    assert np.abs(found["default_probability"] - 1 / (1 + np.exp(expected))).max() < 1e-12
    assert (found["score"] == np.floor(scorecard.offset + scorecard.factor * expected + 0.5)).all()
    assert (found["is_thin_file"] == (customers["plan_count"].fillna(0) < 1).to_numpy(dtype=bool)).all()
    assert len(np.unique(found["score"])) > 15


def test_the_sql_reads_any_source_and_names_the_model(scorecard: Scorecard) -> None:
    text = scorecard_sql(scorecard, source="somewhere.profiles")
    assert "FROM somewhere.profiles\n" in text
    assert '"customer_id"' in text
    named = scorecard_sql(scorecard, key='the "one" who')
    assert named.count('"the ""one"" who"') == 3
    assert "customer_id" not in named
    assert '"on_time_share_365d" IS NULL' in text
    assert text.startswith(f"-- Credit score {scorecard.model_version}:")


def test_a_category_with_a_quote_stays_a_category(content: dict[str, Any]) -> None:
    (position,) = [i for i, one in enumerate(content["features"]) if one["name"] == "days_past_due_bucket"]
    feature = {**content["features"][position]}
    feature["bins"] = [{**feature["bins"][0], "categories": ["o'clock", 'a "word"', "back\\slash"]}]
    scorecard = read_scorecard(
        seal({**content, "features": [feature], "feature_fingerprint": _fingerprint(feature)}, AS_OF)
    )
    profiles = pd.DataFrame(
        {"customer_id": ["a", "b", "c"], "days_past_due_bucket": ["o'clock", 'a "word"', "back\\slash"]}
    )
    duckdb.register("quoted", profiles)
    found = duckdb.sql(scorecard_sql(scorecard, source="quoted")).fetchnumpy()["log_odds"]
    woe = scorecard.features[0].bins[0].weight_of_evidence
    assert found == pytest.approx([scorecard.intercept + scorecard.features[0].weight * woe] * 3, abs=1e-12)
    document = ET.fromstring(scorecard_pmml(scorecard))  # noqa: S314 our own document
    values = profiles["days_past_due_bucket"]
    points = [score_by_pmml(document, {"days_past_due_bucket": value}) for value in values]
    assert points == pytest.approx(list(scorecard.offset + scorecard.factor * found), abs=1e-9)


def _fingerprint(feature: Mapping[str, Any]) -> str:
    from jobs.models.scorecard import feature_fingerprint

    return feature_fingerprint([(feature["name"], feature["type"], feature["meaning"])])


def score_by_pmml(document: ET.Element, row: Mapping[Any, Any]) -> float:
    """The points, by the rules of PMML 4.4 for scorecards: of each characteristic the first attribute that holds."""
    model = document.find(f"{{{NAMESPACE}}}Scorecard")
    assert model is not None
    total = float(model.attrib["initialScore"])
    for characteristic in model.iter(f"{{{NAMESPACE}}}Characteristic"):
        held = (one for one in characteristic if holds(one[0], row))
        total += float(next(held).attrib["partialScore"])
    return total


def holds(predicate: ET.Element, row: Mapping[Any, Any]) -> bool:
    kind = predicate.tag.removeprefix(f"{{{NAMESPACE}}}")
    if kind == "True":
        return True
    if kind == "CompoundPredicate":
        assert predicate.attrib["booleanOperator"] == "or"
        return any(holds(one, row) for one in predicate)
    value: Any = row.get(predicate.attrib["field"])
    is_missing = value is None or value is pd.NA or (isinstance(value, float) and math.isnan(value))
    if kind == "SimpleSetPredicate":
        return not is_missing and value in array_of(predicate[0].text or "")
    operator = predicate.attrib["operator"]
    if operator == "isMissing":
        return is_missing
    if is_missing:
        return False  # unknown, which is not true
    bound = float(predicate.attrib["value"])
    return bool({"greaterThan": value > bound, "lessThan": value < bound, "equal": value == bound}[operator])


def array_of(text: str) -> list[str]:
    """The strings of a PMML array: quoted, quotes inside escaped by a backslash."""
    return next(csv.reader(io.StringIO(text), delimiter=" ", escapechar="\\", doublequote=False), [])


def test_t22_the_pmml_gives_the_same_scores(
    scorecard: Scorecard, customers: pd.DataFrame, expected: np.ndarray[Any, Any]
) -> None:
    """By our own reader of the standard's rules; what it says of engines is that the document means what we score."""
    document = ET.fromstring(scorecard_pmml(scorecard))  # noqa: S314 our own document
    points = np.array([score_by_pmml(document, row) for row in customers.to_dict("records")])
    assert np.abs((points - scorecard.offset) / scorecard.factor - expected).max() < 1e-12


def test_the_pmml_declares_every_field_it_reads(scorecard: Scorecard) -> None:
    document = ET.fromstring(scorecard_pmml(scorecard))  # noqa: S314 our own document
    tags = {name: document.findall(f".//{{{NAMESPACE}}}{name}") for name in ("DataField", "MiningField")}
    read = {one.attrib["field"] for one in document.iter() if "field" in one.attrib} - {"points"}
    assert {one.attrib["name"] for one in tags["DataField"]} == read == {*NAMES, "plan_count"}
    assert {one.attrib["name"] for one in tags["MiningField"]} == read
    assert all(one.attrib["invalidValueTreatment"] == "asIs" for one in tags["MiningField"])


def test_the_points_of_the_table_add_up_to_the_score(
    stored: dict[str, Any], scorecard: Scorecard, fit: Fit, training_rows: pd.DataFrame
) -> None:
    lines = list(csv.DictReader(io.StringIO(points_csv(stored))))
    assert (lines[0]["feature"], len(lines)) == ("start", 1 + sum(len(one.bins) + 2 for one in scorecard.features))
    points: dict[str, list[float]] = {}
    for line in lines:
        points.setdefault(line["feature"], []).append(float(line["points"]))
    best = points["start"][0] + sum(max(of_bins[:-2]) for name, of_bins in points.items() if name != "start")
    weight = {feature.name: (feature.best.weight_of_evidence, feature.weight) for feature in scorecard.features}
    log_odds = scorecard.intercept + sum(woe * one for woe, one in weight.values())
    assert best == pytest.approx(scorecard.offset + scorecard.factor * log_odds, abs=1e-9)
    assert sum(int(line["rows"] or 0) for line in lines if line["feature"] == NAMES[0]) == len(training_rows)


def test_the_page_of_points_stands_alone_and_says_whom_it_is_for(stored: dict[str, Any], scorecard: Scorecard) -> None:
    page = points_page(stored)
    assert "http" not in page
    assert f"Start with <b>{scorecard.offset + scorecard.factor * scorecard.intercept:.1f}</b> points" in page
    assert "Learnt on customers with a plan. For others these add nothing: days_past_due_bucket, on_time_share" in page
    assert page.count("<tbody>") == len(scorecard.features)
