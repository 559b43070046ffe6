"""What one device that everybody shares costs the layer of ties: nothing there may grow with the square of a degree."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path
from typing import Protocol

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from demo.machine import this_machine
from demo.processes import PROJECT_ROOT

SEED = 20260402
SEEN_AT = datetime(2026, 1, 1, tzinfo=UTC)
DUE = date(2025, 6, 1)

TIES = """
import sys
from datetime import date
from pathlib import Path
from jobs.edges import heavy_identifiers, shared_identifiers
from jobs.features import identifier_risk
from jobs.spark import open_session

holders, instalments, identities, out = sys.argv[1:]
spark = open_session(remote=None, cores=2, memory="3g", shuffle_partitions=8)
day, held = date(2026, 3, 31), spark.read.parquet(holders)
for name, built in (
    ("shared", shared_identifiers.build(held, as_of=day)),
    ("heavy", heavy_identifiers.build(held, as_of=day)),
    ("risk", identifier_risk.build(held, spark.read.parquet(instalments), spark.read.parquet(identities), as_of=day)),
):
    built.write.mode("overwrite").parquet(str(Path(out) / name))
"""


class Costs(Protocol):
    """What a step took."""

    @property
    def seconds(self) -> float:
        """On the clock."""

    @property
    def gigabytes(self) -> float:
        """Held at one moment."""


Measure = Callable[[str, str, Callable[[], object]], Costs]


def bench_hubs(folder: Path, measure: Measure, customers: int = 1_000_000) -> list[str]:
    """The lines of a table: pairs, heavy identifiers and identifier risk, without and with the device of everybody."""
    folder.mkdir(parents=True, exist_ok=True)
    write_holders(folder, customers)
    without, with_hub = (measure(name, "", partial(_run, folder, name)) for name in ("without hub", "with hub"))
    more = with_hub.gigabytes - without.gigabytes
    return [
        f"{customers:,} customers, each with two identifiers of a few people, seed {SEED}, {this_machine()}",
        "| pairs, heavy identifiers, identifier risk | seconds | peak memory, GB |",
        "|---|---|---|",
        f"| without a hub | {without.seconds:.1f} | {without.gigabytes:.1f} |",
        f"| with one device of all {customers:,} | {with_hub.seconds:.1f} | {with_hub.gigabytes:.1f} |",
        f"ratio {with_hub.seconds / without.seconds:.2f} (wished: at most 1.3), {more:+.1f} GB (at most 2 more)",
    ]


def write_holders(folder: Path, customers: int) -> None:
    """Holders without and with the hub, identities, and an unpaid instalment for one customer in fifty."""
    chance = np.random.default_rng(SEED)
    names = np.array([f"c-{number:07d}" for number in range(customers)], dtype=object)
    who = np.tile(np.arange(customers), 2)
    what = chance.permutation(2 * customers) // 2 + np.where(chance.random(2 * customers) < 0.2, 1, 0)
    light = _holders(names[who], what.astype(str))
    hub = _holders(names, np.full(customers, "everybody"))
    pq.write_table(light, folder / "without hub.parquet", compression="zstd")
    pq.write_table(pa.concat_tables([light, hub]), folder / "with hub.parquet", compression="zstd")
    records = pa.array([f"shop:{name}" for name in names])
    pq.write_table(pa.table({"source_record_id": records, "customer_id": pa.array(names)}), folder / "people.parquet")
    bad = records.take(pa.array(np.flatnonzero(chance.random(customers) < 0.02)))
    due = {"due_date": pa.array([DUE] * len(bad)), "settled_date": pa.nulls(len(bad), pa.date32())}
    opened = pa.array([SEEN_AT.replace(year=2025)] * len(bad), pa.timestamp("us", "UTC"))
    pq.write_table(pa.table({"source_record_id": bad, "plan_opened_at": opened, **due}), folder / "owed.parquet")


def _holders(customers: np.ndarray, identifiers: np.ndarray) -> pa.Table:
    """One row per customer and identifier, as edges/identifier_holders has them."""
    encoded = pa.array(identifiers.astype(object))
    pairs = pa.table({"identifier": encoded, "customer_id": pa.array(customers)}).group_by(
        ["identifier", "customer_id"]
    )
    rows = pairs.aggregate([])
    counts = rows.group_by("identifier").aggregate([("customer_id", "count")])
    joined = rows.join(counts, "identifier").rename_columns(["identifier", "customer_id", "holder_count"])
    moment = pa.array(np.full(len(joined), SEEN_AT.timestamp() * 1_000_000, np.int64)).cast(pa.timestamp("us", "UTC"))
    columns = {"identifier_type": pa.array(["device"] * len(joined)), "first_seen_at": moment, "last_seen_at": moment}
    columns["known_date"] = pa.array([SEEN_AT.date()] * len(joined), pa.date32())
    for name, values in columns.items():
        joined = joined.append_column(name, values)
    return joined


def _run(folder: Path, name: str) -> None:
    files = [str(folder / file) for file in (f"{name}.parquet", "owed.parquet", "people.parquet", "out")]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(PROJECT_ROOT), os.environ.get("PYTHONPATH", "")])}
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    command = [sys.executable, "-c", TIES, *files]
    subprocess.run(command, cwd=PROJECT_ROOT, env=environment, check=True, **quiet)  # type: ignore[call-overload]
