"""What one device that everybody uses costs the layer of ties: nothing there may grow with the square of a degree.

Everybody buys three times. In the world with the hub the last purchase of each is made on the one device; but for that
the two worlds are the same. Each run has a process of its own, which starts Spark before the clock runs; the two take
turns, and the best of each counts.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path
from typing import Protocol

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from demo.machine import this_machine
from demo.processes import PROJECT_ROOT

SEED = 20260402
ROUNDS = 2
PURCHASES_EACH = 3
SEEN_AT = datetime(2026, 1, 1, tzinfo=UTC)
DUE = date(2025, 6, 1)
WORLDS = ("without hub", "with hub")

TIES = """
import json, sys, time
from datetime import date
from pathlib import Path
import psutil
from jobs.edges import favours, heavy_identifiers, identifier_holders, shared_identifiers
from jobs.features import identifier_risk
from jobs.spark import open_session

folder, world = Path(sys.argv[1]), sys.argv[2]
spark, day = open_session(remote=None, cores=2, memory="3g", shuffle_partitions=8), date(2026, 3, 31)
spark.range(1).count()

def processor():
    me = psutil.Process()
    return sum(sum(one.cpu_times()[:2]) for one in (me, *me.children(recursive=True)))

started, used = time.perf_counter(), processor()

def read(name):
    return spark.read.parquet(str(folder / f"{name}.parquet"))

def kept(name, built):
    began = time.perf_counter()
    built.write.mode("overwrite").parquet(str(folder / f"out-{name}"))
    print(json.dumps([name, time.perf_counter() - began]), flush=True)
    return spark.read.parquet(str(folder / f"out-{name}"))

