"""A world on files for the race: generated once, captured from its files without servers, cleaned, and kept.

    <folder>/world      what `python -m demo world --parquet` writes, the truth included
    <folder>/captured   <table>/<day>: through the same intake as a night's, so with all the world's dirt
    <folder>/tables     <layer>/<dataset>/<day>: as a night writes them, sorted and in files of the same size

Who is one person is taken from the truth, for to find it out is another contest.
"""

from __future__ import annotations

import json
import multiprocessing
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from importlib import import_module
from pathlib import Path
from typing import Final

import duckdb
from pyspark.sql import DataFrame, SparkSession

from demo.keys import write_keys
from demo.processes import PROJECT_ROOT
from demo.world import World
from jobs.captured.capture import BadSourceError, Delivery
from jobs.captured.conform import delivered_columns
from jobs.captured.intake import Intake
from jobs.captured.parquet_rows import read_parquet
from jobs.captured.tokens import Tokeniser
from jobs.settings import read_keys
from jobs.spark_types import spark_schema
from jobs.staging import write_rows
from schemas.catalogue import all_datasets, dataset_at
from schemas.customers.identities import ALONE, IDENTITIES
from schemas.table import BankTable, Dataset, FileDrop, Table
from tests.reference.copied_world import lay_side_by_side

PROCESSES: Final = 2
NIGHTS: Final = (World.first_business_date, World.first_business_date + timedelta(days=1))
"""The one that goes on has one to go on from."""


@dataclass(frozen=True)
class RacedWorld:
    """The tables of both nights."""

    folder: Path
    people: int
    seed: int

    def files(self, table: Table, night: date) -> list[str]:
        """The Parquet files of a table as of a night, in their order."""
        return [str(path) for path in sorted(self._place(table, night).glob("*.parquet"))]

    def rows(self, session: SparkSession, table: Table, night: date) -> DataFrame:
        """The same as a DataFrame."""
        return session.read.schema(spark_schema(table)).parquet(*self.files(table, night))

    def row_count(self, table: Table, night: date) -> int:
        """How many rows that are."""
        [(count,)] = duckdb.sql(f"SELECT count(*) FROM read_parquet({self.files(table, night)})").fetchall()
        return int(count)

    def _place(self, table: Table, night: date) -> Path:
        return self.folder / "tables" / table.address / str(night)


def copied_world(
    folder: Path, people: int, copies: int, seed: int, session: SparkSession, raced: Sequence[Table]
) -> RacedWorld:
    """The world of a copy's people, made where the folder does not hold it yet, so many times side by side."""
    place = folder / f"{people}-{seed}"
    if copies == 1:
        return made_world(place, people, seed, session, raced)
    world = RacedWorld(folder / f"{people}-{seed}x{copies}", people * copies, seed)
    made, noted = (at / "made.json" for at in (place, world.folder))
    made_world(place, people, seed, session, raced)
    if not noted.exists() or noted.read_bytes() != made.read_bytes():
        shutil.rmtree(world.folder, ignore_errors=True)
        lay_side_by_side(place / "tables", copies, world.folder / "tables")
        shutil.copyfile(made, noted)
    return world


def made_world(folder: Path, people: int, seed: int, session: SparkSession, raced: Sequence[Table]) -> RacedWorld:
    """The world with all that the raced tables are built from, made where the folder does not hold it yet."""
    world, noted, tables = RacedWorld(folder, people, seed), folder / "made.json", _needed(raced)
    wanted = {"people": people, "seed": seed, "tables": [table.address for table in tables]}
    if noted.exists() and json.loads(noted.read_text(encoding="utf-8")) == wanted:
        return world
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    options = ("--people", str(people), "--seed", str(seed), "--days", str(len(NIGHTS) - 1))
    command = [sys.executable, "-m", "demo", "world", *options, "--parquet", "--out", str(folder / "world")]
    subprocess.run(command, cwd=PROJECT_ROOT, check=True, stdout=subprocess.DEVNULL)
    cleaned = [table for table in tables if table is not IDENTITIES]
    _capture(folder, sorted({parent.address for table in cleaned for parent in _captured_under(table)}))
    for night in NIGHTS:
        _write_identities(world, night)
        for table in cleaned:
            _clean(world, session, table, night)
    shutil.rmtree(folder / "world")
    shutil.rmtree(folder / "captured")
    noted.write_text(json.dumps(wanted), encoding="utf-8")
    return world


