"""Worlds too large for one process: lived part by part in two processes, and written straight to files.

A part is a fixed number of districts, so the files are the same whatever the number of processes and whichever part is
lived first. Under the folder lie drop/ (the shop's deliveries), bank/<bank>/<table>/dt=<day>/ (what each bank wrote,
for COPY) and truth/.
"""

from __future__ import annotations

import multiprocessing
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

import pyarrow as pa

from demo.dirt import Flaw, is_missing, never_delivered
from demo.drops import drop_folder, encode_blocks, rows_in, write_manifest, write_part
from demo.life import Life, live_part, part_count
from demo.tables import BANK_TABLES, FILE_TABLES
from demo.truth import write_truth
from demo.world import World

PROCESSES = 2


@dataclass(frozen=True)
class Written:
    """What one part wrote: its rows (those of the truth not counted), and the lines of the shop's manifests."""

    part: int
    rows: int
    manifest_lines: dict[tuple[str, date], dict[str, Any]]


def write_world(
    world: World, days: list[date], out: Path, *, processes: int = PROCESSES, all_parquet: bool = False
) -> int:
    """Write these days of the world, and the truth; the number of source rows.

    all_parquet: every table of the shop as Parquet, and no longer as its contract says.
    """
    write = partial(_write_part, world, days, out, all_parquet)
    parts: Iterable[int] = range(part_count(world))
    if processes <= 1 or part_count(world) == 1:
        written = [write(part) for part in parts]
    else:
        # A fresh interpreter for each process: Arrow's threads do not survive a fork.
        with multiprocessing.get_context("spawn").Pool(processes, maxtasksperchild=8) as pool:
            written = sorted(pool.imap_unordered(write, parts), key=lambda done: done.part)
    for day in days:
        for table in FILE_TABLES:
            lines = [done.manifest_lines[table, day] for done in written if (table, day) in done.manifest_lines]
            if lines:
                write_manifest(drop_folder(out / "drop", table, day), table, day, lines)
    return sum(done.rows for done in written)


def _write_part(world: World, days: list[date], out: Path, all_parquet: bool, part: int) -> Written:
    # Two processes share the machine; more threads would only take turns.
    pa.set_cpu_count(1)
    life = live_part(world, max(days), part)
    rows, flaws, lines = 0, list[Flaw](), {}
    for day in days:
        for table in FILE_TABLES:
            if is_missing(world, table, day):
                flaws += [never_delivered(table, day)] if part == 0 else []
                continue
            lines[table, day], found = _write_drop(life, out / "drop", table, day, all_parquet)
            flaws += found
        count, found = _write_banks(life, out / "bank", day)
        rows, flaws = rows + count, flaws + found
    write_truth(life, out / "truth", flaws)
    return Written(part, rows + sum(line["rows"] for line in lines.values()), lines)


def _write_drop(
    life: Life, folder: Path, table: str, day: date, all_parquet: bool
) -> tuple[dict[str, Any], list[Flaw]]:
    file_format = "parquet" if all_parquet else FILE_TABLES[table].file_format
    blocks = life.soiled(table, day, file_format)
    line = write_part(drop_folder(folder, table, day), life.part, encode_blocks(blocks, file_format), file_format)
    flaws = [flaw for block in blocks for flaw in block.flaws]
    return line | {"rows": rows_in(blocks)}, life.late_rows(table, day) + flaws


def _write_banks(life: Life, folder: Path, day: date) -> tuple[int, list[Flaw]]:
    count, flaws = 0, list[Flaw]()
    for bank in life.world.banks:
        for table in BANK_TABLES:
            blocks = life.soiled_slice(bank, table, day)
            write_part(drop_folder(folder / bank, table, day), life.part, encode_blocks(blocks, "parquet"), "parquet")
            count += rows_in(blocks)
            flaws += [flaw for block in blocks for flaw in block.flaws]
    return count, flaws
