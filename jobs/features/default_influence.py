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
from jobs.relations.influence import FARTHEST, STEPS, Flags
from jobs.relations.ties import (
    EDGES_IN_MEMORY,
    KINDS,
    USUAL_SHARE,
    USUAL_WEIGHT,
    all_ties,
    in_one_process,
    matured_borrowers,
)


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
    borrowers = matured_borrowers(instalments, identities, as_of)
    edges = in_one_process(ties, edges_in_memory, "features/default_influence")
    if edges is None:
        return describe_on_spark(ties.localCheckpoint(), borrowers.localCheckpoint(), steps=STEPS)
    return frame_of(transfers.sparkSession, describe(edges, borrowers.toArrow(), steps=STEPS))


def describe(edges: pa.Table, borrowers: pa.Table, *, steps: int) -> pa.Table:
    """The family for an edge table of source_id, target_id, kind and weight, and everyone with customer_id, is_bad."""
    ties = graph_of(edges, weight="weight")
    is_bad = _is_among(borrowers.filter(borrowers["is_bad"]), ties)
    matured = influence.paths_to_known_bad(ties, _is_among(borrowers, ties), longest=2)[2]
    total, neighbours = influence.default_influence(ties, is_bad, steps=steps), measures.degrees(ties)
    by_kind = {
        f"default_influence_by_{kind}": influence.default_influence(of_kind, is_bad, steps=steps)
        for kind, of_kind in _by_kind(edges, ties.customers)
    }
    paths = influence.paths_to_known_bad(ties, is_bad)
    distance = influence.distance_by(paths)
    return ties.table(
        {
            "default_influence": total,
            "default_influence_per_tie": np.divide(total, neighbours, out=np.zeros(ties.size), where=neighbours > 0),
            **by_kind,
            "known_default_distance": pa.array(distance, pa.int32(), mask=distance == 0),
            **{f"known_default_path_count_{ties}": np.rint(walks).astype(np.int64) for ties, walks in paths.items()},
            "two_tie_default_share": (paths[2] + USUAL_WEIGHT * USUAL_SHARE) / (matured + USUAL_WEIGHT),
        }
    )


def describe_on_spark(edges: DataFrame, borrowers: DataFrame, *, steps: int) -> DataFrame:
    """The same by DataFrames, for any number of edges."""
    bad = borrowers.where("is_bad").select("customer_id")
    paths = distributed_influence.paths_to_known_bad(edges, bad)
    matured = distributed_influence.paths_to_known_bad(edges, borrowers, longest=2)
    of_two = matured.select("customer_id", F.col("paths_2").alias("matured"))
    found = distributed.degrees(edges).join(paths, "customer_id", how="inner").join(of_two, "customer_id", how="inner")
    there = {row["kind"] for row in edges.select("kind").distinct().collect()}  # a few rounds saved for each other kind
    found = found.withColumns({f"default_influence_by_{kind}": F.lit(0.0) for kind in KINDS if kind not in there})
    for kind in (None, *(kind for kind in KINDS if kind in there)):
        of_kind = edges if kind is None else edges.where(F.col("kind") == kind)
        name = "default_influence" if kind is None else f"default_influence_by_{kind}"
        measured = distributed_influence.default_influence(of_kind, bad, steps=steps).withColumnRenamed(
            "influence", name
        )
        found = found.join(measured, "customer_id", how="left").fillna(0.0, [name])
    return found.withColumns({"default_influence_per_tie": _per_tie(), **_told_by_paths()})


def _by_kind(edges: pa.Table, customers: pa.Array) -> Iterator[tuple[str, Graph]]:
    """The ties of each kind alone, among the same customers."""
    for kind in KINDS:
        of_kind = edges.filter(pc.equal(edges["kind"], kind))
        yield kind, graph_of(of_kind, weight="weight", customers=customers)


def _per_tie() -> Column:
    return F.when(F.col("degree") > 0, F.col("default_influence") / F.col("degree")).otherwise(F.lit(0.0))


def _told_by_paths() -> dict[str, Column]:
    distance = distributed_influence.distance_by_paths()
    defaulted, matured = F.col("paths_2") + USUAL_WEIGHT * USUAL_SHARE, F.col("matured") + USUAL_WEIGHT
    counts = {
        f"known_default_path_count_{ties}": F.round(f"paths_{ties}").cast("bigint") for ties in range(1, FARTHEST + 1)
    }
    share = {"two_tie_default_share": defaulted / matured}
    return {"known_default_distance": F.when(distance > 0, distance), **counts, **share}


def _is_among(some: pa.Table, ties: Graph) -> Flags:
    among = pc.is_in(ties.customers, value_set=some["customer_id"].cast(ties.customers.type))
    return np.asarray(among.to_numpy(zero_copy_only=False))
