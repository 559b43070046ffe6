"""The Spark way gives what one process gives: the same labels, and numbers equal to nine digits."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from pyspark.sql import DataFrame, SparkSession

from jobs.relations import any_table, distributed
from jobs.relations.any_table import EdgeTable
from tests.relations.random_edges import edge_table

BAD = ("c01", "c05", "c11", "c12", "c30", "nobody")


def edges_with_everything(seed: int) -> pa.Table:
    """Two dense parts, a chain, a loop of somebody tied to nobody else, parallel edges, and ties of weight 0."""
    chance = np.random.default_rng(seed)
    dense = [(f"c{one:02d}", f"c{other:02d}", int(weight)) for one, other, weight in chance.integers(0, 10, (28, 3))]
    other = [(f"c{one:02d}", f"c{other:02d}", 1) for one, other in chance.integers(10, 20, (14, 2))]
    chain = [(f"c{number}", f"c{number + 1}", 2) for number in chance.permutation(np.arange(29, 40))]
    return edge_table([*dense, *other, *chain, ("c99", "c99", 3), ("c00", "c09", 0)])


EDGES = edges_with_everything(7)


def spread_over(spark: SparkSession, edges: pa.Table, partitions: int) -> DataFrame:
    """The edges in another order, read once."""
    shuffled = edges.take(np.random.default_rng(partitions).permutation(len(edges)))
    return spark.createDataFrame(shuffled).repartition(partitions).localCheckpoint()


def column_of(found: DataFrame, name: str) -> list[Any]:
    """The values in the order of the customers."""
    return [value for _, value in sorted((row[0], row[1]) for row in found.select("customer_id", name).collect())]


MEASURES: dict[str, Callable[[EdgeTable], Any]] = {
    "components": any_table.components,
    "core numbers": any_table.core_numbers,
    "communities": lambda ties: any_table.communities(ties, rounds=1),
    "clustering": any_table.clustering,
    "ranks": lambda ties: any_table.ranks(ties, directed=True, weighted=True, rounds=1),
    "default influence": lambda ties: any_table.default_influence(ties, BAD, steps=2),
    "paths to known defaults": lambda ties: any_table.paths_to_known_bad(ties, BAD),
}


def by_customer(result: pa.Table | DataFrame) -> dict[str, list[Any]]:
    """The columns of a measure, in the order of the customers."""
    table = (result.toArrow() if isinstance(result, DataFrame) else result).sort_by("customer_id")
    return {name: table[name].to_pylist() for name in sorted(table.column_names)}


@pytest.mark.parametrize("partitions", [1, 4, 13])
def test_t17_every_measure_is_the_same_on_spark_for_any_partitions(spark: SparkSession, partitions: int) -> None:
    here = any_table.edge_table(EDGES, weight="weight")
    there = any_table.edge_table(spread_over(spark, EDGES, partitions), weight="weight", edges_in_memory=1)
    for name, measure in MEASURES.items():
        expected, found = by_customer(measure(here)), by_customer(measure(there))
        assert list(found) == list(expected), name
        for column, values in expected.items():
            close = pytest.approx(values, abs=1e-9) if isinstance(values[0], float) else values
            assert found[column] == close, (name, column)
    distances = by_customer(any_table.distance_to_known_bad(here, BAD))["distance"]
    assert {0, 1, 2, 3} == set(distances), "the graph holds no customer at some distance"


def test_a_long_chain_needs_few_rounds_and_no_edges_none(spark: SparkSession, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(distributed, "MOST_ROUNDS", 8)
    numbers = np.random.default_rng(3).permutation(200)
    names = [f"c{number:04d}" for number in numbers]
    chain = edge_table([(one, other, 1) for one, other in pairwise(names)])
    found = distributed.components(spread_over(spark, chain, 2))
    assert set(column_of(found, "component_id")) == {"c0000"}
    nothing = spark.createDataFrame([], "source_id string, target_id string, weight bigint")
    assert column_of(distributed.components(nothing), "component_id") == []
    monkeypatch.setattr(distributed, "CORE_ROUNDS", 2)
    assert set(column_of(distributed.core_numbers(spread_over(spark, chain, 2)), "core_number")) == {1}
    with pytest.raises(distributed.NotSettledError, match="NIGHTLEDGER_EDGES_IN_MEMORY"):
        distributed.core_numbers(spread_over(spark, chain, 2), ties_in_memory=100)
    monkeypatch.setattr(distributed, "MOST_ROUNDS", 1)
    with pytest.raises(distributed.NotSettledError, match="1 rounds"):
        distributed.components(spread_over(spark, chain, 1))
