"""How long the families take in Spark and in hand-written SQL on DuckDB, over the same files of one published night.

    python -m tests.reference.race --business-date 2026-04-01      with the environment of a lake, as for jobs.run

Both read Parquet and keep nothing; start-up, and one family run beforehand, are not counted. That both give the same
values is shown by test_second_opinion. Beside the seconds on the clock stand those of the processors, which a machine
with other work changes less, Spark's jobs, and the bytes it shuffled for each row of the sources.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from importlib import import_module
from pathlib import Path
from typing import NoReturn

import duckdb
import psutil
from pyspark.sql import SparkSession

from demo.machine import this_machine
from jobs.errors import StepMissingError
from jobs.input_frames import DataFrames
from jobs.inputs import Input, Resolver, night
from jobs.lake import Lake
from jobs.road import is_worth_compiling
from jobs.settings import Settings, read_settings
from jobs.spark import open_session, session_for_small_data
from jobs.storage import open_storage
from schemas.families import FAMILIES
from schemas.table import Table
from tests.reference.answer import MACROS, Answer


def race(settings: Settings, business_date: date) -> None:
    """Print a line for each family that has an answer in SQL, and the sum."""
    lake = Lake(open_storage(settings.lake, settings.s3_endpoint), settings.scratch)
    resolver = Resolver(lake, settings)
    session = open_session(
        remote=None, cores=2, memory=settings.spark_memory, shuffle_partitions=settings.shuffle_partitions
    )
    small = session_for_small_data(session)
    lines: list[Line] = []
    say(f"the night of {business_date}, of the people and with the seed of the lake's world; {this_machine()}\n")
    say(
        "| family | rows read | Spark s | DuckDB s | Spark over DuckDB "
        "| processors, Spark s | DuckDB s | Spark over DuckDB | jobs | shuffled bytes a row |"
    )
    say("|---|---|---|---|---|---|---|---|---|---|")
    for warming, family in ((True, FAMILIES[0]), *((False, family) for family in FAMILIES)):
        answer = answer_of(family)
        if answer is None:
            continue
        inputs = resolver.inputs(family, night(business_date))
        frames = DataFrames(lake, session if is_worth_compiling(family, inputs) else small, assembled)
        jobs, shuffled = effort_of(session)
        in_spark = timed_in_spark(family, [frames.of(parent) for parent in inputs], business_date)
        jobs, shuffled = (after - before for after, before in zip(effort_of(session), (jobs, shuffled), strict=True))
        files = {p.dataset.name: [str(f) for m in p.manifests for f in frames._files(p, m)] for p in inputs}
        in_duckdb = timed_in_duckdb(answer, family, files, business_date)
        if not warming:
            rows = sum(parent.rows for parent in inputs)
            lines.append(Line(family.name, rows, in_spark, in_duckdb, jobs, shuffled))
            say(str(lines[-1]))
    say(str(sum_of(lines)))
    session.stop()


def assembled(parent: Input) -> NoReturn:
    """A night's own parents are published; nothing is raced that is not."""
    raise StepMissingError(f"{parent.dataset.address} {parent.dates}: not published")


@dataclass(frozen=True)
class Spent:
    """Seconds on the clock, and of all processors together."""

    clock: float
    processors: float

    def __add__(self, other: Spent) -> Spent:
        """Both together."""
        return Spent(self.clock + other.clock, self.processors + other.processors)


class Stopwatch:
    """Measures this process and those it started, the JVM among them, from its making on."""

    def __init__(self) -> None:
        self._began, self._used = time.monotonic(), processor_seconds()

    def spent(self) -> Spent:
        """What was spent so far."""
        return Spent(time.monotonic() - self._began, processor_seconds() - self._used)


def processor_seconds() -> float:
    """Seconds of processors used by this process and those it started."""
    own = psutil.Process()
    return sum(sum(process.cpu_times()[:2]) for process in (own, *own.children(recursive=True)))


@dataclass(frozen=True)
class Line:
    """What one family cost."""

    name: str
    rows: int
    spark: Spent
    duckdb: Spent
    jobs: int
    shuffled: int

    def __str__(self) -> str:
        """A line of the table."""
        spark, duckdb = self.spark, self.duckdb
        clock = f"{spark.clock:.2f} | {duckdb.clock:.2f} | {spark.clock / duckdb.clock:.2f}"
        processors = f"{spark.processors:.2f} | {duckdb.processors:.2f} | {spark.processors / duckdb.processors:.2f}"
        shuffled = self.shuffled / max(self.rows, 1)
        return f"| {self.name} | {self.rows:,} | {clock} | {processors} | {self.jobs} | {shuffled:.1f} |"


def sum_of(lines: Sequence[Line]) -> Line:
    """All families together; what several read counts as often."""
    return Line(
        "all",
        sum(line.rows for line in lines),
        sum((line.spark for line in lines), Spent(0, 0)),
        sum((line.duckdb for line in lines), Spent(0, 0)),
        sum(line.jobs for line in lines),
        sum(line.shuffled for line in lines),
    )


def effort_of(session: SparkSession) -> tuple[int, int]:
    """Jobs run and bytes shuffled by this Spark so far; only the embedded one can tell."""
    context = session.sparkContext
    executors = context._jsc.sc().statusStore().executorList(True)
    shuffled = sum(executors.apply(number).totalShuffleWrite() for number in range(executors.size()))
    return len(context.statusTracker().getJobIdsForGroup(None)), shuffled


def answer_of(family: Table) -> Answer | None:
    """The family in SQL; None where nobody wrote it."""
    if not (Path(__file__).parent / f"{family.name}.py").exists():
        return None
    found = import_module(f"tests.reference.{family.name}").ANSWER
    return found if isinstance(found, Answer) else None


def timed_in_spark(family: Table, parents: Sequence[object], as_of: date) -> Spent:
    """What was spent until every value of the family was computed, the making of the plan included."""
    build = import_module(f"jobs.features.{family.name}").build
    watch = Stopwatch()
    build(*parents, as_of=as_of).select(*family.column_names).write.format("noop").mode("overwrite").save()
    return watch.spent()


def timed_in_duckdb(answer: Answer, family: Table, files: Mapping[str, list[str]], as_of: date) -> Spent:
    """The same in SQL, by as many threads."""
    with duckdb.connect(config={"threads": 2}) as database:
        database.execute(MACROS)
        database.execute(f"SET VARIABLE as_of = DATE '{as_of}'")
        database.execute("SET TimeZone = 'UTC'")
        for name, paths in files.items():
            listed = ", ".join(f"'{path}'" for path in paths)
            moments = database.execute(f"DESCRIBE SELECT * FROM read_parquet([{listed}])").fetchall()
            plain = ", ".join(
                f"CAST({column} AS TIMESTAMP) AS {column}" if "TIME ZONE" in kind else column
                for column, kind, *_ in moments
            )
            database.execute(f"CREATE VIEW {name} AS SELECT {plain} FROM read_parquet([{listed}])")
        database.execute(answer.views)
        watch = Stopwatch()
        database.execute(f"CREATE TEMP TABLE answer AS {answer.query(family)}")
        return watch.spent()


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m tests.reference.race", description=__doc__)
    parser.add_argument("--business-date", required=True, type=date.fromisoformat)
    race(read_settings(), parser.parse_args().business_date)
