"""Every way to close a night publishes the same bytes: the scheduler, a backfill, a person, and the command line.

Nothing here is replaced by something lighter: a world served by a real S3 server and a real PostgreSQL, a real
`airflow standalone`, and one Spark server for each night.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import psutil
import pytest

from demo.airflow import Airflow, airflow_standalone
from demo.drops import write_drops
from demo.life import live
from demo.servers import Partners, partners
from demo.world import World
from schemas.catalogue import all_datasets

pytestmark = pytest.mark.scheduler

PROJECT_ROOT = Path(__file__).resolve().parents[2]
PEOPLE = 900  # fewer, and too few of them default for a score to be learnt
LEARNT = {"labels", "models"}

FIRST, BACKFILLED, SCHEDULED, BY_HAND = (
    date(2026, 3, 31),
    (date(2026, 4, 1), date(2026, 4, 2)),
    date(2026, 4, 3),
    date(2026, 4, 4),
)
NIGHTS = (*BACKFILLED, SCHEDULED, BY_HAND)

FOR_TWO_CORES = {
    "NIGHTLEDGER_SPARK_CORES": "2",
    "NIGHTLEDGER_SPARK_MEMORY": "2g",
    "NIGHTLEDGER_SHUFFLE_PARTITIONS": "2",
    "NIGHTLEDGER_SECONDS_BETWEEN_LOOKS": "5",
    "NIGHTLEDGER_SCHEDULE_FROM": str(SCHEDULED),
    "NIGHTLEDGER_SCHEDULE_UNTIL": str(SCHEDULED),
}

SECONDS_FOR_A_NIGHT = 900  # a busy machine; an idle one needs 90


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    """A short path, because PostgreSQL's socket must fit into 107 characters."""
    path = Path(tempfile.mkdtemp(prefix="nl-"))
    yield path
    if not os.environ.get("NIGHTLEDGER_KEEP"):
        shutil.rmtree(path, ignore_errors=True)


@dataclass(frozen=True)
class Demo:
    """The partners, in whose drop the scheduled night is still missing."""

    folder: Path
    world: World
    running: Partners

    def variables(self, lake: str) -> Mapping[str, str]:
        """The settings of an installation with a lake of this name."""
        own = {"NIGHTLEDGER_SCRATCH": str(self.folder / f"{lake}-scratch"), **FOR_TWO_CORES}
        return {**self.running.environment(self.world, str(self.folder / lake)), **own}

    def deliver_the_rest(self) -> None:
        """The shop delivers the scheduled night and the one after it."""
        drop = self.folder / "late"
        self.running.store.upload(drop, list(write_drops(live(self.world, BY_HAND), drop, [SCHEDULED, BY_HAND])))


@pytest.fixture(scope="module")
def demo(folder: Path) -> Iterator[Demo]:
    world = World(people=PEOPLE, first_business_date=FIRST)
    life = live(world, BY_HAND)
    with partners(folder / "partners") as running:
        running.load(life, [FIRST, *BACKFILLED])
        running.load_banks(life, [SCHEDULED, BY_HAND])
        yield Demo(folder, world, running)


def test_every_way_to_close_a_night_publishes_the_same_bytes(folder: Path, demo: Demo) -> None:
    run(demo.variables("airflow"), "train", "--business-date", str(FIRST))
    shutil.copytree(folder / "airflow", folder / "command", symlinks=True)

    with airflow_standalone(folder / "home", demo.variables("airflow")) as airflow:
        airflow.unpause("nightly")  # the scheduler's own night begins, and waits for its delivery
        airflow.command(
            *("backfill", "create", "--dag-id", "nightly", "--max-active-runs", "1"),
            *("--from-date", f"{BACKFILLED[0]}T00:00:00+08:00", "--to-date", f"{BACKFILLED[1]}T00:00:00+08:00"),
        )
        wait_for_runs(airflow, "backfill", 2)
        waiting = states_of(airflow, "scheduled")
        assert waiting["ready.shop"] in {"up_for_reschedule", "scheduled", "queued", "running"}
        assert waiting["captured.shop_users"] is None
        demo.deliver_the_rest()
        wait_for_runs(airflow, "scheduled", 1)
        airflow.trigger("nightly", str(BY_HAND))
        wait_for_runs(airflow, "manual", 1)

        assert rows_in_asset_events(airflow) == rows_in_manifests(folder / "airflow")
        assert_nothing_but_counts_in_xcom(airflow)

    run(demo.variables("command"), "backfill", "--from", str(NIGHTS[0]), "--to", str(NIGHTS[-1]))
    by_airflow, by_command = published(folder / "airflow"), published(folder / "command")
    assert {night for _, night in by_airflow} >= {str(night) for night in NIGHTS}
    for night in NIGHTS:
        built = {address for address, of_night in by_airflow if of_night == str(night)}
        assert built == {dataset.address for dataset in all_datasets() if dataset.layer not in LEARNT}
    assert by_airflow == by_command
    assert not processes_that_mention(folder / "home")
    assert not processes_that_mention(folder / "airflow-scratch")


