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

from demo.dirt import Flaw, Soiled, is_missing, never_delivered
from demo.life import Life
from demo.tables import BANK_TABLES, FILE_TABLES, MOMENT, SourceTable
from demo.world import UTC_OFFSET_SECONDS

MANIFEST = "_MANIFEST.json"
_OFFSET_TEXT = f"+{UTC_OFFSET_SECONDS // 3600:02d}:00"


def write_drops(life: Life, folder: Path, days: list[date]) -> Iterator[Path]:
    """Write the drop of each day under `folder`/<table>/dt=<day>/, yielding each finished folder."""
    for day in days:
        for source in FILE_TABLES.values():
            if not is_missing(life.world, source.name, day):
                blocks = life.soiled(source.name, day)
                yield _write_blocks(source, blocks, folder, day)


def flaws_of(life: Life, table: str, day: date) -> list[Flaw]:
    """Everything that is wrong with a drop: late rows, soiled rows, or that it never comes."""
    if is_missing(life.world, table, day):
        return [never_delivered(table, day)]
    return life.late_rows(table, day) + [flaw for soiled in life.soiled(table, day) for flaw in soiled.flaws]


def bank_flaws_of(life: Life, day: date) -> list[Flaw]:
    """Everything that is wrong with what the banks wrote that day."""
    return [
        flaw
        for bank in life.world.banks
        for table in BANK_TABLES
        for soiled in life.soiled_slice(bank, table, day)
        for flaw in soiled.flaws
    ]


def all_flaws_of(life: Life, day: date) -> list[Flaw]:
    """Everything that is wrong with a day: of the shop, then of the banks."""
    return [flaw for table in FILE_TABLES for flaw in flaws_of(life, table, day)] + bank_flaws_of(life, day)


def write_drop(source: SourceTable, rows: pa.Table, folder: Path, day: date) -> Path:
    """Write one table's drop of one day without dirt: the data, then the manifest that completes it."""
    return _write_blocks(source, [Soiled(rows, rows.slice(0, 0), [])], folder, day)


def _write_blocks(source: SourceTable, blocks: list[Soiled], folder: Path, day: date) -> Path:
    target = drop_folder(folder, source.name, day)
    part = write_part(target, 0, encode_blocks(blocks, source.file_format), source.file_format)
    write_manifest(target, source.name, day, [part | {"rows": rows_in(blocks)}])
    return target


def rows_in(blocks: list[Soiled]) -> int:
    """How many rows or lines a file of these blocks has."""
    return sum(block.rows.num_rows + block.broken.num_rows for block in blocks)


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


def encode(rows: pa.Table, file_format: str) -> bytes:
    """Rows without dirt in one of the drop's formats."""
    return encode_blocks([Soiled(rows, rows.slice(0, 0), [])], file_format)


def encode_blocks(blocks: list[Soiled], file_format: str) -> bytes:
    """The blocks one after the other in one of the drop's formats: parquet, csv.gz with a header, or jsonl.gz."""
    if file_format == "parquet":
        buffer = io.BytesIO()
        rows = pa.concat_tables([block.rows for block in blocks])
        pq.write_table(rows, buffer, compression="zstd", write_page_checksum=True)
        return buffer.getvalue()
    write = _csv if file_format == "csv.gz" else _json_lines
    texts = [
        write(block.rows, place == 0) + _cut_in_half(write(block.broken, False)) for place, block in enumerate(blocks)
    ]
    return gzip.compress(b"".join(texts), compresslevel=1, mtime=0)


def _cut_in_half(lines: bytes) -> bytes:
    return b"".join(line[: len(line) // 2].rstrip(b'"') + b"\n" for line in lines.splitlines())


def _csv(rows: pa.Table, has_header: bool) -> bytes:
    columns = [_moments_as_text(column) if column.type == MOMENT else column for column in rows.columns]
    buffer = io.BytesIO()
    csv.write_csv(
        pa.table(columns, rows.column_names),
        buffer,
        csv.WriteOptions(include_header=has_header, quoting_style="needed"),
    )
    return buffer.getvalue()


def _json_lines(rows: pa.Table, _has_header: bool) -> bytes:
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
