"""Rows that the latest attempt refused, kept apart from the data so that somebody can look at them."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from jobs.lake_errors import UnsafeKeyError
from jobs.manifest import Partition
from jobs.storage import Storage, check_key

if TYPE_CHECKING:
    import pyarrow

_NAME = re.compile(r"[a-z][a-z0-9_]*")


class Quarantine:
    """The folder `_quarantine` of a lake, laid out as the lake itself."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage

    def keep(self, partition: Partition, name: str, content: pyarrow.Table | Path) -> str:
        """Store refused rows, replacing those of the same name; returns their key.

        content: an Arrow table, stored as <name>.parquet, or a file, stored as <name> with its own extension.
        """
        if not _NAME.fullmatch(name):
            raise UnsafeKeyError(f"{partition}: {name[:80]!r} is no name for quarantined rows; use a-z, 0-9 and _")
        extension = "".join(content.suffixes) if isinstance(content, Path) else ".parquet"
        key = check_key(f"{_folder(partition)}/{name}{extension}")
        self._storage.put_bytes(key, content.read_bytes() if isinstance(content, Path) else _parquet_bytes(content))
        self._storage.settle(_folder(partition))
        return key

    def keys(self, partition: Partition) -> list[str]:
        """What is kept for the partition."""
        return self._storage.list_keys(_folder(partition))

    def clear(self, partition: Partition) -> None:
        """Remove all that is kept for the partition."""
        for key in self.keys(partition):
            self._storage.delete(key)


def _folder(partition: Partition) -> str:
    return f"_quarantine/{partition.folder}"


def _parquet_bytes(table: pyarrow.Table) -> bytes:
    import pyarrow
    import pyarrow.parquet

    sink = pyarrow.BufferOutputStream()
    pyarrow.parquet.write_table(table, sink, compression="zstd", write_page_checksum=True)
    return bytes(sink.getvalue())
