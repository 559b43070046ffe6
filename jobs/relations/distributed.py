"""The measures of `measures` as Spark DataFrames, for edges that do not fit into one process.

edges: one row per edge with source_id, target_id and weight; parallel edges and loops may occur. Every function gives
one row per customer of the edges. Rounds end with a local checkpoint, without which the plan would grow with each of
them. No join here grows with the square of a customer's number of ties.
"""

from __future__ import annotations

from typing import Final

from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F

from jobs.relations.measures import COMMUNITY_ROUNDS, DAMPING, ROUNDS
from jobs.relations.unsettled_cores import settle

MOST_ROUNDS: Final = 100
"""Components need about the logarithm of the customers; more is a fault. Cores are given up after as many."""

CORE_ROUNDS: Final = 25
"""After which mostly long chains and ladders are open, for which one process is faster than any number of rounds."""

TIES_IN_MEMORY: Final = 10_000_000
"""Of a customer and a neighbour: both ways of as many edges as one process takes on, unless the settings say more."""


class NotSettledError(RuntimeError):
    """A measure still changes after as many rounds as it is given; the message says what to do."""


def customers_of(edges: DataFrame) -> DataFrame:
    """Every customer at an end of an edge, once."""
    sources = edges.select(F.col("source_id").alias("customer_id"))
    return sources.union(edges.select("target_id")).distinct()


def ties_of(edges: DataFrame) -> DataFrame:
    """One row per customer and neighbour, both ways: customer_id, neighbour_id, weight; no loops."""
    there = edges.select(F.col("source_id").alias("customer_id"), F.col("target_id").alias("neighbour_id"), "weight")
    back = edges.select(F.col("target_id").alias("customer_id"), F.col("source_id").alias("neighbour_id"), "weight")
    both_ways = there.unionByName(back).where("customer_id <> neighbour_id")
    return both_ways.groupBy("customer_id", "neighbour_id").agg(F.sum("weight").alias("weight"))


def components(edges: DataFrame) -> DataFrame:
    """customer_id, component_id: the smallest customer that can be reached.

    Large-star and small-star in turn (Kiveris et al. 2014): everyone is tied to the smallest neighbour, so a chain
    shortens by half in a round instead of by one, until every component is a star around its smallest customer.
    """
    ties = edges.where("source_id <> target_id")
    pairs = ties.select(
        F.greatest("source_id", "target_id").alias("child"), F.least("source_id", "target_id").alias("parent")
    ).distinct()
    fingerprint = None
    for _ in range(MOST_ROUNDS):
        pairs = _small_star(_large_star(pairs)).localCheckpoint()
        before, fingerprint = fingerprint, _fingerprint(pairs, "child", "parent")
        if fingerprint == before:
            found = customers_of(edges).join(pairs.withColumnRenamed("child", "customer_id"), "customer_id", how="left")
            return found.select("customer_id", F.coalesce("parent", "customer_id").alias("component_id"))
    raise NotSettledError(f"components still change after {MOST_ROUNDS} rounds")


def core_numbers(edges: DataFrame, *, ties_in_memory: int = TIES_IN_MEMORY) -> DataFrame:
    """customer_id, core_number: the h-index of the neighbours' values, again and again from the degrees on.

    It settles at the core number (Lü et al. 2016), on long chains one tie a round: what is still open after CORE_ROUNDS
    is settled in one process, if it has at most ties_in_memory ties. NotSettledError when it never has.
    """
    ties = ties_of(edges).select("customer_id", "neighbour_id").localCheckpoint()
    cores = degrees(edges).where("degree > 0").select("customer_id", F.col("degree").alias("core_number"))
    total = None
    for number in range(1, MOST_ROUNDS + 1):
        cores = _h_index_of_neighbours(ties, cores).localCheckpoint()
        before, total = total, _fingerprint(cores, "customer_id", "core_number")
        is_settled = total == before
        if not is_settled and number % CORE_ROUNDS == 0:
            found = _settled_in_one_process(ties, cores, ties_in_memory)
            cores, is_settled = (cores, False) if found is None else (found, True)
        if is_settled:
            everyone = customers_of(edges).join(cores, "customer_id", how="left")
            core_number = F.coalesce("core_number", F.lit(0)).cast("int")
            return everyone.select("customer_id", core_number.alias("core_number"))
    raise NotSettledError(
        f"core numbers: still open after {MOST_ROUNDS} rounds, with more than {ties_in_memory:,} ties; "
        "raise NIGHTLEDGER_EDGES_IN_MEMORY, so that the whole graph is measured in one process"
    )


def degrees(edges: DataFrame) -> DataFrame:
    """customer_id, degree: different customers tied in either direction."""
    counted = ties_of(edges).groupBy("customer_id").agg(F.count("*").alias("degree"))
    found = customers_of(edges).join(counted, "customer_id", how="left")
    return found.select("customer_id", F.coalesce("degree", F.lit(0)).cast("bigint").alias("degree"))


