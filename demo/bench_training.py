"""What it costs to learn a score from half a million rows, and to score a million and a half customers with it.

Both on a table of numbers drawn for the purpose, with gaps, of which a tenth of the columns, or twelve, tell of the
outcome: no partner and no lake is needed. The scorecard is scored in Spark as the native expression that a night uses,
and as a function that Python calls for every row; the two must agree. Each runs in a process of its own.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from demo.machine import this_machine
from demo.processes import PROJECT_ROOT

ROWS, COLUMNS = 500_000, 200
SCORED_ROWS, SCORED_COLUMNS = 1_500_000, 30
LEARNT_TO_SCORE = 40_000
SEED = 20260403
TELLING_SHARE = 0.1
MISSING_SHARE = 0.05
MONTHS = 6

LEARN = """
import json, resource, sys, time
import pyarrow.parquet as pq
from jobs.models.any_table import fit_table

started, (table, out) = time.perf_counter(), sys.argv[1:]
files = fit_table(pq.read_table(table).drop_columns("loan"), target="is_bad", time="month", customer="borrower")
open(out, "w").write(json.dumps(files["scorecard.json"]))
report, memory = files["report.json"], resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
judged = report["parts"][report["judged_on"]]
print(json.dumps({
    "seconds": time.perf_counter() - started, "of_processors": time.process_time(), "gigabytes": memory,
    "features": len(report["features"]),
    "learnt_from": report["trained_on"]["learnt_from"]["rows"], "gini": judged["gini"],
    "challenger_gini": report["challenger"]["models"]["challenger"]["gini"],
}))
"""

FIT = """
import json, resource, sys, time
import numpy as np, pyarrow.parquet as pq
from jobs.models.challenger_fit import grow_trees
from jobs.models.scorecard_fit import learn_scorecard
from schemas.table import Column

