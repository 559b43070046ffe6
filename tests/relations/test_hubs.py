"""Nothing grows with the square of a degree, in one process or on Spark: walks are counted, and plans are read."""

from __future__ import annotations

import numpy as np
import pytest
from pyspark.sql import DataFrame

from jobs.relations import distributed_influence, influence
from jobs.relations.graph import graph_of
from jobs.relations.ties import all_ties
from schemas.edges.favours import FAVOURS
from schemas.edges.shared_identifiers import SHARED_IDENTIFIERS
from schemas.edges.transfers import TRANSFERS
from tests.conftest import TableMaker
from tests.features.random_rows import AS_OF, Row
from tests.features.test_network_position import shared

STEPS = 3


def lent_to(people: int) -> list[Row]:
    """So many light devices of three: the lender and two friends."""
    threes = [("lender", f"a{number:02d}", f"b{number:02d}") for number in range(people)]
    return [shared(*pair) for one, other, third in threes for pair in ((one, other), (one, third), (other, third))]


def edges_of(table: TableMaker, shared_by: list[Row]) -> DataFrame:
    return all_ties(table(TRANSFERS, []), table(SHARED_IDENTIFIERS, shared_by), table(FAVOURS, []), AS_OF)


@pytest.fixture
def walked(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many places the walks of all defaulters together have reached, step by step, by either way."""
    rows: list[int] = []
    multiply, step = influence._row_products, distributed_influence._one_step

    def counted_product(one: influence.sparse.csr_array, other: influence.sparse.csr_array) -> influence.Floats:
        rows.append(other.nnz)
        return multiply(one, other)

    def counted_step(steady: DataFrame, walks: DataFrame) -> DataFrame:
        after = step(steady, walks)
        rows.append(after.count())
        return after

    monkeypatch.setattr(influence, "_row_products", counted_product)
    monkeypatch.setattr(distributed_influence, "_one_step", counted_step)
    return rows


def places_in_one_process(edges: DataFrame, walked: list[int]) -> int:
    ties = graph_of(edges.toArrow(), weight="weight")
    walked.clear()
    influence.own_visits(ties, np.arange(ties.size), steps=STEPS)
    return max(walked)


def places_on_spark(edges: DataFrame, walked: list[int]) -> int:
    walked.clear()
    everybody = edges.selectExpr("source_id AS customer_id").union(edges.select("target_id")).distinct()
    distributed_influence.own_visits(edges, everybody, steps=STEPS).count()
    return max(walked)


def test_t14_walks_around_who_shares_light_identifiers_with_many_grow_as_the_people_and_no_faster(
    table: TableMaker, walked: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    found = {}
    for bound in (5, 1_000):
        monkeypatch.setattr("jobs.relations.ties.MOST_PARTNERS", bound)
        frames = (edges_of(table, lent_to(people)) for people in (20, 40))
        found[bound] = [places_in_one_process(edges, walked) for edges in frames]
    assert 0 < found[5][0] <= found[5][1] <= 2.2 * found[5][0]
    assert found[1_000][1] > 3 * found[1_000][0], "without the bound they grow with the square: the test would see it"


def test_t14_on_spark_walks_reach_as_many_places_as_in_one_process(
    table: TableMaker, walked: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("jobs.relations.ties.MOST_PARTNERS", 5)
    edges = edges_of(table, lent_to(20)).localCheckpoint()
    assert places_on_spark(edges, walked) == places_in_one_process(edges, walked)
