"""How many of the planted rings a night finds, in a world large enough to hold many, judged by the truth."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Mapping
from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from demo.machine import this_machine
from demo.oracle import people_behind, read_truth, ring_precision, ring_recall
from demo.processes import PROJECT_ROOT
from demo.session import partners_up
from demo.tour import published
from demo.world import World
from schemas.catalogue import all_datasets
from schemas.customers.identities import IDENTITIES
from schemas.edges.suspected_rings import SUSPECTED_RINGS
from schemas.table import Table, ancestors

PEOPLE = 100_000


def bench_rings(folder: Path, people: int = PEOPLE) -> list[str]:
    """The lines of a table: what it took to find the rings of one night, and how many of them were right."""
    started = time.monotonic()
    with partners_up(folder, "--people", str(people), "--days", "0") as environment:
        day = date.fromisoformat(environment["NIGHTLEDGER_FIRST_BUSINESS_DATE"])
        _build(environment, day)
        lake = Path(environment["NIGHTLEDGER_LAKE"])
        identities = read_published(lake, IDENTITIES, day)
        suspected = read_published(lake, SUSPECTED_RINGS, day)
    truth, customers = folder / "truth", suspected["customer_id"].to_pylist()
    rings, suspects = read_truth(truth, "rings"), people_behind(read_truth(truth, "source_ids"), identities, customers)
    planted = len(set(rings["ring_id"].to_pylist()))
    return [
        f"{people:,} people, {planted} planted rings of {len(rings)} people; {len(customers)} customers suspected, "
        f"in {time.monotonic() - started:.0f} s from the partners to the rings, seed {World.seed}, {this_machine()}",
        "| rings of one night | share | wished |",
        "|---|---|---|",
        f"| recall: ring members who are suspected | {ring_recall(rings, suspects):.3f} | 0.95 |",
        f"| precision: suspected people who are ring members | {ring_precision(rings, suspects):.3f} | 0.9 |",
    ]


def read_published(lake: Path, table: Table, day: date) -> pa.Table:
    """All rows of a partition in a folder of a lake."""
    files = published(lake, table.address, day)
    return pa.concat_tables(pq.read_table(file, columns=list(table.column_names)) for file in files)


def _build(environment: Mapping[str, str], day: date) -> None:
    """Everything that the rings are made from, and no more of the night."""
    needed = {SUSPECTED_RINGS.address, *(dataset.address for dataset in ancestors(SUSPECTED_RINGS))}
    addresses = [dataset.address for dataset in all_datasets() if dataset.address in needed]
    banks = [address for address in addresses if address.startswith("captured/bank_")]
    built = ["captured/banks", *(address for address in addresses if address not in banks)]
    command = [sys.executable, "-m", "jobs.run", "dataset", *built, "--business-date", str(day)]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    subprocess.run(command, cwd=PROJECT_ROOT, env=dict(environment), check=True, **quiet)  # type: ignore[call-overload]
