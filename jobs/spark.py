"""The one place where a Spark session is opened: embedded, or on a Spark Connect server."""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Mapping
from pathlib import Path

from pyspark.sql import SparkSession

from jobs.java import class_archive, java_home
from jobs.java_names import remember_java_names

SESSION_OPTIONS: Mapping[str, str] = {
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.ansi.enabled": "true",
    "spark.sql.parquet.outputTimestampType": "TIMESTAMP_MICROS",  # the default INT96 has no min and max
    "spark.sql.parquet.compression.codec": "zstd",
    "spark.sql.parquet.mergeSchema": "false",
    "spark.sql.adaptive.enabled": "true",
}
"""What results depend on; set on every session, wherever it runs."""

JAVA_OPTIONS = "-XX:-DontCompileHugeMethods"
"""By default HotSpot interprets every method of more than 8 000 bytes, for ever, and Spark generates larger ones.

A scorecard of twelve features makes 8 819, the families of behaviour as many. Telling Spark to stay below instead
(`spark.sql.codegen.hugeMethodLimit`) makes it give up whole stages: good for a scorecard, and bad for the families.
"""

ROWS_IN_ROW_GROUP = 122_880
"""DuckDB's unit of work: a point look-up then reads one small group."""

SERVER_OPTIONS: Mapping[str, str] = {
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.hadoop.parquet.page.verify-checksum.enabled": "true",  # a flipped bit is an error, not another number
    "spark.hadoop.parquet.page.write-checksum.enabled": "true",
    "spark.hadoop.parquet.filter.dictionary.enabled": "false",  # a table of all moments in a row group, to compare one
    "spark.hadoop.parquet.block.row.count.limit": str(ROWS_IN_ROW_GROUP),
    "spark.driver.maxResultSize": "0",  # what is collected is bounded by rows, such as NIGHTLEDGER_EDGES_IN_MEMORY
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.driver.host": "127.0.0.1",
    "spark.sql.sources.commitProtocolClass": (
        "org.apache.spark.sql.execution.datasources.SQLHadoopMapReduceCommitProtocol"
    ),
    "spark.hadoop.mapreduce.fileoutputcommitter.marksuccessfuljobs": "false",
    "spark.sql.warehouse.dir": "/nonexistent/nightledger-keeps-no-tables",
    "spark.sql.codegen.cache.maxEntries": "4000",  # a training compiles some hundred at a time; by default 100 are kept
    "spark.buffer.pageSize": "4m",  # a sort or a hash of ten rows takes one, too; by default 64m, emptied and collected
    "spark.python.sql.dataFrameDebugging.enabled": "false",  # several calls of Java for each column named in Python
}
"""What can only be set when the JVM starts."""


FOR_SMALL_DATA: Mapping[str, str] = {
    "spark.sql.codegen.wholeStage": "false",
    "spark.sql.codegen.factoryMode": "NO_CODEGEN",
    "spark.sql.adaptive.enabled": "false",
    "spark.sql.subexpressionElimination.enabled": "false",  # interpreted, its table costs more than computing twice
}
"""Compiling a plan costs seconds whatever there is to read; for few rows that is more than it gains.

For many it is not: the families a model reads take, for one date of 20 000 people, 31 s compiled and 65 s interpreted.
No result depends on it. See `spark_sessions.ROWS_WORTH_COMPILING`.
"""

NO_CONFIGURATION = "/nonexistent/nightledger-configures-spark-in-python"
"""Spark puts its folder of configuration among the classes, and Java archives none where a folder holds files."""

LOGGING = Path(__file__).parent / "spark_logging.properties"
"""What Spark says, unless SPARK_CONF_DIR names a folder, where it then looks for log4j2.properties."""

SILENT_ON_ARCHIVES = "-Xlog:cds=off -Xlog:cds+dynamic=off"
"""Java passes over an archive that does not fit, of other jars or in another place than it was made, without a word."""


def prepare_environment() -> None:
    """What a Spark JVM that is started from this process reads from its environment."""
    os.environ["PYSPARK_PYTHON"] = sys.executable  # workers must find the same libraries
    os.environ.setdefault("SPARK_CONF_DIR", NO_CONFIGURATION)
    os.environ.setdefault("SPARK_LOCAL_IP", "127.0.0.1")
    if home := java_home():
        os.environ["JAVA_HOME"] = home


def open_session(
    *,
    remote: str | None,
    cores: int,
    memory: str,
    shuffle_partitions: int,
    few_rows: bool = False,
    java_options: str = "",
    temporary_folder: Path | None = None,
) -> SparkSession:
    """A session with our options.

    remote: the address of a Spark Connect server such as sc://127.0.0.1:15002; without one Spark runs in this process.
    few_rows: with the options for small data. They, shuffle_partitions and java_options change the speed and, by
    design, never a byte of the result.
    temporary_folder: where a Spark of this process keeps what it shuffles; by default where the machine keeps such.
    """
    prepare_environment()
    if remote:
        session = SparkSession.builder.remote(remote).getOrCreate()
    else:
        builder = SparkSession.builder.master(f"local[{cores}]").appName("nightledger")
        of_the_machine = {"spark.driver.memory": memory, **options_of_driver(java_options, temporary_folder)}
        for name, value in {**SERVER_OPTIONS, **of_the_machine}.items():
            builder = builder.config(name, value)
        session = builder.getOrCreate()
        session.sparkContext.setLogLevel("ERROR")  # the gateway of PySpark has just set it to WARN
        remember_java_names(session.sparkContext._jvm)
    set_options(session, session_options(few_rows=few_rows, shuffle_partitions=shuffle_partitions))
    return session


def another_session(session: SparkSession, *, shuffle_partitions: int, few_rows: bool) -> SparkSession:
    """A second session on the same Spark, with options of its own; on a server its rows meet no others in a join."""
    other = session.newSession()
    set_options(other, session_options(few_rows=few_rows, shuffle_partitions=shuffle_partitions))
    return other


def session_options(*, few_rows: bool, shuffle_partitions: int) -> Mapping[str, str]:
    """What is set on a session.

    shuffle_partitions: a task costs milliseconds whatever there is to do, and of few rows two datasets are built at
    the same time.
    """
    partitions = {"spark.sql.shuffle.partitions": str(shuffle_partitions)}
    return {**SESSION_OPTIONS, **partitions, **(FOR_SMALL_DATA if few_rows else {})}


def options_of_driver(java_options: str, temporary_folder: Path | None) -> dict[str, str]:
    """How the Java of a driver starts: with an installation's options after ours, so that what it says counts."""
    ours, besides = JAVA_OPTIONS, {}
    if os.environ.get("SPARK_CONF_DIR", NO_CONFIGURATION) == NO_CONFIGURATION:
        ours += f" -Dlog4j2.configurationFile={shlex.quote(LOGGING.as_uri())}"
    if (archive := class_archive()) is not None and archive.exists():
        ours += f" -XX:SharedArchiveFile={shlex.quote(str(archive))} {SILENT_ON_ARCHIVES}"
    if temporary_folder is not None:
        ours += f" -Djava.io.tmpdir={shlex.quote(str(temporary_folder))}"
        besides = {"spark.local.dir": str(temporary_folder)}
    return {"spark.driver.extraJavaOptions": f"{ours} {java_options}".strip(), **besides}


def set_options(session: SparkSession, options: Mapping[str, str]) -> None:
    """Set every option on the session."""
    for name, value in options.items():
        session.conf.set(name, value)
