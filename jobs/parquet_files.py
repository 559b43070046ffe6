"""The one writer of our Parquet files: the same rows in the same order give the same bytes, however they arrive.

Spark's own writer does not promise that: the footer lists a column's encodings in the order of a hash set, which
differs between two JVMs. So Spark computes, and its rows are written here, from memory or from files it has staged.
"""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

ROWS_IN_GROUP = 122_880
ROWS_IN_FILE = 32 * ROWS_IN_GROUP  # some 4 million, 100 to 300 MB


class StagedFiles:
    """Writes rows in the order of arrival to part-00000.parquet, part-00001.parquet, ...; at least one file."""

    def __init__(self, folder: Path, schema: pa.Schema) -> None:
        self._folder, self._schema = folder, schema
        self._waiting: list[pa.RecordBatch] = []
        self._waiting_rows = self._rows_in_file = 0
        self._writer: pq.ParquetWriter | None = None
        self.paths: list[Path] = []
        self.row_count = 0
        folder.mkdir(parents=True, exist_ok=True)

    def write(self, batch: pa.RecordBatch) -> None:
        """Append rows; only whole row groups are written before `close`."""
        self._waiting.append(batch)
        self._waiting_rows += batch.num_rows
        self.row_count += batch.num_rows
        if self._waiting_rows >= ROWS_IN_GROUP:
            self._write_groups(pa.Table.from_batches(self._waiting, schema=self._schema), is_last=False)

    def close(self) -> tuple[Path, ...]:
        """The finished files."""
        if self._waiting_rows or not self.paths:
            self._write_groups(pa.Table.from_batches(self._waiting, schema=self._schema), is_last=True)
        self._close_file()
        return tuple(self.paths)

    def abandon(self) -> None:
        """Delete what was written, after a failure."""
        self._close_file()
        for path in self.paths:
            path.unlink(missing_ok=True)

    def _write_groups(self, rows: pa.Table, *, is_last: bool) -> None:
        written = 0
        while rows.num_rows - written >= (1 if is_last else ROWS_IN_GROUP):
            self._write_group(rows.slice(written, ROWS_IN_GROUP))
            written += ROWS_IN_GROUP
        if not self.paths:
            self._write_group(rows)
        rest = rows.slice(written)
        self._waiting, self._waiting_rows = rest.to_batches(), rest.num_rows

    def _write_group(self, rows: pa.Table) -> None:
        if self._writer is None or self._rows_in_file >= ROWS_IN_FILE:
            self._close_file()
            self.paths.append(self._folder / f"part-{len(self.paths):05d}.parquet")
            self._writer = pq.ParquetWriter(
                self.paths[-1],
                self._schema,
                compression="zstd",
                version="2.6",
                coerce_timestamps="us",
                write_page_checksum=True,
            )
        # One chunk: where chunks begin would decide where pages end.
        self._writer.write_table(rows.combine_chunks(), row_group_size=ROWS_IN_GROUP)
        self._rows_in_file += rows.num_rows

    def _close_file(self) -> None:
        if self._writer is not None:
            self._writer.close()
        self._writer, self._rows_in_file = None, 0