def _needed(raced: Sequence[Table]) -> list[Table]:
    """What has to be made for them, parents before children; what identities are built from is not among them."""
    needed: set[Dataset] = set()

    def add(parents: Sequence[Dataset]) -> None:
        for parent in parents:
            if parent.layer != "captured":
                needed.add(parent)
                add(() if parent is IDENTITIES else parent.built_from)

    for table in raced:
        add(table.built_from)
    return [table for table in all_datasets() if table in needed and isinstance(table, Table)]


def _captured_under(table: Table) -> Iterator[Table]:
    for parent in table.built_from:
        if isinstance(parent, Table):
            yield from [parent] if parent.layer == "captured" else _captured_under(parent)


def _capture(folder: Path, addresses: Sequence[str]) -> None:
    write_keys(folder / "keys.json", World.banks, fixed="race")
    wanted = [(folder, address, night) for night in NIGHTS for address in addresses]
    with multiprocessing.get_context("spawn").Pool(PROCESSES) as pool:
        pool.starmap(_capture_day, wanted, chunksize=1)


def _capture_day(folder: Path, address: str, night: date) -> None:
    """One table of one day, from the files that its partners would serve; a day that never came has none."""
    table = dataset_at(address)
    if not isinstance(table, Table):
        raise TypeError(f"{address} is not a table")
    delivery = Delivery(table, night)
    place = folder / "captured" / table.name / str(night)
    place.mkdir(parents=True)
    intake = Intake(delivery, Tokeniser(read_keys(folder / "keys.json").pseudonym), place)
    for partner, path in _delivered(folder / "world", table, night):

        def fail(problem: str, cure: str, name: str = path.name) -> BadSourceError:
            return delivery.bad(name, problem, cure)

        for batch in read_parquet(path, partner, delivered_columns(table), fail):
            intake.add(batch)
    intake.finish({}, {})


def _delivered(world: Path, table: Table, night: date) -> Iterator[tuple[str, Path]]:
    if not isinstance(table.source, BankTable | FileDrop):
        raise TypeError(f"{table.address} has no source")
    of_bank = isinstance(table.source, BankTable)
    for partner in World.banks if of_bank else ("shop",):
        folder = world / "bank" / partner if of_bank else world / "drop"
        for path in sorted((folder / table.source.table / f"dt={night}").glob("*.parquet")):
            yield partner, path


def _clean(world: RacedWorld, session: SparkSession, table: Table, night: date) -> None:
    """The table as of a night, by its own job."""

    def parent_rows(parent: Table) -> DataFrame:
        if parent.layer != "captured":
            return world.rows(session, parent, night)
        days = [world.folder / "captured" / parent.name / str(day) for day in NIGHTS if day <= night]
        return session.read.schema(spark_schema(parent)).parquet(*map(str, days))

    parents = [parent_rows(parent) for parent in table.built_from if isinstance(parent, Table)]
    built = import_module(f"jobs.{table.layer}.{table.name}").build(*parents, as_of=night)
    rows = sum(parent.count() for parent in parents)
    place = world._place(table, night)
    place.mkdir(parents=True)
    write_rows(table, built, place, rows_read=rows, rows_at_most=rows, when=str(night))


def _write_identities(world: RacedWorld, night: date) -> None:
    """Every record that partners know on that night, with the person behind it as its customer."""
    place = world._place(IDENTITIES, night)
    place.mkdir(parents=True)
    truth = world.folder / "world" / "truth" / "source_ids"
    told = {
        "source_record_id": "partner || ':' || source_id",
        "customer_id": "md5(person_id::VARCHAR)",
        "matched_by": f"'{ALONE}'",
        "record_since": "valid_from",
        "customer_since_date": "DATE '2026-01-01'",
        "is_shown": "true",
        "has_bridge": "false",
    }
    kinds = {"string": "VARCHAR", "double": "DOUBLE"}
    columns = ", ".join(
        f"{told.get(c.name, f'NULL::{kinds.get(c.type, c.type)}')} AS {c.name}" for c in IDENTITIES.columns
    )
    duckdb.sql(
        f"COPY (SELECT {columns} FROM read_parquet('{truth}/*.parquet')"
        f" WHERE valid_from < TIMESTAMPTZ '{night + timedelta(days=1)} 00:00:00+08' ORDER BY source_record_id)"
        f" TO '{place}/part-00000.parquet' (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE 122880)"
    )
