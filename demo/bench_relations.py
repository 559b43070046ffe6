"""What the measures of relations cost beside the bare libraries, on a graph of a million customers.

Our way: edges Parquet -> component, degree, core number, clustering, PageRank, default influence -> Parquet. The bare
way: the same with pyarrow, scipy and igraph in one script without our checks, labels or exactness. Each runs in a
process of its own, in turn, and the best of the rounds counts, on the clock and of the processor. Beside them, once,
the distributed way on the same data.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from demo.machine import this_machine
from demo.processes import PROJECT_ROOT

BAD_SHARE = 0.02
SEED = 20260401

OURS = """
import json, resource, sys, time
import pyarrow as pa, pyarrow.compute as pc, pyarrow.parquet as pq
from jobs.relations import influence, measures
from jobs.relations.graph import graph_of

started, edges, bad, out = time.perf_counter(), *sys.argv[1:]
ties = graph_of(pq.read_table(edges, columns=["source_id", "target_id"]))
is_bad = pc.is_in(ties.customers, value_set=pq.read_table(bad)["customer_id"]).to_numpy(zero_copy_only=False)
pq.write_table(ties.table({
    "component_id": ties.labels(measures.components(ties)),
    "degree": measures.degrees(ties),
    "core_number": measures.core_numbers(ties),
    "clustering": measures.local_clustering(ties),
    "rank": measures.ranks(ties, directed=False),
    "influence": influence.default_influence(ties, is_bad),
}), out, compression="zstd")
memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
print(json.dumps([time.perf_counter() - started, memory, time.process_time()]))
"""

BARE = """
import json, resource, sys, time
import igraph, numpy as np, pyarrow as pa, pyarrow.compute as pc, pyarrow.parquet as pq, scipy.sparse as sp
from scipy.sparse.csgraph import connected_components

started, edges, bad, out = time.perf_counter(), *sys.argv[1:]
table = pq.read_table(edges, columns=["source_id", "target_id"])
ends = pa.chunked_array([*table["source_id"].chunks, *table["target_id"].chunks])
encoded = ends.dictionary_encode().combine_chunks()
names, numbers = encoded.dictionary, encoded.indices.to_numpy()
source, target = numbers[:len(table)], numbers[len(table):]
n = len(names)
keep = source != target
pairs = np.unique(np.minimum(source, target)[keep] * np.int64(n) + np.maximum(source, target)[keep])
low, high = pairs // n, pairs % n
a = sp.coo_array((np.ones(2 * len(low)), (np.r_[low, high], np.r_[high, low])), shape=(n, n)).tocsr()
label = connected_components(a, directed=False)[1]
degree = np.diff(a.indptr)
graph = igraph.Graph(n=n, edges=memoryview(np.column_stack([low, high])))
core, clustering = graph.coreness(), graph.transitivity_local_undirected(mode="zero")
p = (sp.diags_array(1 / np.maximum(degree, 1)) @ a).T.tocsr()
rank = np.full(n, 1 / n)
for _ in range(30):
    rank = (0.15 + 0.85 * rank[degree == 0].sum()) / n + 0.85 * (p @ rank)
seeds = np.flatnonzero(pc.is_in(names, value_set=pq.read_table(bad)["customer_id"]).to_numpy(zero_copy_only=False))
walk = np.zeros(n); walk[seeds] = 1; visits = walk.copy()
for _ in range(6):
    walk = 0.85 * (p @ walk); visits += walk
