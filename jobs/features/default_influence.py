"""How near others' known defaults are, over ties of any length."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from jobs.arrow_frames import frame_of
from jobs.relations import distributed, distributed_influence, influence, measures
from jobs.relations.graph import Graph, graph_of
from jobs.relations.influence import STEPS
from jobs.relations.ties import EDGES_IN_MEMORY, KINDS, all_ties, in_one_process, known_defaults


def build(
    transfers: DataFrame,
    shared_identifiers: DataFrame,
    favours: DataFrame,
    instalments: DataFrame,
    identities: DataFrame,
    *,
    as_of: date,
    edges_in_memory: int = EDGES_IN_MEMORY,
) -> DataFrame:
    """One row per customer with a tie by as_of; up to edges_in_memory ties in one process, above that on Spark.

    A customer's own default never enters the customer's own row.
    """
    ties = all_ties(transfers, shared_identifiers, favours, as_of)
    bad = known_defaults(instalments, identities, as_of)
    edges = in_one_process(ties, edges_in_memory, "features/default_influence")
    if edges is None:
        return describe_on_spark(ties.localCheckpoint(), bad.localCheckpoint(), steps=STEPS)
    return frame_of(transfers.sparkSession, describe(edges, bad.toArrow()["customer_id"], steps=STEPS))


def describe(edges: pa.Table, bad: pa.ChunkedArray, *, steps: int) -> pa.Table:
    """The family for an edge table of source_id, target_id, kind and weight, and the ids of known defaulters."""
    ties = graph_of(edges, weight="weight")
    is_bad = pc.is_in(ties.customers, value_set=bad.cast(ties.customers.type)).to_numpy(zero_copy_only=False)
    total, neighbours = influence.default_influence(ties, is_bad, steps=steps), measures.degrees(ties)
    by_kind = {
        f"default_influence_by_{kind}": influence.default_influence(of_kind, is_bad, steps=steps)
        for kind, of_kind in _by_kind(edges, ties.customers)
    }
    distance = influence.distance_to_known_bad(ties, is_bad)
    return ties.table(
        {
            "default_influence": total,
            "default_influence_per_tie": np.divide(total, neighbours, out=np.zeros(ties.size), where=neighbours > 0),
            **by_kind,
            "known_default_distance": pa.array(distance, pa.int32(), mask=distance == 0),
        }
    )


def describe_on_spark(edges: DataFrame, bad: DataFrame, *, steps: int) -> DataFrame:
    """The same by DataFrames, for any number of edges."""
    found = distributed.degrees(edges).join(
        distributed_influence.distance_to_known_bad(edges, bad), "customer_id", how="inner"
    )
    there = {row["kind"] for row in edges.select("kind").distinct().collect()}  # a few rounds saved for each other kind
    found = found.withColumns({f"default_influence_by_{kind}": F.lit(0.0) for kind in KINDS if kind not in there})
    for kind in (None, *(kind for kind in KINDS if kind in there)):
        of_kind = edges if kind is None else edges.where(F.col("kind") == kind)
        name = "default_influence" if kind is None else f"default_influence_by_{kind}"
        measured = distributed_influence.default_influence(of_kind, bad, steps=steps).withColumnRenamed(
            "influence", name
        )
        found = found.join(measured, "customer_id", how="left").fillna(0.0, [name])
    return found.withColumns({"default_influence_per_tie": _per_tie(), "known_default_distance": _or_missing()})


def _by_kind(edges: pa.Table, customers: pa.Array) -> Iterator[tuple[str, Graph]]:
    """The ties of each kind alone, among the same customers."""
    for kind in KINDS:
        of_kind = edges.filter(pc.equal(edges["kind"], kind))
        yield kind, graph_of(of_kind, weight="weight", customers=customers)


def _per_tie() -> Column:
    return F.when(F.col("degree") > 0, F.col("default_influence") / F.col("degree")).otherwise(F.lit(0.0))


def _or_missing() -> Column:
    return F.when(F.col("distance") > 0, F.col("distance"))