def clustering(edges: DataFrame) -> DataFrame:
    """customer_id, degree, triangle_count, clustering: ties between neighbours over those possible, 0 below two.

    Ties point from the customer with fewer ties to the one with more, so that nobody has more than the root of twice
    the ties to pair (Chiba and Nishizeki 1985).
    """
    degree = degrees(edges).localCheckpoint()
    upwards = _ties_upwards(edges, degree).localCheckpoint()
    one, other = upwards.alias("one"), upwards.alias("other")
    open_pairs = one.join(other, "low", how="inner").where("one.high_rank < other.high_rank")
    found = open_pairs.select("low", F.col("one.high").alias("middle"), F.col("other.high").alias("top"))
    closing = upwards.select(F.col("low").alias("middle"), F.col("high").alias("top"))
    closed = found.join(closing, ["middle", "top"], how="inner")
    corners = closed.select(F.explode(F.array("low", "middle", "top")).alias("customer_id"))
    counted = corners.groupBy("customer_id").agg(F.count("*").alias("triangle_count"))
    pairs = F.col("degree") * (F.col("degree") - 1) / 2
    triangle_count = F.coalesce("triangle_count", F.lit(0))
    return degree.join(counted, "customer_id", how="left").select(
        "customer_id",
        "degree",
        triangle_count.cast("bigint").alias("triangle_count"),
        F.when(F.col("degree") > 1, triangle_count / pairs).otherwise(F.lit(0.0)).alias("clustering"),
    )


def communities(edges: DataFrame, *, rounds: int = COMMUNITY_ROUNDS) -> DataFrame:
    """customer_id, community_id: label propagation as in `measures.communities`, undirected."""
    ties = ties_of(edges).select("customer_id", "neighbour_id").localCheckpoint()
    everyone = customers_of(edges).localCheckpoint()
    labels = everyone.withColumn("community_id", F.col("customer_id"))
    for _ in range(rounds):
        heard = ties.join(labels.withColumnRenamed("customer_id", "neighbour_id"), "neighbour_id", how="inner")
        votes = heard.groupBy("customer_id", "community_id").agg(F.count("*").alias("votes"))
        winner = F.min(F.struct((-F.col("votes")).alias("least"), "community_id")).alias("winner")
        chosen = votes.groupBy("customer_id").agg(winner).select("customer_id", "winner.community_id")
        labels = _or_as_before(everyone, chosen).localCheckpoint()
    return labels


def ranks(edges: DataFrame, *, directed: bool, weighted: bool = False, rounds: int = ROUNDS) -> DataFrame:
    """customer_id, rank: PageRank as in `measures.ranks`."""
    everyone = customers_of(edges).localCheckpoint()
    arcs = chances_of(edges, directed=directed, weighted=weighted).localCheckpoint()
    size = everyone.count()
    senders = arcs.select("customer_id").distinct().withColumn("sends", F.lit(True))
    everyone = everyone.join(senders, "customer_id", how="left").localCheckpoint()
    ranked = everyone.withColumn("rank", F.lit(1.0 / size if size else 0.0))
    for _ in range(rounds):
        lost = ranked.agg(F.sum(F.when(F.col("sends").isNull(), F.col("rank"))).alias("lost"))
        received = moved_along(arcs, ranked, "rank")
        base = (F.lit(1 - DAMPING) + F.lit(DAMPING) * F.coalesce("lost", F.lit(0.0))) / F.lit(size)
        ranked = (
            everyone.join(received, "customer_id", how="left")
            .join(F.broadcast(lost), how="cross")
            .select("customer_id", "sends", (base + DAMPING * F.coalesce("rank", F.lit(0.0))).alias("rank"))
            .localCheckpoint()
        )
    return ranked.select("customer_id", "rank")


def chances_of(edges: DataFrame, *, directed: bool = False, weighted: bool = True) -> DataFrame:
    """customer_id, neighbour_id, chance: the share of what a customer holds that goes to each neighbour in a step.

    Edges of weight 0 carry nothing where the weight counts.
    """
    arcs = ties_of(edges)
    if directed:
        there = edges.select(
            F.col("source_id").alias("customer_id"), F.col("target_id").alias("neighbour_id"), "weight"
        )
        arcs = there.where("customer_id <> neighbour_id").groupBy("customer_id", "neighbour_id").agg(F.sum("weight"))
        arcs = arcs.toDF("customer_id", "neighbour_id", "weight")
    weight = F.col("weight").cast("double") if weighted else F.lit(1.0)
    sent = F.sum("weight").over(Window.partitionBy("customer_id"))
    arcs = arcs.withColumn("weight", weight).withColumn("sent", sent).where("weight > 0")
    return arcs.select("customer_id", "neighbour_id", (F.col("weight") / F.col("sent")).alias("chance"))


