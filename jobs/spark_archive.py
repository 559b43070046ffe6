"""An archive of Spark's classes: what Java has read and checked once, every later start maps into its memory.

    python -m jobs.spark_archive

A start of Spark reads some twenty thousand classes out of three hundred jars; with the archive it takes half of the
processors' time. `make setup` makes it, once for each build of Java; without it all works as well, and later.
The archive lies in the Python environment that Spark is installed in, and is good on this machine only.
"""

from __future__ import annotations

import argparse
import logging
import os
import secrets
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from jobs.errors import ExitCode
from jobs.java import class_archive, java_program

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

SECONDS_TO_WRITE = 180
logger = logging.getLogger("nightledger")


def make(archive: Path) -> None:
    """Start a Spark server, run what jobs run, and write the classes it has loaded to the file when it ends.

    SparkServerError when it does not start, TimeoutExpired of psutil when it does not end, and OSError when it wrote
    nothing, or half.
    """
    from jobs.settings import read_settings
    from jobs.spark import SILENT_ON_ARCHIVES, open_session
    from jobs.spark_server import TOKEN_VARIABLE, SparkServerError, recorded, start, stop

    unfinished = archive.with_name(f"{archive.name}.{secrets.token_hex(4)}")
    with tempfile.TemporaryDirectory(prefix="nightledger-classes-") as folder:
        options = f"-XX:ArchiveClassesAtExit={shlex.quote(str(unfinished))} {SILENT_ON_ARCHIVES}"
        settings = read_settings(
            {
                "NIGHTLEDGER_LAKE": folder,  # nothing is read from it
                "NIGHTLEDGER_FIRST_BUSINESS_DATE": "2026-03-31",
                "NIGHTLEDGER_SCRATCH": folder,
                "NIGHTLEDGER_SPARK_JAVA_OPTIONS": options,
                "NIGHTLEDGER_SPARK_MEMORY": "1g",
            }
        )
        remote = start(settings)
        try:
            server = recorded(settings)
            if server is None:
                raise SparkServerError("the Spark server was stopped by somebody else")
            os.environ[TOKEN_VARIABLE] = server.token
            for few_rows in (False, True):
                session = open_session(remote=remote, cores=2, memory="1g", shuffle_partitions=2, few_rows=few_rows)
                run_what_jobs_run(session, Path(folder) / f"few-rows-{few_rows}")
                session.stop()
            if process := server.process():
                process.terminate()
                process.wait(SECONDS_TO_WRITE)
            keep(unfinished, archive)
        finally:
            stop(settings)
            unfinished.unlink(missing_ok=True)


def keep(unfinished: Path, archive: Path) -> None:
    """Give the file its name if it is whole, for Java does not survive one that is cut short; OSError if it is not."""
    with unfinished.open("rb") as written:
        os.fsync(written)
    with tempfile.TemporaryDirectory() as folder:  # where a Java that dies leaves its report
        asked = subprocess.run(
            [java_program() or "java", f"-XX:SharedArchiveFile={unfinished}", "-version"],
            cwd=folder,
            capture_output=True,
            check=False,
        )
    if asked.returncode != 0:
        raise OSError(f"Java cannot read {unfinished.name}, which it has just written")
    unfinished.replace(archive)


def run_what_jobs_run(session: SparkSession, folder: Path) -> None:
    """Read and write Parquet, group, rank, join and hand over Arrow: of each kind once, for the classes it loads."""
    from pyspark.sql import Window
    from pyspark.sql import functions as F

    number = F.col("id").cast("int")
    given = session.range(0, 200, 1, 3).select(
        "id",
        (F.col("id") % 7).alias("key"),
        F.concat(F.lit("word "), "id").alias("word"),
        F.timestamp_add("SECOND", number, F.lit("2026-04-01 00:00:00").cast("timestamp")).alias("moment"),
        F.date_add(F.lit(date(2026, 4, 1)), number).alias("day"),
        (F.col("id") / 3).alias("ratio"),
        (F.col("id") % 2 == 0).alias("is_even"),
    )
    given.write.parquet(f"{folder}/given")
    rows = session.read.parquet(f"{folder}/given")
    groups = (
        rows.filter(F.col("day") > date(2026, 4, 5))
        .groupBy("key")
        .agg(
            F.sum("id").alias("sum"),
            F.avg("ratio").alias("mean"),
            F.stddev("ratio").alias("deviation"),
            F.count_distinct("word").alias("words"),
            F.collect_list("word").alias("list"),
            F.min_by("word", "moment").alias("first"),
        )
    )
    by_key = Window.partitionBy("key").orderBy("moment", "id")
    ranked = rows.withColumn("rank", F.row_number().over(by_key)).withColumn(
        "sum_so_far", F.sum("id").over(by_key.rowsBetween(-3, 0))
    )
    joined = ranked.join(groups, "key", "left").sort("key", "id")
    joined.write.parquet(f"{folder}/joined")
    joined.toArrow()
    ranked.join(rows.select("id", F.col("word").alias("other")), "id", "full").join(
        F.broadcast(groups.select("key")), "key", "left_semi"
    ).select(
        F.sha2("word", 256),
        F.when(F.col("is_even"), 1).otherwise(2),
        F.transform(F.array("id", "key"), lambda value: value + 1),
        F.regexp_replace("word", "1", "2"),
        F.explode(F.array("id")),
    ).distinct().toArrow()


def main(arguments: Sequence[str] | None = None) -> int:
    """Make the archive for this Java unless it is there; says in one line why it could not."""
    parser = argparse.ArgumentParser(
        prog="python -m jobs.spark_archive", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stderr)
    logging.getLogger("pyspark").setLevel(logging.ERROR)
    archive = class_archive()
    if archive is None:
        logger.warning("the classes of Spark are not archived: this Java does not say which build it is")
    elif not archive.exists():
        logger.info("archiving the classes of Spark, so that it starts sooner (once, about half a minute)")
        from psutil import TimeoutExpired

        from jobs.spark_server import SparkServerError

        try:
            make(archive)
        except (SparkServerError, TimeoutExpired, OSError) as error:
            logger.warning("the classes of Spark were not archived, so it starts as slowly as before: %s", error)
            return int(ExitCode.TEMPORARY)
    return int(ExitCode.OK)


if __name__ == "__main__":
    sys.exit(main())