people, nobody = read("people"), (read(name) for name in ("bank_customers", "bank_accounts", "browsing"))
held = kept("identifier_holders", identifier_holders.build(read(world), read("users"), *nobody, people, as_of=day))
kept("shared_identifiers", shared_identifiers.build(held, as_of=day))
kept("heavy_identifiers", heavy_identifiers.build(held, as_of=day))
kept("favours", favours.build(read("referrals"), held, people, as_of=day))
kept("identifier_risk", identifier_risk.build(held, read("owed"), people, as_of=day))
print(json.dumps(["all", time.perf_counter() - started]))
print(json.dumps(["of the processor, all", processor() - used]), flush=True)
"""


class Costs(Protocol):
    """What a step took."""

    @property
    def gigabytes(self) -> float:
        """Held at one moment."""


Measure = Callable[[str, str, Callable[[], object]], Costs]


def bench_hubs(folder: Path, measure: Measure, customers: int = 1_000_000, rounds: int = ROUNDS) -> list[str]:
    """The lines of a table: who holds what, pairs, heavy identifiers, favours and risk, without and with the device."""
    folder.mkdir(parents=True, exist_ok=True)
    write_worlds(folder, customers)
    seconds: dict[str, list[dict[str, float]]] = {world: [] for world in WORLDS}
    memory: dict[str, list[float]] = {world: [] for world in WORLDS}
    for number in range(rounds):
        for world in WORLDS if number % 2 == 0 else WORLDS[::-1]:
            costs = measure(world, "", partial(_run, folder, world, seconds[world]))
            memory[world].append(costs.gigabytes)
    without, with_hub = (
        {step: min(one[step] for one in seconds[world]) for step in seconds[world][0]} for world in WORLDS
    )
    ratios = [f"{with_hub[step] / without[step]:.2f}" for step in ("all", "of the processor, all")]
    more = max(memory["with hub"]) - max(memory["without hub"])
    return [
        f"{customers:,} customers with {PURCHASES_EACH} purchases each, best of {rounds} runs in turn without Spark's "
        f"start, seed {SEED}, {this_machine()}",
        f"| ties by identifiers, seconds | without a hub | with one device of all {customers:,} |",
        "|---|---|---|",
        *(f"| {step} | {without[step]:.1f} | {with_hub[step]:.1f} |" for step in without),
        f"| peak memory, GB | {max(memory['without hub']):.1f} | {max(memory['with hub']):.1f} |",
        f"ratio {ratios[0]}, of the processor {ratios[1]} (wished: at most 1.3), {more:+.1f} GB (at most 2 more)",
    ]


def write_worlds(folder: Path, customers: int) -> None:
    """Purchases without and with the hub, and all else that the edges are made of."""
    chance = np.random.default_rng(SEED)
    records = np.array([f"{number:07d}" for number in range(customers)], dtype=object)
    who = np.tile(np.arange(customers), PURCHASES_EACH)
    device = who.copy() // 2  # two people to a device
    purchases = _purchases(records[who], device, who // 3)
    pq.write_table(purchases, folder / "without hub.parquet", compression="zstd")
    device[-customers:] = -1
    pq.write_table(_purchases(records[who], device, who // 3), folder / "with hub.parquet", compression="zstd")
    ids = pa.array(records)
    shop = pa.array("shop:" + records)
    pq.write_table(pa.table({"source_record_id": shop, "customer_id": ids}), folder / "people.parquet")
    moments = _always(SEEN_AT.replace(year=2025), customers)
    pq.write_table(
        pa.table(
            {
                "shop_user_id": ids,
                "phone_token": pa.array("p" + records),
                "registered_at": moments,
                "updated_at": moments,
                "captured_date": pa.array([SEEN_AT.date()] * customers),
            }
        ),
        folder / "users.parquet",
    )
    bad = shop.take(pa.array(np.flatnonzero(chance.random(customers) < 0.02)))
    due = {"due_date": pa.array([DUE] * len(bad)), "settled_date": pa.nulls(len(bad), pa.date32())}
    owed = {"source_record_id": bad, "plan_opened_at": moments.slice(0, len(bad)), **due}
    pq.write_table(pa.table(owed), folder / "owed.parquet")
    _write_nothing(folder)


def _purchases(
    records: npt.NDArray[np.object_], device: npt.NDArray[np.int64], home: npt.NDArray[np.int64]
) -> pa.Table:
    return pa.table(
        {
            "source_record_id": pa.array("shop:" + records),
            "ordered_at": _always(SEEN_AT, len(records)),
            "shipping_address_token": _named("a", home),
            "device_id": _named("d", device),
            "recipient_phone_token": pa.nulls(len(records), pa.string()),
            "known_date": pa.array([SEEN_AT.date()] * len(records)),
        }
    )


def _named(letter: str, numbers: npt.NDArray[np.int64]) -> pa.Array:
    return pa.array(np.char.add(letter, numbers.astype("U8")).astype(object))


def _always(moment: datetime, count: int) -> pa.Array:
    micros = np.full(count, int(moment.timestamp()) * 1_000_000, np.int64)
    return pa.array(micros).cast(pa.timestamp("us", "UTC"))


def _write_nothing(folder: Path) -> None:
    """The sources that show nobody anything, with the columns that are read of them."""
    moment, day, text = pa.timestamp("us", "UTC"), pa.date32(), pa.string()
    versions = {
        "bank_code": text,
        "bank_customer_id": text,
        "updated_at": moment,
        "captured_date": day,
        "opened_at": moment,
    }
    nothing = {
        "bank_customers": {**versions, "phone_token": text},
        "bank_accounts": {**versions, "account_id": text, "account_type": text},
        "browsing": {"source_record_id": text, "device_id": text, "occurred_at": moment, "known_date": day},
        "referrals": {
            **dict.fromkeys(("referrer_source_record_id", "referred_source_record_id"), text),
            "referred_at": moment,
            "known_date": day,
        },
    }
    for name, columns in nothing.items():
        pq.write_table(pa.schema(list(columns.items())).empty_table(), folder / f"{name}.parquet")


def _run(folder: Path, world: str, seconds: list[dict[str, float]]) -> None:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(PROJECT_ROOT), os.environ.get("PYTHONPATH", "")])}
    command = [sys.executable, "-c", TIES, str(folder), world]
    done = subprocess.run(
        command,
        cwd=PROJECT_ROOT,
        env=environment,
        check=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    seconds.append(dict(json.loads(line) for line in done.stdout.splitlines()))