def moved_along(arcs: DataFrame, held: DataFrame, value: str) -> DataFrame:
    """customer_id and what has arrived there, when everyone passes on all they hold."""
    sent = arcs.join(held.select("customer_id", value), "customer_id", how="inner")
    arrived = sent.select(F.col("neighbour_id").alias("customer_id"), (F.col("chance") * F.col(value)).alias(value))
    return arrived.groupBy("customer_id").agg(F.sum(value).alias(value))


def _large_star(pairs: DataFrame) -> DataFrame:
    """Every larger neighbour of a customer points to the smallest of the customer and all neighbours."""
    there = pairs.select(F.col("child").alias("customer"), F.col("parent").alias("neighbour"))
    ties = there.union(pairs.select("parent", "child"))
    smallest = ties.groupBy("customer").agg(F.min("neighbour").alias("smallest"))
    found = ties.where("neighbour > customer").join(smallest, "customer", how="inner")
    return found.select(F.col("neighbour").alias("child"), F.least("customer", "smallest").alias("parent")).distinct()


def _small_star(pairs: DataFrame) -> DataFrame:
    """A customer and all smaller neighbours point to the smallest of them."""
    smallest = pairs.groupBy("child").agg(F.min("parent").alias("smallest"))
    found = pairs.join(smallest, "child", how="inner")
    themselves = smallest.select("child", F.col("smallest").alias("parent"))
    others = found.where("parent <> smallest").select(F.col("parent").alias("child"), F.col("smallest").alias("parent"))
    return themselves.union(others).distinct()


def _h_index_of_neighbours(ties: DataFrame, values: DataFrame) -> DataFrame:
    """customer_id, core_number: the largest h such that h neighbours have at least h."""
    heard = ties.join(values.withColumnRenamed("customer_id", "neighbour_id"), "neighbour_id", how="inner")
    highest_first = F.sort_array(F.collect_list("core_number"), asc=False)
    carried = F.transform(F.col("heard"), lambda value, position: (value > position).cast("int"))
    summed = F.aggregate(carried, F.lit(0), lambda total, one: total + one)
    found = heard.groupBy("customer_id").agg(highest_first.alias("heard"))
    return found.select("customer_id", summed.cast("bigint").alias("core_number"))


def _settled_in_one_process(ties: DataFrame, cores: DataFrame, most: int) -> DataFrame | None:
    """The cores, those settled that further rounds might lower: whose own level somebody is about to leave.

    None when these have more than `most` ties.
    """
    after = _h_index_of_neighbours(ties, cores).withColumnRenamed("core_number", "will_be")
    falls = cores.join(after, "customer_id", how="inner").where("will_be < core_number")
    ranges = falls.select("will_be", "core_number").distinct().collect()
    levels = {level for low, high in ranges for level in range(low + 1, high + 1)}
    is_open = F.col("core_number").isin(sorted(levels))
    others = cores.select(
        F.col("customer_id").alias("neighbour_id"), F.col("core_number").alias("neighbour_core_number")
    )
    around = ties.join(cores.where(is_open), "customer_id", how="inner").join(others, "neighbour_id", how="inner")
    left = around.limit(most + 1).toArrow()
    if len(left) > most:
        return None
    settled = ties.sparkSession.createDataFrame(settle(left)) if len(left) else cores.limit(0)
    return cores.where(~is_open).unionByName(settled).localCheckpoint()


def _ties_upwards(edges: DataFrame, degree: DataFrame) -> DataFrame:
    """low, high, high_rank: every tie once, from the end with fewer ties; equal ends in the order of their ids."""
    ranks_of_low = degree.select(F.col("customer_id").alias("low"), F.struct("degree", "customer_id").alias("low_rank"))
    ranks_of_high = degree.select(
        F.col("customer_id").alias("high"), F.struct("degree", "customer_id").alias("high_rank")
    )
    ties = ties_of(edges).select(F.col("customer_id").alias("low"), F.col("neighbour_id").alias("high"))
    ranked = ties.join(ranks_of_low, "low", how="inner").join(ranks_of_high, "high", how="inner")
    return ranked.where("low_rank < high_rank").select("low", "high", "high_rank")


def _or_as_before(everyone: DataFrame, chosen: DataFrame) -> DataFrame:
    """Who hears nobody keeps the own label."""
    found = everyone.join(chosen, "customer_id", how="left")
    return found.select("customer_id", F.coalesce("community_id", "customer_id").alias("community_id"))


def _fingerprint(rows: DataFrame, *columns: str) -> tuple[object, ...]:
    """Two numbers that change when a row does, whatever the order of the rows."""
    found = rows.agg(F.count("*"), F.bit_xor(F.xxhash64(*columns))).collect()
    return tuple(found[0])