root = sp.diags_array(1 / np.sqrt(np.maximum(degree, 1)))
steady = (root @ a @ root).tocsr()
for part in np.array_split(seeds, max(1, len(seeds) // 2500)):
    rows = [sp.csr_array((np.ones(len(part)), (np.arange(len(part)), part)), shape=(len(part), n))]
    for _ in range(3):
        rows.append(rows[-1] @ steady)
    own = 1 + sum(0.85 ** k * rows[k // 2].multiply(rows[(k + 1) // 2]).sum(axis=1) for k in range(1, 7))
    visits[part] -= own
pq.write_table(pa.table({"customer_id": names, "component": label, "degree": degree,
    "core_number": core, "clustering": clustering, "rank": rank, "influence": 0.15 * visits}), out, compression="zstd")
memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
print(json.dumps([time.perf_counter() - started, memory, time.process_time()]))
"""

DISTRIBUTED = """
import json, sys, time
from functools import partial
from pyspark.sql import functions as F
from jobs.relations import distributed, distributed_influence
from jobs.spark import open_session

edges, bad, out = sys.argv[1:]
spark = open_session(remote=None, cores=2, memory="6g", shuffle_partitions=16)
ties = spark.read.parquet(edges).withColumn("weight", F.lit(1).cast("bigint"))
for name, measure in (
    ("component", partial(distributed.components, ties)),
    ("degree, clustering", partial(distributed.clustering, ties)),
    ("core number", partial(distributed.core_numbers, ties)),
    ("PageRank", partial(distributed.ranks, ties, directed=False)),
    ("default influence", partial(distributed_influence.default_influence, ties, spark.read.parquet(bad))),
):
    started = time.perf_counter()
    measure().write.mode("overwrite").parquet(f"{out}.{name}")
    print(json.dumps([name, time.perf_counter() - started]), flush=True)
"""


class Cost(NamedTuple):
    """Of one run: seconds on the clock, gigabytes at most, seconds of the processor, which others hardly lengthen."""

    seconds: float
    memory: float
    processor: float


def bench_relations(
    folder: Path, customers: int = 1_000_000, edges: int = 5_000_000, rounds: int = 3, *, distributed_parts: int = 10
) -> list[str]:
    """The lines of a table: seconds and gigabytes of both ways on the same files, and their ratio.

    distributed_parts: the distributed way beside them is measured on so small a part of the graph.
    """
    folder.mkdir(parents=True, exist_ok=True)
    write_graph(folder, customers, edges)
    costs: dict[str, list[Cost]] = {"ours": [], "bare scipy and igraph": []}
    for _ in range(rounds):
        for name, script in (("ours", OURS), ("bare scipy and igraph", BARE)):
            costs[name].append(_run(script, folder))
    best = {name: Cost(*map(min, zip(*found, strict=True))) for name, found in costs.items()}
    ours, bare = best.values()
    rows = [
        f"| {name} | {cost.seconds:.1f} | {cost.processor:.1f} | {cost.memory:.1f} |" for name, cost in best.items()
    ]
    return [
        f"{customers:,} customers, {edges:,} edges, {BAD_SHARE:.0%} in default, seed {SEED}, {this_machine()}",
        "| relations, Parquet to Parquet | seconds | of the processor | peak memory, GB |",
        "|---|---|---|---|",
        *rows,
        f"ratio {ours.seconds / bare.seconds:.2f}, of the processor {ours.processor / bare.processor:.2f} "
        "(wished: at most 1.5)",
        *bench_distributed(folder / "distributed", customers // distributed_parts, edges // distributed_parts),
    ]


def bench_distributed(folder: Path, customers: int, edges: int) -> list[str]:
    """The lines of a table: seconds of each measure by DataFrames, and of all of them in one process.

    The way is for what one machine cannot hold: on one it takes more than half an hour for a million customers.
    """
    folder.mkdir(parents=True, exist_ok=True)
    write_graph(folder, customers, edges)
    lines = _output(DISTRIBUTED, folder).splitlines()
    seconds = dict(json.loads(line) for line in lines)
    together = _run(OURS, folder).seconds
    return [
        f"| the distributed way, {customers:,} customers, {edges:,} edges, seed {SEED}, {this_machine()} | seconds |",
        "|---|---|",
        *(f"| {name} | {took:.0f} |" for name, took in seconds.items()),
        f"| all, without Spark's start | {sum(seconds.values()):.0f} |",
        f"| all in one process | {together:.1f} |",
    ]


def write_graph(folder: Path, customers: int, edges: int) -> None:
    """edges.parquet and bad.parquet: half of the ties within small groups, as families are, half anywhere."""
    chance = np.random.default_rng(SEED)
    names = np.array([f"c-{number:010x}" for number in chance.permutation(customers)], dtype=object)
    source = chance.integers(0, customers, edges)
    near = (source + chance.integers(1, 12, edges)) % customers
    target = np.where(chance.random(edges) < 0.5, near, chance.integers(0, customers, edges))
    table = pa.table({"source_id": pa.array(names[source]), "target_id": pa.array(names[target])})
    pq.write_table(table, folder / "edges.parquet", compression="zstd")
    bad = names[chance.random(customers) < BAD_SHARE]
    pq.write_table(pa.table({"customer_id": pa.array(bad)}), folder / "bad.parquet")


def _run(script: str, folder: Path) -> Cost:
    return Cost(*json.loads(_output(script, folder)))


def _output(script: str, folder: Path) -> str:
    """What the script prints, of the files in the folder."""
    files = [str(folder / name) for name in ("edges.parquet", "bad.parquet", "out.parquet")]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(PROJECT_ROOT), os.environ.get("PYTHONPATH", "")])}
    done = subprocess.run(
        [sys.executable, "-c", script, *files],
        cwd=PROJECT_ROOT, env=environment, check=True, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    return done.stdout
