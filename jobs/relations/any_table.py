"""Every measure on any edge table: one function each, computed in one process or on Spark, with the same result.

    from jobs.relations import any_table

    ties = any_table.edge_table(pd.read_csv("edges.csv"), source="from", target="to", weight="cents")
    any_table.ranks(ties, directed=True, weighted=True)     # customer_id, rank

An edge table is an Arrow table, a pandas DataFrame or a Spark DataFrame. Up to `edges_in_memory` edges are measured in
one process and the result is an Arrow table; above that it is a Spark DataFrame of the same columns. The log says which
way was taken. Labels and counts are equal either way, numbers to nine digits (1e-9).
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from jobs.relations import distributed, distributed_influence, influence, measures
from jobs.relations.graph import EdgeTableError, Graph, graph_of
from jobs.relations.influence import STEPS, Flags
from jobs.relations.measures import COMMUNITY_ROUNDS, ROUNDS
from jobs.relations.ties import EDGES_IN_MEMORY, in_one_process

logger = logging.getLogger("nightledger")

Result: TypeAlias = pa.Table | DataFrame
ENDS: Final = ("source_id", "target_id")


@dataclass(frozen=True)
class EdgeTable:
    """Edges on their way to a measure: a graph in this process, or source_id, target_id and weight on Spark."""

    edges: Graph | DataFrame

    def measured(
        self, name: str, here: Callable[[Graph], Mapping[str, Any]], on_spark: Callable[[DataFrame], DataFrame]
    ) -> Result:
        """customer_id and the columns of a measure, by whichever of its two ways the table takes."""
        if isinstance(self.edges, Graph):
            logger.info("%s: %s edges, in one process", name, f"{len(self.edges.source):,}")
            return self.edges.table(here(self.edges))
        logger.info("%s: on Spark", name)
        return on_spark(self.edges)


def edge_table(
    edges: pa.Table | pd.DataFrame | DataFrame,
    *,
    source: str = "source_id",
    target: str = "target_id",
    weight: str | None = None,
    customers: Sequence[Any] = (),
    edges_in_memory: int = EDGES_IN_MEMORY,
    session: SparkSession | None = None,
) -> EdgeTable:
    """The edges, ready to be measured.

    weight: a column of whole numbers or doubles, not negative; without it every edge weighs 1. customers: ids that
    belong to the network even without an edge. session: where an Arrow or pandas table above the budget is measured.
    Raises EdgeTableError for a table that cannot be read, or one above the budget without a session.
    """
    columns = [source, target, *([weight] if weight else [])]
    if isinstance(edges, DataFrame):
        table = in_one_process(edges.select(*columns), edges_in_memory, "edge table")
        if table is None:
            return EdgeTable(_on_spark(edges, source, target, weight, customers))
        edges = table
    if len(edges) <= edges_in_memory:
        alone = pa.array(list(customers)) if customers else None
        return EdgeTable(graph_of(edges, source=source, target=target, weight=weight, customers=alone))
    if session is None:
        raise EdgeTableError(f"{len(edges):,} edges are more than edges_in_memory, {edges_in_memory:,}: give a session")
    return EdgeTable(_on_spark(session.createDataFrame(edges), source, target, weight, customers))


def components(edges: EdgeTable) -> Result:
    """component_id: the smallest customer that can be reached by ties in either direction."""
    return edges.measured(
        "components", lambda ties: {"component_id": ties.labels(measures.components(ties))}, distributed.components
    )


def degrees(edges: EdgeTable) -> Result:
    """degree: different customers tied in either direction."""
    return edges.measured(
        "degrees", lambda ties: {"degree": pa.array(measures.degrees(ties), pa.int64())}, distributed.degrees
    )


def core_numbers(edges: EdgeTable) -> Result:
    """core_number: the largest k such that the customer survives in the part where all have k ties."""
    return edges.measured(
        "core numbers", lambda ties: {"core_number": measures.core_numbers(ties)}, distributed.core_numbers
    )


def clustering(edges: EdgeTable) -> Result:
    """degree, triangle_count, clustering: ties between a customer's neighbours over those possible."""

    def here(ties: Graph) -> Mapping[str, Any]:
        return {
            "degree": pa.array(measures.degrees(ties), pa.int64()),
            "triangle_count": measures.triangles(ties),
            "clustering": measures.local_clustering(ties),
        }

    return edges.measured("clustering", here, distributed.clustering)