rows = pq.read_table(sys.argv[1]).to_pandas().rename(columns={"borrower": "customer_id", "month": "observation_date"})
columns = [Column(name, "double", name) for name in rows if name.startswith("number_")]
is_bad, told = rows["is_bad"].to_numpy(dtype=np.int64), {}
started, used = time.perf_counter(), time.process_time()
fit = learn_scorecard(rows, is_bad, columns)
told["scorecard"], told["scorecard_of_processors"] = time.perf_counter() - started, time.process_time() - used
started, used = time.perf_counter(), time.process_time()
grow_trees(rows, is_bad, columns, fit.bins.directions)
told["trees"], told["trees_of_processors"] = time.perf_counter() - started, time.process_time() - used
print(json.dumps({**told, "gigabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6}))
"""

SCORE = """
import bisect, json, math, sys, time
from pyspark.sql import functions as F
from jobs.models.scorecard import read_scorecard
from jobs.models.scorecard_expressions import log_odds, score_expressions
from jobs.scores.by_scorecard import reasons
from jobs.scores.published_scores import default_probability, score
from jobs.spark import open_session

card = read_scorecard(json.load(open(sys.argv[2])))
names = [feature.name for feature in card.features]
parts = [
    (one.weight, [b.below for b in one.bins[:-1]], [b.weight_of_evidence for b in one.bins], one.missing, one.special)
    for one in card.features
]
intercept, offset, factor = card.intercept, card.offset, card.factor

def by_row(*values):
    total = intercept
    for value, (weight, edges, woe, missing, special) in zip(values, parts):
        if value is None or value != value:
            total += weight * missing
        elif math.isinf(value):
            total += weight * special
        else:
            total += weight * woe[bisect.bisect_right(edges, value)]
    return math.floor(offset + factor * total + 0.5), 1 / (1 + math.exp(total))

spark = open_session(remote=None, cores=2, memory="3g", shuffle_partitions=8)
customers = spark.read.parquet(sys.argv[1]).select(F.col("loan").alias("customer_id"), *names)
weighed = customers.select("customer_id", *score_expressions(card), *names).withColumn("log_odds", log_odds(card))
scored = ["customer_id", score(card).alias("score"), default_probability().alias("default_probability")]
python = F.udf(by_row, "score int, default_probability double")(*names)
ways = {
    "read": customers,
    "native": weighed.select(*scored),
    "with reasons": weighed.select(*scored, reasons(card).alias("reasons")),
    "python": customers.select("customer_id", python.alias("one")).select("customer_id", "one.*"),
}

def seconds(way):
    started = time.perf_counter()
    ways[way].write.format("noop").mode("overwrite").save()
    return time.perf_counter() - started

found = {way: [] for way in ways}
for way in ("read", "native", "native", "with reasons", "python"):
    seconds(way)  # warm: compiled, and the file in the memory of the machine
for _ in range(5):
    for way in ways:
        found[way].append(seconds(way))
both = ways["native"].alias("ours").join(ways["python"].alias("other"), "customer_id", how="inner")
differ = (F.col("ours.score") != F.col("other.score")) | (
    F.abs(F.col("ours.default_probability") - F.col("other.default_probability")) > 1e-12
)
total, different = both.agg(F.count("*"), F.count_if(differ)).first()
assert total == customers.count() and not different, f"{different} of {total} customers are scored differently"
print(json.dumps({"features": len(names), **{way: min(took) for way, took in found.items()}}))
"""


def bench_training(folder: Path, rows: int = ROWS, columns: int = COLUMNS, scored_rows: int = SCORED_ROWS) -> list[str]:
    """The lines of a table: seconds and memory of learning, customers scored a second, and the ratio of two ways."""
    folder.mkdir(parents=True, exist_ok=True)
    to_learn, few, to_score = (folder / f"{name}.parquet" for name in ("to_learn", "few", "to_score"))
    card = folder / "scorecard.json"
    write_borrowers(to_learn, rows, columns)
    write_borrowers(few, min(rows, LEARNT_TO_SCORE), SCORED_COLUMNS)
    write_borrowers(to_score, scored_rows, SCORED_COLUMNS)
    whole, fit = _told(LEARN, to_learn, folder / "of_all.json"), _told(FIT, to_learn)
    _told(LEARN, few, card)
    speed = _told(SCORE, to_score, card)
    return [
        f"{rows:,} rows of {columns} numbers to learn from, {scored_rows:,} customers to score by {speed['features']} "
        f"features, seed {SEED}, {this_machine()}",
        "| learning and scoring | found | wished |",
        "|---|---|---|",
        f"| scorecard, trees, calibration, report and exports of {rows:,} rows, {whole['learnt_from']:,} of them "
        f"learnt from | {whole['seconds']:.0f} s, {whole['gigabytes']:.1f} GB | 300 s, 8 GB |",
        f"| bins and weights learnt from all {rows:,} | {fit['scorecard']:.0f} s | |",
        f"| trees learnt from all {rows:,} | {fit['trees']:.0f} s, {fit['gigabytes']:.1f} GB | |",
        f"| customers scored a second, warm, Parquet to score and probability | {scored_rows / speed['native']:,.0f} "
        "| 1,500,000 |",
        f"| the same with four reasons | {scored_rows / speed['with reasons']:,.0f} | |",
        f"| a Python function for each row, over the native expression, reading included in both "
        f"| {speed['python'] / speed['native']:.1f} | |",
        f"| the same without the {speed['read']:.2f} s that reading the columns takes either "
        f"| {(speed['python'] - speed['read']) / (speed['native'] - speed['read']):.1f} | 15 |",
    ]


def write_borrowers(file: Path, rows: int, columns: int) -> None:
    """Numbers with gaps, some months, borrowers who come twice, and an outcome of which a tenth of them tell."""
    chance = np.random.default_rng([SEED, rows, columns])
    telling = max(12, round(columns * TELLING_SHARE))
    shared = chance.normal(size=(rows, 8)).astype(np.float32)
    risk, drawn = np.full(rows, -3.6), {}
    for number in range(columns):
        values = 0.6 * shared[:, number % 8] + 0.8 * chance.normal(size=rows).astype(np.float32)
        if number < telling:
            risk += (0.45 if number % 2 else -0.45) * values
        values = np.exp(values) if number % 3 == 0 else np.round(values, number % 3)
        drawn[f"number_{number:03d}"] = pa.array(values.astype(np.float64), mask=chance.random(rows) < MISSING_SHARE)
    is_bad = chance.random(rows) < 1 / (1 + np.exp(-risk))
    first = np.datetime64("2025-01-31", "D")
    month = (first.astype("datetime64[M]") + chance.integers(0, MONTHS, rows)).astype("datetime64[D]")
    people = chance.permutation(rows) // 2
    table: dict[str, Any] = {
        "loan": pa.array([f"l{number:09d}" for number in range(rows)]),
        "borrower": pa.array([f"b{number:09d}" for number in people]),
        "month": pa.array(month),
        "is_bad": pa.array(is_bad.astype(np.int8)),
        **drawn,
    }
    pq.write_table(pa.table(table), file, compression="zstd", row_group_size=122_880)


def _told(script: str, *files: Path) -> dict[str, Any]:
    """What the script prints of the files, as JSON in its last line."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(PROJECT_ROOT), os.environ.get("PYTHONPATH", "")])}
    done = subprocess.run(
        [sys.executable, "-c", script, *map(str, files)],
        cwd=PROJECT_ROOT, env=environment, check=True, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    told: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return told
