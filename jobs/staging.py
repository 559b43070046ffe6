"""How rows become files with the same bytes every time, whatever the process and the number of cores and partitions.

Rows are spread over a number of files that depends on the inputs alone, by a hash of the first key column, and sorted
by the whole key within a file. Keys are unique, so the order is total. A table that is arranged by a moment is spread
by the whole key, so that every file has a share of every day, and sorted by the moment before the key.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql.types import DataType, StructType

from jobs.arrow_types import unchecked_schema
from jobs.errors import JobBrokenError
from jobs.parquet_files import ROWS_IN_GROUP, StagedFiles
from jobs.spark_types import spark_schema, spark_type
from schemas.table import Dataset, Document, Table

ROWS_IN_FILE = 4_000_000
"""Between 100 and 300 MB of our rows: large enough for a cluster, small enough for one task."""

VALUES_IN_MEMORY = 20_000_000
"""Rows times columns that a build may hold at once: some 200 MB, twice while they are sorted."""

WITHIN_A_BUILD: Mapping[str, str] = {"compression": "snappy", "parquet.enable.dictionary": "false"}
"""How Spark writes what nobody reads after the build it belongs to: small files are not worth their price."""


def columns_of_contract(table: Table, frame: DataFrame, when: str) -> DataFrame:
    """The contract's columns in its order, each with its meaning as comment.

    A job may carry further columns; it need not repeat the contract to drop them. JobBrokenError with every missing
    and mistyped column at once, beside what came instead; nothing is computed for it.
    """
    schema = spark_schema(table)
    if _described(frame.schema) == _described(schema):
        return frame  # as it comes out of here: a wide table's columns are not all named once more
    promised = {column.name: spark_type(column.type).simpleString() for column in table.columns}
    returned = dict(frame.dtypes)
    broken = {name: kind for name, kind in promised.items() if returned.get(name) != kind}
    if broken:
        instead = {name: kind for name, kind in returned.items() if promised.get(name) != kind}
        raise JobBrokenError(f"{table.address} {when}: promised {broken}, returned {instead}")
    return frame.select(*(F.col(f.name).alias(f.name, metadata=f.metadata) for f in schema))


def _described(schema: StructType) -> list[tuple[str, DataType, dict[str, Any]]]:
    """Names, types and comments; Spark knows of an aggregate whether it is null, which a contract need not repeat."""
    return [(field.name, field.dataType, field.metadata) for field in schema.fields]


def write_rows(
    table: Table, frame: DataFrame, folder: Path, *, rows_read: int, rows_at_most: int, when: str
) -> list[Path]:
    """The files of the table in the order of their names, in an empty folder.

    rows_at_most: how many rows there may be. Few are sorted and written here as they come from Spark; many are sorted
    and staged in files by Spark, so that nobody holds them all. The bytes are the same.
    """
    described = columns_of_contract(table, frame, when)
    file_count = max(1, -(-rows_read // ROWS_IN_FILE))
    order = (table.arranged_by, *table.key) if table.arranged_by else table.key
    if file_count == 1 and rows_at_most * len(table.columns) <= VALUES_IN_MEMORY:
        rows = described.toArrow()
        by_key = pc.sort_indices(rows, [(name, "ascending", "at_start") for name in order])  # as Spark sorts nulls
        return _written(table, rows.take(by_key).combine_chunks().to_batches(), folder)
    spread_by = table.key if table.arranged_by else table.key[:1]
    spread = described.repartition(1) if file_count == 1 else described.repartition(file_count, *spread_by)
    spark_folder = folder / "spark"
    spread.sortWithinPartitions(*order).write.mode("error").options(**WITHIN_A_BUILD).parquet(str(spark_folder))
    written = _written(table, _staged_rows(spark_folder), folder)
    shutil.rmtree(spark_folder)
    return written


def written_once(table: Dataset, folder: Path, session: SparkSession, build: Callable[[], DataFrame]) -> DataFrame:
    """The table's rows from a folder of its own; the first who asks has them built and written there."""
    if not isinstance(table, Table):
        raise TypeError(f"{table.address} is not a table")
    place = folder / table.layer / table.name
    if not place.is_dir():
        build().write.mode("error").options(**WITHIN_A_BUILD).parquet(str(place))
    return session.read.schema(spark_schema(table)).parquet(str(place))


def write_document(document: Document, content: Mapping[str, Any], folder: Path) -> list[Path]:
    """The files of the document in the order of its contract; JSON is written with sorted keys."""
    promised, returned = {name for name, _ in document.files}, set(content)
    if promised != returned:
        raise JobBrokenError(f"{document.address}: promised {sorted(promised)}, returned {sorted(returned)}")
    paths = []
    for name, _ in document.files:
        path = folder / name
        value = content[name]
        is_json = name.endswith(".json")
        text = json.dumps(value, sort_keys=True, indent=2, allow_nan=False) + "\n" if is_json else str(value)
        path.write_text(text, encoding="utf-8")
        paths.append(path)
    return paths


def _staged_rows(spark_folder: Path) -> Iterator[pa.RecordBatch]:
    """What Spark wrote, in the order of its partitions."""
    for staged in sorted(spark_folder.glob("part-*.parquet")):
        with pq.ParquetFile(staged, page_checksum_verification=True) as part:
            yield from part.iter_batches(batch_size=ROWS_IN_GROUP)


def _written(table: Table, batches: Iterable[pa.RecordBatch], folder: Path) -> list[Path]:
    """The rows through the writer whose bytes depend on the rows alone."""
    schema = unchecked_schema(table)
    files = StagedFiles(folder, schema)
    for batch in batches:
        files.write(pa.RecordBatch.from_arrays(batch.cast(schema).columns, schema=schema))
    return list(files.close())
