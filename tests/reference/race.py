"""How long the families take in Spark and in hand-written SQL on DuckDB, over the same files of a generated world.

    python -m tests.reference.race --people 100000 --folder .demo/race        the world is made once, and kept
    python -m tests.reference.race --people 100000 1000000 --copies-of 50000  worlds of so many people side by side

Both read Parquet and write Parquet, with two threads each; start-up, and one family run beforehand, are not counted.
What they wrote is compared value by value: whole numbers exactly, doubles to 1e-9. Beside the seconds on the clock
stand those of the processors, which a machine with other work changes less, Spark's jobs, and the bytes it shuffled
for each row of the sources. Then the night after is built twice in Spark, from all rows and from the night before.
"""

from __future__ import annotations

import argparse
import math
import shutil
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from importlib import import_module
from pathlib import Path

import duckdb
from pyspark.sql import DataFrame, SparkSession

from demo.machine import this_machine
from demo.world import World
from jobs.spark import another_session, open_session
from jobs.spark_sessions import is_worth_compiling
from schemas.families import FAMILIES
from schemas.table import Table
from tests.reference.answer import MACROS, Answer
from tests.reference.raced_nights import HEAD, nights_after, told_of_layer
from tests.reference.raced_world import NIGHTS, RacedWorld, copied_world
from tests.reference.spent import Spent, Stopwatch

CORES = 2
WISHED_RATIO = 2.0
WISHED_EXPONENT = 1.0
SPARK_MEMORY = "6g"
IN_DUCKDB = {"threads": CORES, "memory_limit": "9GB"}
"""Left alone, DuckDB takes four fifths of the machine, of which Spark has its share already."""


class UnequalError(RuntimeError):
    """The two sides do not give the same values: then no figure is worth anything."""


def race(folder: Path, sizes: Sequence[int], seed: int, copies_of: int | None = None) -> None:
    """Print a table for each size of world, and how the seconds grow from the first to the last.

    copies_of: people of the one world that is generated; by default every world is.
    """
    duckdb.execute("SET memory_limit = '4GB'")  # of the comparisons, between the races
    session = open_session(remote=None, cores=CORES, memory=SPARK_MEMORY, shuffle_partitions=4)
    whole = [_race_of(folder, people, copies_of or people, seed, session) for people in sizes]
    session.stop()
    if len(sizes) > 1:
        factor = math.log(sizes[-1] / sizes[0])
        clock, processors = (
            math.log(getattr(whole[-1].spark, kind) / getattr(whole[0].spark, kind)) / factor
            for kind in ("clock", "processors")
        )
        say(
            f"\nall families in Spark from {sizes[0]:,} to {sizes[-1]:,} people: seconds grow with exponent "
            f"{clock:.2f}, those of processors with {processors:.2f} (wished: at most {WISHED_EXPONENT})"
        )


