"""How long the families take in Spark and in hand-written SQL on DuckDB, over the same files of one published night.

    python -m tests.reference.race --business-date 2026-04-01      with the environment of a lake, as for jobs.run

Both read Parquet and keep nothing; start-up, and one family run beforehand, are not counted. That both give the same
values is shown by test_second_opinion.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Mapping
from datetime import date
from importlib import import_module
from pathlib import Path

import duckdb
from pyspark.sql import DataFrame

from jobs.inputs import DataFrames, Resolver, night
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
    totals = [0.0, 0.0]
    say("| family | rows read | Spark s | DuckDB s | Spark over DuckDB |\n|---|---|---|---|---|")
    for warming, family in ((True, FAMILIES[0]), *((False, family) for family in FAMILIES)):
        answer = answer_of(family)
        if answer is None:
            continue
        inputs = resolver.inputs(family, night(business_date))
        frames = DataFrames(lake, session if is_worth_compiling(family, inputs) else small, None)
        built = import_module(f"jobs.features.{family.name}").build(*map(frames.of, inputs), as_of=business_date)
        spark_seconds = timed_in_spark(built, family)
        files = {p.dataset.name: [str(f) for m in p.manifests for f in frames._files(p, m)] for p in inputs}
        duckdb_seconds = timed_in_duckdb(answer, family, files, business_date)
        if not warming:
            totals = [totals[0] + spark_seconds, totals[1] + duckdb_seconds]
            say(row_of(family.name, sum(parent.rows for parent in inputs), spark_seconds, duckdb_seconds))
    say(row_of("all", 0, *totals))
    session.stop()


def answer_of(family: Table) -> Answer | None:
    """The family in SQL; None where nobody wrote it."""
    if not (Path(__file__).parent / f"{family.name}.py").exists():
        return None
    found = import_module(f"tests.reference.{family.name}").ANSWER
    return found if isinstance(found, Answer) else None


def timed_in_spark(built: DataFrame, family: Table) -> float:
    """Seconds until every value of the family was computed."""
    started = time.monotonic()
    built.select(*family.column_names).write.format("noop").mode("overwrite").save()
    return time.monotonic() - started


def timed_in_duckdb(answer: Answer, family: Table, files: Mapping[str, list[str]], as_of: date) -> float:
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
        started = time.monotonic()
        database.execute(f"CREATE TEMP TABLE answer AS {answer.query(family)}")
        return time.monotonic() - started


def row_of(name: str, rows: int, spark_seconds: float, duckdb_seconds: float) -> str:
    """One line of the table."""
    return f"| {name} | {rows:,} | {spark_seconds:.2f} | {duckdb_seconds:.2f} | {spark_seconds / duckdb_seconds:.2f} |"


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m tests.reference.race", description=__doc__)
    parser.add_argument("--business-date", required=True, type=date.fromisoformat)
    race(read_settings(), parser.parse_args().business_date)
