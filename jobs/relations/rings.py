"""Groups in which money goes round: what a ring leaves behind before it vanishes.

payments: one row per payer and payee who pays regularly: source_id, target_id. Two people who pay each other are
friends or family, not a circle, so both of their payments are left out; a circle then has three people at least.
Both ways, in one process and on Spark, give the same rows: customer_id, ring_id, cycle_length.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import pyarrow as pa
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs.relations import distributed, distributed_flows, flows, measures
from jobs.relations.graph import Graph, graph_of

LONGEST_CIRCLE: Final = 8
"""So many people can still trust each other with a secret; a guess. Longer circles of regular payments cost more to
find and are rarely meant."""


def find_rings(payments: pa.Table) -> pa.Table:
    """Everyone on a circle of 3 to LONGEST_CIRCLE payments; circles that touch or pay each other are one ring.

    ring_id: the smallest customer of the ring. cycle_length: payments on the shortest circle through the customer.
    """
    graph = graph_of(payments)
    paid_back = graph.arcs.multiply(graph.arcs.T.tocsr())
    one_way = flows.without_busy(graph.arcs - paid_back)
    length = flows.cycle_lengths(one_way, longest=LONGEST_CIRCLE)
    payer, payee = one_way.tocoo().coords
    is_between = (length[payer] > 0) & (length[payee] > 0)
    ring = measures.components(Graph(graph.customers, payer[is_between], payee[is_between]))
    found = graph.table({"ring_id": graph.labels(ring), "cycle_length": length})
    return found.take(pa.array(np.flatnonzero(length)))


def find_rings_on_spark(payments: DataFrame) -> DataFrame:
    """The same by DataFrames, for any number of payments."""
    pairs = payments.select("source_id", "target_id").where("source_id <> target_id").distinct()
    back = pairs.select(F.col("target_id").alias("source_id"), F.col("source_id").alias("target_id"))
    one_way = pairs.join(back, ["source_id", "target_id"], how="leftanti")
    light = distributed_flows.without_busy(one_way).localCheckpoint()
    lengths = distributed_flows.cycle_lengths(light, longest=LONGEST_CIRCLE).localCheckpoint()
    payers, payees = (lengths.select(F.col("customer_id").alias(end)) for end in ("source_id", "target_id"))
    between = light.join(payers, "source_id", how="leftsemi").join(payees, "target_id", how="leftsemi")
    found = distributed.components(between.localCheckpoint()).join(lengths, "customer_id", how="inner")
    return found.select("customer_id", F.col("component_id").alias("ring_id"), "cycle_length")