def communities(edges: EdgeTable, *, rounds: int = COMMUNITY_ROUNDS) -> Result:
    """community_id: label propagation, the commonest label of the neighbours, of equally common ones the smallest."""
    return edges.measured(
        "communities",
        lambda ties: {"community_id": ties.labels(measures.communities(ties, rounds=rounds))},
        lambda ties: distributed.communities(ties, rounds=rounds),
    )


def ranks(edges: EdgeTable, *, directed: bool, weighted: bool = False, rounds: int = ROUNDS) -> Result:
    """rank: PageRank; adds up to 1."""
    return edges.measured(
        "ranks",
        lambda ties: {"rank": measures.ranks(ties, directed=directed, weighted=weighted, rounds=rounds)},
        lambda ties: distributed.ranks(ties, directed=directed, weighted=weighted, rounds=rounds),
    )


def default_influence(edges: EdgeTable, bad: Sequence[Any], *, steps: int = STEPS) -> Result:
    """influence: expected visits of walkers from the other known defaulters, whose ids are `bad`."""
    return edges.measured(
        "default influence",
        lambda ties: {"influence": influence.default_influence(ties, _flags(ties, bad), steps=steps)},
        lambda ties: distributed_influence.default_influence(ties, _column(ties, bad), steps=steps),
    )


def paths_to_known_bad(edges: EdgeTable, bad: Sequence[Any]) -> Result:
    """paths_1, paths_2, paths_3: walks of so many ties from another known defaulter."""

    def here(ties: Graph) -> Mapping[str, Any]:
        paths = influence.paths_to_known_bad(ties, _flags(ties, bad))
        return {f"paths_{length}": walks for length, walks in paths.items()}

    return edges.measured(
        "paths to known defaults",
        here,
        lambda ties: distributed_influence.paths_to_known_bad(ties, _column(ties, bad)),
    )


def distance_to_known_bad(edges: EdgeTable, bad: Sequence[Any]) -> Result:
    """distance: ties on the shortest way to another known defaulter, 1 to 3; 0 when there is none."""
    return edges.measured(
        "distance to known defaults",
        lambda ties: {"distance": influence.distance_to_known_bad(ties, _flags(ties, bad))},
        lambda ties: distributed_influence.distance_to_known_bad(ties, _column(ties, bad)),
    )


def _on_spark(edges: DataFrame, source: str, target: str, weight: str | None, customers: Sequence[Any]) -> DataFrame:
    """The edges under our names; who has none is tied to nobody by a loop, which no measure counts."""
    carried = F.col(weight) if weight else F.lit(1).cast("bigint")
    named = edges.select(F.col(source).alias(ENDS[0]), F.col(target).alias(ENDS[1]), carried.alias("weight"))
    if customers:
        alone = edges.sparkSession.createDataFrame([(name,) for name in customers], ["customer_id"])
        loops = alone.select(*(F.col("customer_id").alias(end) for end in ENDS), F.lit(0).alias("weight"))
        named = named.unionByName(loops)
    return named.localCheckpoint()


def _flags(ties: Graph, bad: Sequence[Any]) -> Flags:
    among = pc.is_in(ties.customers, value_set=pa.array(list(bad), ties.customers.type))
    return among.to_numpy(zero_copy_only=False)  # type: ignore[no-any-return]


def _column(edges: DataFrame, bad: Sequence[Any]) -> DataFrame:
    kind = edges.schema["source_id"].dataType.simpleString()
    return edges.sparkSession.createDataFrame([(name,) for name in sorted(set(bad))], f"customer_id {kind}")
