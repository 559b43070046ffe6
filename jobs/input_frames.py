"""The DataFrames behind resolved inputs: what a job's `build` is handed."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow.parquet as pq
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql.types import StructType

from jobs.arrow_types import arrow_schema
from jobs.inputs import Input
from jobs.lake import Lake
from jobs.manifest import Manifest, Partition
from jobs.spark_types import spark_schema
from schemas.table import Dataset, Document, Table


@dataclass
class DataFrames:
    """Turns resolved inputs into what a job's `build` takes."""

    lake: Lake
    spark: SparkSession
    assemble: Callable[[Input], DataFrame]  # what to do with a day that nobody published

    def of(self, parent: Input) -> DataFrame | Mapping[str, Any]:
        """The parent's rows with the contract's columns, or the document's files: JSON parsed, .txt as text."""
        if isinstance(parent.dataset, Document):
            return self._document(parent)
        if parent.assembled_from:
            return self.assemble(parent)
        return self._table(parent)

    def _table(self, parent: Input) -> DataFrame:
        if not isinstance(parent.dataset, Table):
            raise TypeError(f"{parent.dataset.address} is not a table")
        schema = spark_schema(parent.dataset)
        paths = [str(path) for manifest in parent.manifests for path in self._files(parent, manifest)]
        if not paths:
            return self.spark.createDataFrame([], schema)
        if parent.handed_as:
            schema = as_published(parent.dataset, schema, paths[0])
        return self.spark.read.schema(schema).parquet(*paths)

    def _files(self, parent: Input, manifest: Manifest) -> Sequence[Any]:
        return self.lake.local_files(partition_of(parent.dataset, manifest), manifest)

    def _document(self, parent: Input) -> Mapping[str, Any]:
        content = self._read_files(parent, parent.manifests[0])
        if parent.challengers is not None:
            content["challengers"] = [
                {"kind": kind, "files": self._read_files(parent, manifest)} for kind, manifest in parent.challengers
            ]
        return content

    def _read_files(self, parent: Input, manifest: Manifest) -> dict[str, Any]:
        content: dict[str, Any] = {}
        for entry, path in zip(manifest.files, self._files(parent, manifest), strict=True):
            if entry.name.endswith((".json", ".txt")):
                text = path.read_text(encoding="utf-8")
                content[entry.plain_name] = json.loads(text) if entry.name.endswith(".json") else text
        return content


def as_published(table: Table, schema: StructType, path: str) -> StructType:
    """The columns of the contract that the file has, of the same type: an earlier night may have had another contract.

    Read by the contract, a column that is new since would be null for everybody, which means something else.
    """
    published, promised = pq.read_schema(path), arrow_schema(table)
    there = {field.name for field in promised if published.get_field_index(field.name) >= 0}
    same = {name for name in there if published.field(name).type == promised.field(name).type}
    return StructType([field for field in schema.fields if field.name in same])


def partition_of(dataset: Dataset, manifest: Manifest) -> Partition:
    """The partition that a manifest was read from."""
    is_replay = manifest.known_by != manifest.business_date
    return Partition(dataset.address, manifest.business_date, known_by=manifest.known_by if is_replay else None)
