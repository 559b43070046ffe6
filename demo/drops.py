"""The shop's drop as files: one folder per table and day, gzip without a clock in it, and a manifest written last."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from pyarrow import csv

from demo.dirt import is_missing
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


def write_drop(source: SourceTable, rows: pa.Table, folder: Path, day: date, broken_lines: int = 0) -> Path:
    """Write one table's drop of one day: the data, broken lines at its end, then the manifest that makes it complete."""
    target = folder / source.name / f"dt={day}"
    target.mkdir(parents=True, exist_ok=True)
    content = encode(rows, source.file_format, broken_lines)
    part = target / f"part-00000.{source.file_format}"
    part.write_bytes(content)
    manifest = {
        "table": source.name,
        "dt": day.isoformat(),
        "produced_at": f"{day + timedelta(days=1)}T00:30:00{_OFFSET_TEXT}",
        "files": [
            {
                "name": part.name,
                "rows": rows.num_rows + broken_lines,
                "bytes": len(content),
                "sha256": hashlib.sha256(content).hexdigest(),
            }
        ],
    }
    (target / MANIFEST).write_text(json.dumps(manifest, indent=2) + "\n", encoding="utf-8")
    return target


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