def run(environment: Mapping[str, str], *arguments: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "jobs.run", *arguments],
        cwd=PROJECT_ROOT,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]


def wait_for_runs(airflow: Airflow, kind: str, count: int) -> None:
    deadline = time.monotonic() + SECONDS_FOR_A_NIGHT * count
    while time.monotonic() < deadline:
        runs = [run for run in airflow.runs("nightly") if run["run_type"] == kind]
        for failed in (run for run in runs if run["state"] == "failed"):
            tasks = airflow.tasks("nightly", failed["dag_run_id"])
            pytest.fail(f"{kind}: {[task['task_id'] for task in tasks if task['state'] == 'failed']} failed")
        if [run["state"] for run in runs] == ["success"] * count:
            return
        time.sleep(1)
    pytest.fail(f"the {kind} runs did not end within {SECONDS_FOR_A_NIGHT * count} s")


def states_of(airflow: Airflow, kind: str) -> dict[str, str | None]:
    (found,) = [run for run in airflow.runs("nightly") if run["run_type"] == kind]
    return {task["task_id"]: task["state"] for task in airflow.tasks("nightly", found["dag_run_id"])}


def published(lake: Path) -> dict[tuple[str, str], list[tuple[str, int, str]]]:
    """For each partition (address, business_date): name, rows and sha256 of every file, as its manifest lists them."""
    found = {}
    for path in lake.glob("[!_]*/*/business_date=*/_manifest.json"):
        manifest = json.loads(path.read_text(encoding="utf-8"))
        address = f"{path.parts[-4]}/{path.parts[-3]}"
        files = [(file["name"], file["rows"], file["sha256"]) for file in manifest["files"]]
        found[address, path.parts[-2].removeprefix("business_date=")] = files
    return found


def rows_in_manifests(lake: Path) -> dict[tuple[str, str], int]:
    return {
        (address, night): sum(rows for _, rows, _ in files)
        for (address, night), files in published(lake).items()
        if night in {str(night) for night in NIGHTS}
    }


def rows_in_asset_events(airflow: Airflow) -> dict[tuple[str, str], int]:
    events: list[Any] = []
    found = {}
    while page := airflow.request("GET", f"/assets/events?limit=100&offset={len(events)}")["asset_events"]:
        events += page
    for event in events:
        assert set(event["extra"]) <= {"business_date", "rows", "state"}, event["extra"]
        found[event["name"], event["extra"]["business_date"]] = event["extra"]["rows"]
    return found


def assert_nothing_but_counts_in_xcom(airflow: Airflow) -> None:
    """The one value that tasks hand on is the key under which they find Spark."""
    for run_of in airflow.runs("nightly"):
        entries = airflow.request("GET", f"/dags/nightly/dagRuns/{run_of['dag_run_id']}/taskInstances/~/xcomEntries")
        keys = {(entry["task_id"], entry["key"]) for entry in entries["xcom_entries"]}
        assert keys == {("spark_connect.start", "return_value")}


def processes_that_mention(path: Path) -> list[list[str]]:
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            if any(str(path) in argument for argument in process.cmdline()):
                found.append(process.cmdline())
    return found
