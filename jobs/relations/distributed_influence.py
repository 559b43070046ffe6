"""The measures of `influence` as Spark DataFrames; edges as in `distributed`, defaulters as one column customer_id.

The walks of each defaulter are followed for half the steps, so their rows are as many as there are customers within
STEPS / 2 ties of a defaulter: callers leave out customers with very many ties first.
"""

from __future__ import annotations

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from jobs.relations.distributed import chances_of, clustering, customers_of, degrees, moved_along, ties_of
from jobs.relations.influence import FARTHEST, STEPS
from jobs.relations.measures import DAMPING


def default_influence(edges: DataFrame, bad: DataFrame, *, steps: int = STEPS) -> DataFrame:
    """customer_id, influence: expected visits of walkers from the other known defaulters."""
    everyone = customers_of(edges)
    tied_bad = bad.join(everyone, "customer_id", how="leftsemi").localCheckpoint()
    own = own_visits(edges, tied_bad, steps=steps)
    visits = all_visits(edges, tied_bad, steps=steps)
    influence = F.coalesce("visits", F.lit(0.0)) - F.coalesce("own_visits", F.lit(0.0))
    return (
        everyone.join(visits, "customer_id", how="left")
        .join(own, "customer_id", how="left")
        .select("customer_id", F.when(influence > 1e-15, influence).otherwise(F.lit(0.0)).alias("influence"))
    )


def all_visits(edges: DataFrame, bad: DataFrame, *, steps: int = STEPS) -> DataFrame:
    """customer_id, visits: of the walkers of all known defaulters, the stay at the start included."""
    chances = chances_of(edges).localCheckpoint()
    walkers = bad.select("customer_id", F.lit(1 - DAMPING).alias("visits"))
    every_round = walkers
    for _ in range(steps):
        walkers = moved_along(chances, walkers, "visits")
        walkers = walkers.withColumn("visits", DAMPING * F.col("visits")).localCheckpoint()
        every_round = every_round.unionByName(walkers)
    return every_round.groupBy("customer_id").agg(F.sum("visits").alias("visits"))


def own_visits(edges: DataFrame, bad: DataFrame, *, steps: int = STEPS) -> DataFrame:
    """customer_id, own_visits: of each defaulter's own walkers, the stay at the start included."""
    ties = ties_of(edges).localCheckpoint()
    held = ties.groupBy("customer_id").agg(F.sum("weight").cast("double").alias("held"))
    there = ties.join(held, "customer_id", how="inner")
    back = held.select(F.col("customer_id").alias("neighbour_id"), F.col("held").alias("held_there"))
    root = F.sqrt(F.col("held") * F.col("held_there"))
    steady = there.join(back, "neighbour_id", how="inner").where("weight > 0")
    steady = steady.select(F.col("customer_id").alias("at"), "neighbour_id", (F.col("weight") / root).alias("chance"))
    steady = steady.localCheckpoint()
    walks = bad.select("customer_id", F.col("customer_id").alias("at"), F.lit(1.0).alias("share"))
    every_round = bad.select("customer_id", F.lit(1.0).alias("own_visits"))
    for step in range(1, steps + 1):
        before = walks
        if step % 2:
            walks = _one_step(steady, walks).localCheckpoint()
        every_round = every_round.unionByName(_products(before, walks, DAMPING**step))
    return every_round.groupBy("customer_id").agg(((1 - DAMPING) * F.sum("own_visits")).alias("own_visits"))


def paths_to_known_bad(edges: DataFrame, bad: DataFrame, *, longest: int = FARTHEST) -> DataFrame:
    """customer_id, paths_1, paths_2, paths_3, up to `longest`: walks of so many ties from another known defaulter."""
    ties = ties_of(edges).withColumn("chance", F.lit(1.0)).localCheckpoint()
    measured = clustering(edges) if longest == FARTHEST else degrees(edges)
    found = measured.join(bad.select("customer_id", F.lit(1.0).alias("is_bad")), "customer_id", how="left")
    walks = bad.select("customer_id", F.lit(1.0).alias("walks"))
    for length in range(1, longest + 1):
        walks = moved_along(ties, walks, "walks").localCheckpoint()
        arrived = walks.withColumnRenamed("walks", f"walks_{length}")
        found = found.join(arrived, "customer_id", how="left")
    returns = {1: F.lit(0), 2: F.col("degree"), 3: 2 * F.col("triangle_count") if longest == FARTHEST else F.lit(0)}
    lengths = range(1, longest + 1)
    return found.select("customer_id", *(_without_own(length, returns[length]) for length in lengths))


def distance_to_known_bad(edges: DataFrame, bad: DataFrame) -> DataFrame:
    """customer_id, distance: 1, 2, 3, or 0 when no other known defaulter lies within three ties."""
    return paths_to_known_bad(edges, bad).select("customer_id", distance_by_paths().alias("distance"))


def distance_by_paths() -> Column:
    """The shortest length of which there are walks; 0 without any."""
    distance = F.lit(0)
    for length in range(FARTHEST, 0, -1):
        distance = F.when(F.col(f"paths_{length}") > 0.5, F.lit(length)).otherwise(distance)
    return distance.cast("int")


def _one_step(steady: DataFrame, walks: DataFrame) -> DataFrame:
    moved = walks.join(steady, "at", how="inner")
    arrived = moved.select(
        "customer_id", F.col("neighbour_id").alias("at"), (F.col("share") * F.col("chance")).alias("share")
    )
    return arrived.groupBy("customer_id", "at").agg(F.sum("share").alias("share"))


def _products(before: DataFrame, after: DataFrame, damping: float) -> DataFrame:
    """customer_id, own_visits: two rows of walks multiplied, of a defaulter with itself."""
    other = after.select("customer_id", "at", F.col("share").alias("share_after"))
    product = F.col("share") * F.col("share_after")
    return before.join(other, ["customer_id", "at"], how="inner").select(
        "customer_id", (F.lit(damping) * product).alias("own_visits")
    )


def _without_own(length: int, own: Column) -> Column:
    walks = F.coalesce(f"walks_{length}", F.lit(0.0))
    return (walks - F.coalesce("is_bad", F.lit(0.0)) * own).alias(f"paths_{length}")
