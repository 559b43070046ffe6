"""The shop's drop as files: one folder per table and day, gzip without a clock in it, and a manifest written last."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from pyarrow import csv

from demo.dirt import Flaw, is_missing, never_delivered
from demo.life import Life
from demo.tables import FILE_TABLES, MOMENT, SourceTable
from demo.world import UTC_OFFSET_SECONDS

MANIFEST = "_MANIFEST.json"
_OFFSET_TEXT = f"+{UTC_OFFSET_SECONDS // 3600:02d}:00"


def write_drops(life: Life, folder: Path, days: list[date]) -> Iterator[Path]:
    """Write the drop of each day under `folder`/<table>/dt=<day>/, yielding each finished folder."""
    for day in days:
        for source in FILE_TABLES.values():
            if not is_missing(life.world, source.name, day):
                soiled = life.soiled(source.name, day)
                yield write_drop(source, soiled.rows, folder, day, soiled.broken_lines)


def flaws_of(life: Life, table: str, day: date) -> list[Flaw]:
    """Everything that is wrong with a drop: late rows, soiled rows, or that it never comes."""
    if is_missing(life.world, table, day):
        return [never_delivered(table, day)]
    return life.late_rows(table, day) + life.soiled(table, day).flaws


def write_drop(source: SourceTable, rows: pa.Table, folder: Path, day: date, broken_lines: int = 0) -> Path:
    """Write one table's drop of one day: the data, broken lines at its end, then the manifest that completes it."""
    target = drop_folder(folder, source.name, day)
    part = write_part(target, 0, encode(rows, source.file_format, broken_lines), source.file_format)
    write_manifest(target, source.name, day, [part | {"rows": rows.num_rows + broken_lines}])
    return target


def drop_folder(folder: Path, table: str, day: date) -> Path:
    """Where a table's drop of a day lies."""
    return folder / table / f"dt={day}"


def write_part(target: Path, part: int, content: bytes, extension: str) -> dict[str, Any]:
    """Write one file of a drop; what the manifest says of it, but for its rows."""
    target.mkdir(parents=True, exist_ok=True)
    file = target / f"part-{part:05d}.{extension}"
    file.write_bytes(content)
    return {"name": file.name, "rows": 0, "bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}


def write_manifest(target: Path, table: str, day: date, files: list[dict[str, Any]]) -> None:
    """The manifest of a drop, which makes it complete."""
    manifest = {
        "table": table,
        "dt": day.isoformat(),
        "produced_at": f"{day + timedelta(days=1)}T00:30:00{_OFFSET_TEXT}",
        "files": files,
    }
    (target / MANIFEST).write_text(json.dumps(manifest, indent=2) + "\n", encoding="utf-8")


def encode(rows: pa.Table, file_format: str, broken_lines: int = 0) -> bytes:
    """The rows in one of the drop's formats: parquet, csv.gz with a header, or jsonl.gz.

    broken_lines: so many rows stand a second time at the end of a text, cut in half.
    """
    if file_format == "parquet":
        buffer = io.BytesIO()
        pq.write_table(rows, buffer, compression="zstd", write_page_checksum=True)
        return buffer.getvalue()
    write = _csv if file_format == "csv.gz" else _json_lines
    lines = write(rows.slice(0, broken_lines)).splitlines()[-broken_lines:] if broken_lines else []
    text = write(rows) + b"".join(line[: len(line) // 2].rstrip(b'"') + b"\n" for line in lines)
    return gzip.compress(text, compresslevel=1, mtime=0)


def _csv(rows: pa.Table) -> bytes:
    columns = [_moments_as_text(column) if column.type == MOMENT else column for column in rows.columns]
    buffer = io.BytesIO()
    csv.write_csv(pa.table(columns, rows.column_names), buffer, csv.WriteOptions(quoting_style="needed"))
    return buffer.getvalue()


def _json_lines(rows: pa.Table) -> bytes:
    """One object per line. The drop's JSON tables hold ids, codes and moments, so no text needs an escape."""
    if rows.num_rows == 0:
        return b""
    fragments: list[pa.Array | str] = []
    for position, (name, column) in enumerate(zip(rows.column_names, rows.columns, strict=True)):
        text = _moments_as_text(column) if column.type == MOMENT else column
        quoted = pc.binary_join_element_wise('"', text.cast(pa.string()), '"', "")
        fragments += [f'{", " if position else "{"}"{name}": ', pc.fill_null(quoted, "null")]
    lines = pc.binary_join_element_wise(*fragments, "}\n", "").combine_chunks()
    return b"".join(chunk.buffers()[2].to_pybytes()[: chunk.offset + _text_bytes(chunk)] for chunk in _chunks(lines))


def _chunks(lines: pa.Array | pa.ChunkedArray) -> list[pa.Array]:
    return lines.chunks if isinstance(lines, pa.ChunkedArray) else [lines]


def _text_bytes(lines: pa.Array) -> int:
    return int(pc.sum(pc.binary_length(lines)).as_py())


def _moments_as_text(moments: pa.ChunkedArray) -> pa.ChunkedArray:
    """ISO 8601 in the shop's own zone, such as 2026-04-01T09:30:00+08:00; whole seconds."""
    local = pc.add(moments.cast(pa.int64()), UTC_OFFSET_SECONDS * 1_000_000)
    text = local.cast(pa.timestamp("us")).cast(pa.timestamp("s")).cast(pa.string())
    return pc.binary_join_element_wise(pc.replace_substring(text, " ", "T"), _OFFSET_TEXT, "")
