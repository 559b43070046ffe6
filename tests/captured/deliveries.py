"""Files as the shop delivers them, given by the cells that matter; the rest is filled from the contract."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from jobs.arrow_types import arrow_type
from jobs.captured.capture import Capture
from jobs.captured.conform import delivered_columns
from jobs.captured.file_drop import capture_file_drop
from jobs.settings import Settings
from schemas.table import Column, FileDrop, Table

DAY = date(2026, 4, 1)
VALUES: Mapping[str, Any] = {
    "string": "x",
    "int": 1,
    "bigint": 100,
    "double": 0.5,
    "boolean": True,
    "date": "2026-04-01",
    "timestamp": "2026-04-01T09:30:00+08:00",
}

Row = Mapping[str, Any]


def filled(table: Table, row: Row) -> dict[str, Any]:
    """Every column of the source; what is not given is null where it may be."""
    columns = delivered_columns(table)
    unknown = set(row) - {column.name_in_source for column in columns}
    assert not unknown, unknown
    return {column.name_in_source: row.get(column.name_in_source, _usual(column)) for column in columns}


def as_csv(table: Table, rows: Iterable[Row]) -> bytes:
    """CSV as an honest partner writes it; cells are texts, or values of the contract's type."""
    names = [column.name_in_source for column in delivered_columns(table)]
    lines = [",".join(names), *(",".join(_csv_cell(filled(table, row)[name]) for name in names) for row in rows)]
    return "".join(line + "\n" for line in lines).encode()


def as_json_lines(table: Table, rows: Iterable[Row]) -> bytes:
    return "".join(json.dumps(filled(table, row), ensure_ascii=False) + "\n" for row in rows).encode()


def as_parquet(table: Table, rows: Sequence[Row], types: Mapping[str, pa.DataType] | None = None) -> bytes:
    complete = [filled(table, row) for row in rows]
    arrays = {}
    for column in delivered_columns(table):
        name = column.name_in_source
        cells = [_parquet_cell(column, row[name]) for row in complete]
        arrays[name] = pa.array(cells, (types or {}).get(name, arrow_type(column.type)))
    return parquet_bytes(pa.table(arrays))


def parquet_bytes(rows: pa.Table, **options: Any) -> bytes:
    buffer = io.BytesIO()
    pq.write_table(rows, buffer, **options)
    return buffer.getvalue()


def gzipped(content: bytes) -> bytes:
    return gzip.compress(content, compresslevel=1, mtime=0)


@dataclass(frozen=True)
class Shop:
    """The partner's side of the drop, under a prefix of its own, and our settings to read it."""

    client: Any
    bucket: str
    prefix: str
    settings: Settings
    staging: Path

    def deliver(
        self, table: Table, files: Mapping[str, bytes], rows: Mapping[str, int] | int, /, day: date = DAY, **lies: Any
    ) -> None:
        """Publish files with a manifest; `lies` replace fields of the manifest, or with name= fields of its files."""
        for name, content in files.items():
            self.put(table, name, content, day)
        entries = [
            {
                "name": name,
                "rows": rows if isinstance(rows, int) else rows[name],
                "bytes": len(content),
                "sha256": hashlib.sha256(content).hexdigest(),
            }
            for name, content in files.items()
        ]
        source = table.source
        assert isinstance(source, FileDrop)
        manifest = {"table": source.table, "dt": day.isoformat(), "produced_at": f"{day}T23:59:59+08:00"}
        self.put(table, "_MANIFEST.json", json.dumps({**manifest, "files": entries, **lies}).encode(), day)

    def put(self, table: Table, name: str, content: bytes, day: date = DAY) -> None:
        source = table.source
        assert isinstance(source, FileDrop)
        key = f"{self.prefix}/{source.table}/dt={day}/{name}"
        self.client.put_object(Bucket=self.bucket, Key=key, Body=content)

    def capture(self, table: Table, day: date = DAY, settings: Settings | None = None) -> Capture:
        return capture_file_drop(table, day, settings or self.settings, self.staging)

    def with_endpoint(self, endpoint: str) -> Settings:
        return replace(self.settings, s3_endpoint=endpoint)


def staged(capture: Capture) -> list[dict[str, Any]]:
    """All staged rows in their order, verified page by page."""
    return [row for path in capture.files for row in pq.read_table(path, page_checksum_verification=True).to_pylist()]


def column(capture: Capture, name: str) -> list[Any]:
    return [row[name] for row in staged(capture)]


def refusals(capture: Capture) -> list[tuple[str, int, str | None, str]]:
    """File, line, column and reason of every quarantined row."""
    return [(row["file"], row["line"], row["column"], row["reason"]) for row in capture.quarantine.to_pylist()]


def _usual(column: Column) -> Any:
    if column.is_nullable:
        return None
    return column.allowed[0] if column.allowed else VALUES[column.type]


def _csv_cell(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value)


def _parquet_cell(column: Column, value: Any) -> Any:
    if isinstance(value, str) and column.type == "timestamp":
        return datetime.fromisoformat(value)
    return date.fromisoformat(value) if isinstance(value, str) and column.type == "date" else value
