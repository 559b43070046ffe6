"""Where a customer stands in the whole network of ties."""

from __future__ import annotations

from datetime import date
from typing import Final

import numpy as np
import pyarrow as pa
from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F

from jobs.arrow_frames import frame_of
from jobs.relations import distributed, measures
from jobs.relations.graph import Floats, Graph, Numbers, graph_of
from jobs.relations.influence import Flags
from jobs.relations.measures import COMMUNITY_ROUNDS, ROUNDS
from jobs.relations.ties import EDGES_IN_MEMORY, all_ties, in_one_process

NEW_DAYS: Final = 30  # a month, as the neighbourhood counts new neighbours
RANKS: Final = ("rank_ratio", "money_rank_ratio", "money_sender_rank_ratio")


def build(
    transfers: DataFrame,
    shared_identifiers: DataFrame,
    favours: DataFrame,
    *,
    as_of: date,
    edges_in_memory: int = EDGES_IN_MEMORY,
) -> DataFrame:
    """One row per customer with a tie by as_of; up to edges_in_memory ties in one process, above that on Spark."""
    ties = all_ties(transfers, shared_identifiers, favours, as_of)
    edges = in_one_process(ties, edges_in_memory, "features/network_position")
    if edges is None:
        return describe_on_spark(ties.localCheckpoint(), rounds=ROUNDS, community_rounds=COMMUNITY_ROUNDS)
    here = describe(edges, rounds=ROUNDS, community_rounds=COMMUNITY_ROUNDS)
    return frame_of(transfers.sparkSession, here)


def describe(edges: pa.Table, *, rounds: int, community_rounds: int) -> pa.Table:
    """The family for an edge table of source_id, target_id, weight, cents and age_days."""
    ties, money = graph_of(edges, weight="weight"), graph_of(edges, weight="cents")
    component, community = measures.components(ties), measures.communities(ties, rounds=community_rounds)
    return ties.table(
        {
            "component_id": ties.labels(component).cast(pa.string()),
            "component_customer_count": pa.array(measures.sizes(component), pa.int64()),
            "core_number": measures.core_numbers(ties),
            "triangle_count": measures.triangles(ties),
            "tied_neighbour_share": measures.local_clustering(ties),
            "community_id": ties.labels(community).cast(pa.string()),
            "community_customer_count": pa.array(measures.sizes(community), pa.int64()),
            "community_new_customer_share_30d": _share_of_group(_is_new(ties, edges), community),
            "rank_ratio": measures.ranks(ties, directed=False, rounds=rounds) * ties.size,
            "money_rank_ratio": measures.ranks(money, directed=True, weighted=True, rounds=rounds) * ties.size,
            "money_sender_rank_ratio": measures.ranks(money.turned(), directed=True, weighted=True, rounds=rounds)
            * ties.size,
        }
    )


def describe_on_spark(edges: DataFrame, *, rounds: int, community_rounds: int) -> DataFrame:
    """The same by DataFrames, for any number of edges."""
    money = edges.select("source_id", "target_id", F.col("cents").alias("weight"))
    turned = money.select(F.col("target_id").alias("source_id"), F.col("source_id").alias("target_id"), "weight")
    found = distributed.components(edges)
    for measure in (
        distributed.core_numbers(edges),
        distributed.clustering(edges),
        distributed.communities(edges, rounds=community_rounds),
        distributed.ranks(edges, directed=False, rounds=rounds).withColumnRenamed("rank", "rank_ratio"),
        distributed.ranks(money, directed=True, weighted=True, rounds=rounds).withColumnRenamed(
            "rank", "money_rank_ratio"
        ),
        distributed.ranks(turned, directed=True, weighted=True, rounds=rounds).withColumnRenamed(
            "rank", "money_sender_rank_ratio"
        ),
        _new_on_spark(edges),
    ):
        found = found.join(measure, "customer_id", how="inner")
    everyone = distributed.customers_of(edges).agg(F.count("*").alias("everyone"))
    of_community = Window.partitionBy("community_id")
    return (
        found.join(F.broadcast(everyone), how="cross")
        .select(
            "*",
            F.count("*").over(Window.partitionBy("component_id")).alias("component_customer_count"),
            F.col("clustering").alias("tied_neighbour_share"),
            F.count("*").over(of_community).alias("community_customer_count"),
            F.avg(F.col("is_new").cast("int")).over(of_community).alias("community_new_customer_share_30d"),
        )
        .withColumns({name: F.col(name) * F.col("everyone") for name in RANKS})
    )


def _is_new(ties: Graph, edges: pa.Table) -> Flags:
    """Whether the customer's oldest tie began within NEW_DAYS."""
    oldest, age = np.zeros(ties.size, dtype=np.int64), edges["age_days"].to_numpy()
    for ends in (ties.source, ties.target):
        np.maximum.at(oldest, ends, age)
    return oldest < NEW_DAYS


def _share_of_group(is_so: Flags, group: Numbers) -> Floats:
    """Of the customers who share the customer's group, the part who are so."""
    if not len(group):
        return np.zeros(0)
    counted = np.bincount(group, weights=is_so.astype(np.float64), minlength=len(group))
    return np.asarray(counted[group] / measures.sizes(group))


def _new_on_spark(edges: DataFrame) -> DataFrame:
    ends = edges.select(F.explode(F.array("source_id", "target_id")).alias("customer_id"), "age_days")
    return ends.groupBy("customer_id").agg((F.max("age_days") < NEW_DAYS).alias("is_new"))
