"""What things cost on this machine: seconds and peak memory of whole process trees, and ratios within one run.

Machines are noisy, so a figure is worth something only beside the others of the same run; nothing here is a test.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Final

import psutil
import pyarrow.parquet as pq

from demo.airflow import airflow_standalone
from demo.bench_hubs import bench_hubs
from demo.bench_identities import bench_identities
from demo.bench_relations import bench_relations
from demo.bench_rings import bench_rings
from demo.bench_scores import bench_scores
from demo.bench_training import bench_training
from demo.machine import this_machine
from demo.processes import PROJECT_ROOT
from demo.session import partners_up
from demo.tour import DAG, watch
from demo.world import World

SAMPLES_A_SECOND = 4
PARTS: Final = ("worlds", "nights", "families", "relations", "hubs", "rings", "identities", "training", "scores")
"""What can be measured alone, in the order in which all are."""

WORLDS = (20_000, 100_000)
MILLION = 1_000_000
WISHED = {20_000: "40 s", 100_000: "250,000 rows a second", MILLION: "12 min, 6 GB, 40 M transactions"}
"""Of a world and its truth as Parquet, on two cores."""


@dataclass(frozen=True)
class Cost:
    """Seconds on the clock and the largest memory held at one moment by all processes of a step together."""

    step: str
    seconds: float
    gigabytes: float
    wish: str


def bench(folder: Path, people: int, seed: int, *, only: Sequence[str] = PARTS, with_million: bool = False) -> None:
    """Measure the parts one after the other, and print the tables of each as soon as it is done.

    with_million: a world of a million people besides, which takes minutes and 10 GB of disk; the race of the families
        over as many; and the distributed way of the relations on the whole graph, which takes more than half an hour.
    """
    shutil.rmtree(folder, ignore_errors=True)
    parts: Mapping[str, Callable[[], Iterable[str]]] = {
        "worlds": lambda: bench_worlds(folder / "world", (*WORLDS, MILLION) if with_million else WORLDS),
        "nights": lambda: bench_nights(folder / "nights", people, seed),
        "families": lambda: bench_families(
            folder.parent / "race", MILLION if with_million else people, seed
        ),  # made once
        "relations": lambda: bench_relations(folder / "relations", distributed_parts=1 if with_million else 10),
        "hubs": lambda: bench_hubs(folder / "hubs", measure),
        "rings": lambda: bench_rings(folder / "rings"),
        "identities": lambda: bench_identities(folder / "identities"),
        "training": lambda: bench_training(folder / "training"),
        "scores": lambda: bench_scores(folder / "scores"),
    }
    for name in PARTS:
        if name in only:
            _say("\n".join(("", *parts[name]())))


def bench_nights(folder: Path, people: int, seed: int) -> list[str]:
    """The lines of a table: a training, and nights by the command line and by Airflow."""
    costs: list[Cost] = []
    world = ("--people", str(people), "--seed", str(seed))

    def measured(step: str, wish: str, run: Callable[[], object]) -> None:
        costs.append(measure(step, wish, run))
        _say(f"{step}: {costs[-1].seconds:.1f} s, {costs[-1].gigabytes:.1f} GB")

    with partners_up(folder, *world) as environment:
        first = date.fromisoformat(environment["NIGHTLEDGER_FIRST_BUSINESS_DATE"])
        second, third = first + timedelta(days=1), first + timedelta(days=2)
        measured("training, history captured and cleaned", "", lambda: _jobs(environment, "train", first))
        measured("one night by the command line, one JVM", "90 s, 6 GB", lambda: _jobs(environment, "night", second))
        measured("the same night again, nothing rebuilt", "15 s", lambda: _nothing_rebuilt(environment, second))
        measured("importing dags/nightly.py", "1 s beside Airflow", lambda: _import_dag(environment))
        measured("importing airflow.sdk alone", "", lambda: _python(environment, "import airflow.sdk"))
        measured("one night by Airflow's scheduler", "240 s", lambda: _scheduled(folder, environment, third))
        rows = _rows(Path(environment["NIGHTLEDGER_LAKE"]))
    tour = ("-m", "demo", "tour", "--folder", str(folder / "demo"), *world)
    measured("make demo, after its set-up", "300 s, 6 GB", lambda: _run(os.environ, *tour))
    return table_of_costs(costs, rows, people, seed)


def bench_families(folder: Path, people: int, seed: int) -> list[str]:
    """All feature families in Spark over the same in DuckDB's SQL: the race prints its tables, the line is its memory.

    Of a million people and more a tenth is raced first, to tell how the seconds grow.
    """
    sizes = [people // 10, people] if people >= MILLION else [people]
    arguments = ("--people", *map(str, sizes), "--seed", str(seed), "--folder", str(folder))
    command = [sys.executable, "-m", "tests.reference.race", *arguments]
    cost = measure("race", "10 GB", lambda: subprocess.run(command, cwd=PROJECT_ROOT, check=True))
    return [f"the making of the worlds included: {cost.seconds:.0f} s, {cost.gigabytes:.1f} GB (wished: {cost.wish})"]


@dataclass(frozen=True)
class WorldCost:
    """What it cost to generate a world of 24 months and write it, with its truth, as Parquet."""

    people: int
    rows: int
    transactions: int
    cost: Cost


def _measure_world(out: Path, people: int) -> WorldCost:
    shutil.rmtree(out, ignore_errors=True)
    command = ["-m", "demo", "world", "--people", str(people), "--days", "0", "--parquet", "--out", str(out)]
    cost = measure(f"a world of {people:,} people", WISHED[people], lambda: _run(os.environ, *command))
    _say(f"{cost.step}: {cost.seconds:.1f} s, {cost.gigabytes:.1f} GB")
    counts = {
        path: pq.read_metadata(path).num_rows for path in out.rglob("part-*.parquet") if "truth" not in path.parts
    }
    transactions = sum(rows for path, rows in counts.items() if "transactions" in path.parts)
    shutil.rmtree(out)
    return WorldCost(people, sum(counts.values()), transactions, cost)


def bench_worlds(out: Path, sizes: Sequence[int]) -> list[str]:
    """The lines of a table: worlds of so many people."""
    return table_of_worlds([_measure_world(out, people) for people in sizes])


def table_of_worlds(worlds: Sequence[WorldCost]) -> list[str]:
    """A line for each, below what they were measured on."""
    lines = [
        f"Worlds of 24 months as Parquet, with their truth; seed {World.seed}, {this_machine()}",
        "| people | rows | transactions | seconds | rows a second | peak memory, GB | wished |",
        "|---|---|---|---|---|---|---|",
    ]
    for world in worlds:
        speed = world.rows / world.cost.seconds
        lines.append(
            f"| {world.people:,} | {world.rows:,} | {world.transactions:,} | {world.cost.seconds:.1f} | {speed:,.0f} "
            f"| {world.cost.gigabytes:.1f} | {world.cost.wish} |"
        )
    return lines


def measure(step: str, wish: str, run: Callable[[], object]) -> Cost:
    """Run it, watching this process and all its children."""
    peak, done = [0.0], threading.Event()
    watcher = threading.Thread(target=_watch_memory, args=(peak, done))
    started = time.monotonic()
    watcher.start()
    try:
        run()
    finally:
        seconds = time.monotonic() - started
        done.set()
        watcher.join()
    return Cost(step, seconds, peak[0], wish)


def _watch_memory(peak: list[float], done: threading.Event) -> None:
    while not done.wait(1 / SAMPLES_A_SECOND):
        held = 0
        for process in psutil.Process().children(recursive=True):
            try:
                held += process.memory_info().rss
            except psutil.Error:
                continue  # it ended between the list and the look
        peak[0] = max(peak[0], held / 1e9)


def _jobs(environment: Mapping[str, str], command: str, day: date) -> None:
    _run(environment, "-m", "jobs.run", command, "--business-date", str(day))


def _python(environment: Mapping[str, str], code: str) -> None:
    _run(environment, "-c", code)


def _import_dag(environment: Mapping[str, str]) -> None:
    _python(environment, "import dags.nightly, sys; assert 'pyspark' not in sys.modules")


def _run(environment: Mapping[str, str], *arguments: str) -> None:
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    subprocess.run([sys.executable, *arguments], cwd=PROJECT_ROOT, env=dict(environment), check=True, **quiet)  # type: ignore[call-overload]


def _nothing_rebuilt(environment: Mapping[str, str], night: date) -> None:
    """Run a published night; RuntimeError when anything of it is published anew."""
    manifests = list(Path(environment["NIGHTLEDGER_LAKE"]).glob(f"*/*/business_date={night}/_manifest.json"))
    before = {path: path.stat().st_mtime_ns for path in manifests}
    _jobs(environment, "night", night)
    if not before or before != {path: path.stat().st_mtime_ns for path in manifests}:
        raise RuntimeError(f"the night of {night} was published already and is built again")


def _scheduled(folder: Path, environment: Mapping[str, str], night: date) -> None:
    days = {"NIGHTLEDGER_SCHEDULE_FROM": str(night), "NIGHTLEDGER_SCHEDULE_UNTIL": str(night)}
    with airflow_standalone(folder / "airflow", {**environment, **days}) as airflow:
        airflow.unpause(DAG)
        watch(airflow, night, _say)


def _rows(lake: Path) -> int:
    manifests = lake.glob("captured/*/business_date=*/_manifest.json")
    return sum(int(json.loads(path.read_text(encoding="utf-8"))["rows"]) for path in manifests)


def table_of_costs(costs: Sequence[Cost], rows: int, people: int, seed: int) -> list[str]:
    """A line for each, below what they were measured on; the second is a night by the command line."""
    night = costs[1].seconds
    return [
        f"{people:,} people, seed {seed}, {rows:,} captured rows in three days; {this_machine()}",
        "| step | seconds | over a night by the command line | peak memory, GB | wished |",
        "|---|---|---|---|---|",
        *(
            f"| {cost.step} | {cost.seconds:.1f} | {cost.seconds / night:.2f} | {cost.gigabytes:.1f} | {cost.wish} |"
            for cost in costs
        ),
    ]


def _say(line: str) -> None:
    print(line, flush=True)  # noqa: T201 this is what the command is for
