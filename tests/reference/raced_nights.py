"""What a night costs that goes on from the night before, over the same night computed from all rows; both in Spark."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from importlib import import_module
from pathlib import Path

import duckdb
from pyspark.sql import DataFrame, SparkSession

from jobs.spark_types import spark_schema
from schemas.families import FAMILIES
from schemas.table import Table
from tests.reference.raced_world import NIGHTS, RacedWorld
from tests.reference.spent import Spent, Stopwatch

WISHED_OF_WINDOWS = 0.1
WISHED_OF_LAYER = 0.25
HEAD = (
    "| family, the night after | from all rows, s | going on, s | going on over all | processors, all, s | going on, s "
    f"| going on over all (wished: at most {WISHED_OF_WINDOWS}) | customers, equal bit by bit |",
    "|---|---|---|---|---|---|---|---|",
)


class UnequalNightError(RuntimeError):
    """A night that goes on from the one before came to other values."""


@dataclass(frozen=True)
class NightAfter:
    """One family, built both ways."""

    family: str
    in_full: Spent
    going_on: Spent
    customers: int

    def __str__(self) -> str:
        """A line of the table."""
        full, on = self.in_full, self.going_on
        clock = f"{full.clock:.2f} | {on.clock:.2f} | {on.clock / full.clock:.2f}"
        processors = f"{full.processors:.2f} | {on.processors:.2f} | {on.processors / full.processors:.2f}"
        return f"| {self.family} | {clock} | {processors} | {self.customers:,} |"


def nights_after(world: RacedWorld, session: SparkSession) -> list[NightAfter]:
    """A line for each family that can go on; UnequalNightError where the ways differ."""
    return [_night_after(world, session, family) for family in FAMILIES if family.goes_on_from_previous_night]


def _night_after(world: RacedWorld, session: SparkSession, family: Table) -> NightAfter:
    folder = world.folder / "nights"
    shutil.rmtree(folder, ignore_errors=True)
    night_before, night = NIGHTS
    _built(world, session, family, night_before, folder / "before")
    before = {"previous": session.read.schema(spark_schema(family)).parquet(str(folder / "before"))}
    for parent in family.also_previous:
        if isinstance(parent, Table):
            before[f"previous_{parent.name}"] = world.rows(session, parent, night_before)
    in_full = _built(world, session, family, night, folder / "full")
    going_on = _built(world, session, family, night, folder / "on", **before)
    full, on = (f"SELECT * FROM read_parquet('{folder / way}/*.parquet')" for way in ("full", "on"))
    [(customers, other)] = duckdb.sql(
        f"SELECT (SELECT count(*) FROM ({full})),"
        f" (SELECT count(*) FROM (({full} EXCEPT ALL {on}) UNION ALL ({on} EXCEPT ALL {full})))"
    ).fetchall()
    if other:
        raise UnequalNightError(f"{family.address} {night}: {other:,} rows differ")
    return NightAfter(family.name, in_full, going_on, int(customers))


def _built(
    world: RacedWorld, session: SparkSession, family: Table, night: date, out: Path, **before: DataFrame
) -> Spent:
    parents = [world.rows(session, parent, night) for parent in family.built_from if isinstance(parent, Table)]
    build = import_module(f"jobs.features.{family.name}").build
    watch = Stopwatch()
    build(*parents, as_of=night, **before).select(*family.column_names).write.parquet(str(out))
    return watch.spent()


def told_of_layer(all_families: Spent, nights: Sequence[NightAfter]) -> str:
    """All raced families with those that can going on, over all of them from all rows, in seconds of processors."""
    saved = sum(night.in_full.processors - night.going_on.processors for night in nights)
    ratio = (all_families.processors - saved) / all_families.processors
    told = "all families, those that can going on, over all from all rows"
    return f"{told}: {ratio:.2f} (wished: at most {WISHED_OF_LAYER})"