def _race_of(folder: Path, people: int, copies_of: int, seed: int, session: SparkSession) -> Line:
    answers = {family: answer for family in FAMILIES if (answer := answer_of(family))}
    world = copied_world(folder, copies_of, people // copies_of, seed, session, list(answers))
    say("\n".join(("", *head_of(world.people, seed))))
    first, answer = next(iter(answers.items()))
    _line(world, session, first, answer)  # warms both up
    lines = []
    for family, answer in answers.items():
        lines.append(_line(world, session, family, answer))
        say(str(lines[-1]))
    whole = sum_of(lines)
    say(str(whole))
    nights = nights_after(world, session)
    say("\n".join(("", *HEAD, *map(str, nights), told_of_layer(whole.spark, nights))))
    return whole


def head_of(people: int, seed: int) -> list[str]:
    """What is raced on, and the head of the table."""
    return [
        f"{people:,} people, seed {seed}, {NIGHTS[0]}; {CORES} threads each, {this_machine()}",
        f"| family | rows read | Spark s | DuckDB s | Spark over DuckDB (wished: at most {WISHED_RATIO}) "
        "| processors, Spark s | DuckDB s | Spark over DuckDB | jobs | shuffled bytes a row | equal values |",
        "|---|---|---|---|---|---|---|---|---|---|---|",
    ]


def _line(world: RacedWorld, session: SparkSession, family: Table, answer: Answer) -> Line:
    parents = [parent for parent in family.built_from if isinstance(parent, Table)]
    counts = [world.row_count(parent, NIGHTS[0]) for parent in parents]
    chosen = session
    if not is_worth_compiling(family, max(counts)):
        chosen = another_session(session, shuffle_partitions=1, few_rows=True)
    frames = [world.rows(chosen, parent, NIGHTS[0]) for parent in parents]
    files = {parent.name: world.files(parent, NIGHTS[0]) for parent in parents}
    written = world.folder / "answers"
    shutil.rmtree(written, ignore_errors=True)
    written.mkdir()
    before = effort_of(session)
    in_spark = timed_in_spark(family, frames, NIGHTS[0], written / "spark")
    jobs, shuffled = (after - earlier for after, earlier in zip(effort_of(session), before, strict=True))
    in_duckdb = timed_in_duckdb(answer, family, files, NIGHTS[0], written / "duckdb.parquet")
    equal = equal_values(written, family, answer.columns(family))
    return Line(family.name, sum(counts), in_spark, in_duckdb, jobs, shuffled, equal)


@dataclass(frozen=True)
class Line:
    """What one family cost."""

    name: str
    rows: int
    spark: Spent
    duckdb: Spent
    jobs: int
    shuffled: int
    equal: int

    def __str__(self) -> str:
        """A line of the table."""
        spark, duckdb = self.spark, self.duckdb
        clock = f"{spark.clock:.2f} | {duckdb.clock:.2f} | {spark.clock / duckdb.clock:.2f}"
        processors = f"{spark.processors:.2f} | {duckdb.processors:.2f} | {spark.processors / duckdb.processors:.2f}"
        shuffled = self.shuffled / max(self.rows, 1)
        return (
            f"| {self.name} | {self.rows:,} | {clock} | {processors} | {self.jobs} | {shuffled:.1f} | {self.equal:,} |"
        )


def sum_of(lines: Sequence[Line]) -> Line:
    """All families together; what several read counts as often."""
    return Line(
        "all",
        sum(line.rows for line in lines),
        sum((line.spark for line in lines), Spent(0, 0)),
        sum((line.duckdb for line in lines), Spent(0, 0)),
        sum(line.jobs for line in lines),
        sum(line.shuffled for line in lines),
        sum(line.equal for line in lines),
    )


def effort_of(session: SparkSession) -> tuple[int, int]:
    """Jobs run and bytes shuffled by this Spark so far; only the embedded one can tell."""
    context = session.sparkContext
    executors = context._jsc.sc().statusStore().executorList(True)
    shuffled = sum(executors.apply(number).totalShuffleWrite() for number in range(executors.size()))
    return len(context.statusTracker().getJobIdsForGroup(None)), shuffled


def answer_of(family: Table) -> Answer | None:
    """The family in SQL; None where nobody wrote it, or only what its model reads."""
    if not (Path(__file__).parent / f"{family.name}.py").exists():
        return None
    found = getattr(import_module(f"tests.reference.{family.name}"), "ANSWER", None)
    return found if isinstance(found, Answer) else None


def timed_in_spark(family: Table, parents: Sequence[DataFrame], as_of: date, out: Path) -> Spent:
    """What was spent until every value of the family was written, the making of the plan included."""
    build: Callable[..., DataFrame] = import_module(f"jobs.features.{family.name}").build
    watch = Stopwatch()
    build(*parents, as_of=as_of).select(*family.column_names).write.parquet(str(out))
    return watch.spent()


def timed_in_duckdb(answer: Answer, family: Table, files: Mapping[str, list[str]], as_of: date, out: Path) -> Spent:
    """The same in SQL, by as many threads."""
    with duckdb.connect(config={**IN_DUCKDB, "temp_directory": str(out.parent)}) as database:
        database.execute(MACROS)
        database.execute(f"SET VARIABLE as_of = DATE '{as_of}'")
        database.execute("SET TimeZone = 'UTC'")
        for name, paths in files.items():
            moments = database.execute(f"DESCRIBE SELECT * FROM read_parquet({paths})").fetchall()
            plain = ", ".join(
                f"CAST({column} AS TIMESTAMP) AS {column}" if "TIME ZONE" in kind else column
                for column, kind, *_ in moments
            )
            database.execute(f"CREATE VIEW {name} AS SELECT {plain} FROM read_parquet({paths})")
        database.execute(answer.views)
        watch = Stopwatch()
        database.execute(f"COPY ({answer.query(family)}) TO '{out}' (FORMAT parquet, COMPRESSION zstd)")
        return watch.spent()


def equal_values(written: Path, family: Table, columns: Sequence[str]) -> int:
    """How many values both sides wrote; UnequalError with every column in which they differ."""

    def differs(name: str) -> str:
        if family.column(name).type != "double":
            return f"s.{name} IS DISTINCT FROM d.{name}"
        near = f"abs(s.{name} - d.{name}) <= 1e-9 * greatest(1, abs(d.{name}))"
        return f"NOT coalesce({near}, s.{name} IS NULL AND d.{name} IS NULL)"

    counted = ", ".join(f"count(*) FILTER ({differs(name)})" for name in columns)
    [(rows, *differences)] = duckdb.sql(
        f"SELECT count(*), {counted} FROM read_parquet('{written}/spark/*.parquet') s"
        f" FULL JOIN read_parquet('{written}/duckdb.parquet') d USING (customer_id)"
    ).fetchall()
    wrong = {name: count for name, count in zip(columns, differences, strict=True) if count}
    if wrong:
        raise UnequalError(f"{family.address}: of {rows:,} customers so many have other values: {wrong}")
    return int(rows * len(columns))


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def main() -> None:
    """Read the command line and race."""
    parser = argparse.ArgumentParser(prog="python -m tests.reference.race", description=__doc__)
    parser.add_argument("--people", type=int, nargs="+", default=[World.people], help="inhabitants, smallest first")
    parser.add_argument("--seed", type=int, default=World.seed)
    parser.add_argument("--folder", type=Path, default=Path(".demo/race"), help="where the worlds are kept")
    parser.add_argument("--copies-of", type=int, help="people of the one world to generate, laid beside itself")
    options = parser.parse_args()
    uneven = [people for people in options.people if people % (options.copies_of or people)]
    if uneven:
        parser.error(f"--copies-of {options.copies_of:,}: {uneven[0]:,} people are no whole number of copies of it")
    race(options.folder.absolute(), options.people, options.seed, options.copies_of)


if __name__ == "__main__":
    main()
