"""The measures of `flows` as Spark DataFrames.

Walks are followed three steps each way, and none through a customer with more than MOST_PARTNERS partners.
"""

from __future__ import annotations

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from jobs.relations.distributed import customers_of
from jobs.relations.flows import DAYS_TO_PASS_ON, LONGEST_CYCLE, MOST_PARTNERS


def describe_flows(flows: DataFrame) -> DataFrame:
    """The columns of `flows.describe_flows`, a row per customer."""
    between = flows.where("source_id <> target_id")
    arcs = between.select("source_id", "target_id").distinct().localCheckpoint()
    payers = arcs.groupBy(F.col("target_id").alias("customer_id")).agg(F.count("*").alias("payer_count"))
    payees = arcs.groupBy(F.col("source_id").alias("customer_id")).agg(F.count("*").alias("payee_count"))
    light = without_busy(arcs).localCheckpoint()
    measures = (payers, payees, pass_through(between), cycle_lengths(light), gathered_counts(light))
    found = customers_of(flows)
    for measure in measures:
        found = found.join(measure, "customer_id", how="left")
    return found.fillna(0)


def without_busy(arcs: DataFrame) -> DataFrame:
    """The different arcs between customers with at most MOST_PARTNERS payers and payees together."""
    ends = arcs.select(F.explode(F.array("source_id", "target_id")).alias("customer_id"))
    busy = ends.groupBy("customer_id").agg(F.count("*").alias("partners")).where(F.col("partners") > MOST_PARTNERS)
    light = arcs.join(busy, F.col("source_id") == F.col("customer_id"), how="leftanti")
    return light.join(busy, F.col("target_id") == F.col("customer_id"), how="leftanti")


def cycle_lengths(arcs: DataFrame, *, longest: int = LONGEST_CYCLE) -> DataFrame:
    """customer_id, cycle_length: only customers on a cycle of at most `longest` payments, an even number."""
    steps = longest // 2
    forwards = _walks(arcs.select(F.col("source_id").alias("at"), F.col("target_id").alias("next")), steps)
    backwards = _walks(arcs.select(F.col("target_id").alias("at"), F.col("source_id").alias("next")), steps)
    meeting = forwards.join(backwards.withColumnRenamed("steps", "steps_back"), ["customer_id", "at"], how="inner")
    length = F.col("steps") + F.col("steps_back")
    return meeting.groupBy("customer_id").agg(F.min(length).cast("int").alias("cycle_length"))


def gathered_counts(arcs: DataFrame) -> DataFrame:
    """customer_id, gathered_count: others whom the customer's payees paid by two or more hands."""
    first = arcs.select(F.col("source_id").alias("customer_id"), F.col("target_id").alias("hand"))
    second = arcs.select(F.col("source_id").alias("hand"), F.col("target_id").alias("end"))
    ways = first.join(second, "hand", how="inner").where("customer_id <> end")
    by_end = ways.groupBy("customer_id", "end").agg(F.count("*").alias("hands")).where("hands > 1")
    return by_end.groupBy("customer_id").agg(F.count("*").alias("gathered_count"))


def pass_through(between: DataFrame) -> DataFrame:
    """customer_id, received, passed_on: cents, as in `flows.pass_through`; walks a customer's days in their order."""
    nothing = F.lit(0).cast("bigint")
    came = between.select(
        F.col("target_id").alias("customer_id"), "day", F.col("cents").alias("came"), nothing.alias("went")
    )
    went = between.select(
        F.col("source_id").alias("customer_id"), "day", nothing.alias("came"), F.col("cents").alias("went")
    )
    sums = (F.sum("came").alias("came"), F.sum("went").alias("went"))
    by_day = came.unionByName(went).groupBy("customer_id", F.col("day").cast("int").alias("day")).agg(*sums)
    days = F.array_sort(F.collect_list(F.struct("day", "came", "went")))
    kept = F.array(*[nothing] * (DAYS_TO_PASS_ON + 1))
    start = F.struct(F.lit(0).alias("day"), kept.alias("kept"), nothing.alias("passed_on"))
    walked = F.aggregate(days, start, _next_day, lambda end: end["passed_on"])
    return by_day.groupBy("customer_id").agg(F.sum("came").alias("received"), walked.alias("passed_on"))


def _next_day(state: Column, day: Column) -> Column:
    """The state after a day: what is kept of its receipts and of those of each of the days before, the newest first."""
    gap = day["day"] - state["day"]
    ages = range(1, DAYS_TO_PASS_ON + 1)
    before = [F.coalesce(F.get(state["kept"], F.lit(age) - gap), F.lit(0).cast("bigint")) for age in ages]
    kept = [day["came"], *before]
    unmatched = day["went"]
    left: list[Column] = []
    for receipts in reversed(kept):  # the oldest are used up first
        left.insert(0, F.greatest(receipts - unmatched, F.lit(0).cast("bigint")))
        unmatched = F.greatest(unmatched - receipts, F.lit(0).cast("bigint"))
    passed_on = state["passed_on"] + day["went"] - unmatched
    return F.struct(day["day"].alias("day"), F.array(*left).alias("kept"), passed_on.alias("passed_on"))


def _walks(steps: DataFrame, most: int) -> DataFrame:
    """customer_id, at, steps: where one can be after 1 to `most` steps, each place once for each number."""
    walks = steps.select(F.col("at").alias("customer_id"), F.col("next").alias("at")).distinct()
    every = walks.withColumn("steps", F.lit(1))
    for step in range(2, most + 1):
        walks = walks.join(steps, "at", how="inner").select("customer_id", F.col("next").alias("at")).distinct()
        walks = walks.localCheckpoint()
        every = every.unionByName(walks.withColumn("steps", F.lit(step)))
    return every
