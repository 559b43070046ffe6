"""The manifest of a file drop: what the partner says it delivered, believed only where it is well-formed."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from jobs.captured.capture import BadSourceError, Delivery
from jobs.captured.json_rows import BadLineError, strictly_parsed
from schemas.table import FileDrop

MANIFEST_NAME = "_MANIFEST.json"
LARGEST_MANIFEST = 4 << 20
MOST_FILES = 10_000
MOST_ROWS = 10**10
LARGEST_FILE = 100 << 30  # the scratch disk must hold a file while it is read
FILE_NAME = re.compile(r"part-[0-9A-Za-z_-]{1,100}")
SHA256 = re.compile(r"[0-9a-f]{64}")
FIELDS = {"table", "dt", "produced_at", "files"}
FILE_FIELDS = {"name", "rows", "bytes", "sha256"}


@dataclass(frozen=True)
class DroppedFile:
    """One file as the manifest announces it; rows do not count a header."""

    name: str
    rows: int
    byte_count: int
    sha256: str


@dataclass(frozen=True)
class DropManifest:
    """All files of a drop, ordered by name, and the digest of the manifest that lists them."""

    files: tuple[DroppedFile, ...]
    digest: str

    @property
    def row_count(self) -> int:
        """Rows of all files together."""
        return sum(file.rows for file in self.files)


def parse_manifest(content: bytes, delivery: Delivery) -> DropManifest:
    """The manifest of this table and day; BadSourceError when it is malformed or another one's."""
    try:
        fields = strictly_parsed(content)
    except BadLineError as error:
        raise _bad(delivery, f"cannot be read: {error}") from None
    if fields.keys() != FIELDS:
        raise _bad(delivery, f"has other fields than {', '.join(sorted(FIELDS))}")
    source = delivery.table.source
    if not isinstance(source, FileDrop) or fields["table"] != source.table:
        raise _bad(delivery, "belongs to another table")
    if fields["dt"] != delivery.business_date.isoformat():
        raise _bad(delivery, "belongs to another day")
    if not _is_moment(fields["produced_at"]):
        raise _bad(delivery, "produced_at is not a moment with a time zone")
    files = _files(fields["files"], source.file_format, delivery)
    return DropManifest(files, hashlib.sha256(content).hexdigest())


def _files(entries: Any, file_format: str, delivery: Delivery) -> tuple[DroppedFile, ...]:
    if not isinstance(entries, list) or len(entries) > MOST_FILES:
        raise _bad(delivery, f"files is not a list of at most {MOST_FILES}")
    files = [_file(entry, file_format, number, delivery) for number, entry in enumerate(entries, start=1)]
    doubled = sorted(name for name, count in Counter(file.name for file in files).items() if count > 1)
    if doubled:
        raise _bad(delivery, f"lists files twice: {', '.join(doubled)}")
    return tuple(sorted(files, key=lambda file: file.name))


def _file(entry: Any, file_format: str, number: int, delivery: Delivery) -> DroppedFile:
    if not isinstance(entry, dict) or entry.keys() != FILE_FIELDS:
        raise _bad(delivery, f"file {number} has other fields than {', '.join(sorted(FILE_FIELDS))}")
    name, rows, byte_count, sha256 = (entry[field] for field in ("name", "rows", "bytes", "sha256"))
    # Names become paths and keys: only what cannot leave the folder, whatever reads it.
    if not isinstance(name, str) or not _is_part(name, file_format):
        raise _bad(delivery, f"file {number} is not named like part-00000.{file_format}")
    if not _is_count(rows, MOST_ROWS) or not _is_count(byte_count, LARGEST_FILE) or byte_count == 0:
        raise _bad(delivery, f"rows or bytes of {name} are not plausible whole numbers")
    if not isinstance(sha256, str) or not SHA256.fullmatch(sha256):
        raise _bad(delivery, f"sha256 of {name} is not 64 hexadecimal digits")
    return DroppedFile(name, rows, byte_count, sha256)


def _is_part(name: str, file_format: str) -> bool:
    return name.endswith(f".{file_format}") and bool(FILE_NAME.fullmatch(name.removesuffix(f".{file_format}")))


def _is_count(value: Any, most: int) -> bool:
    return type(value) is int and 0 <= value <= most


def _is_moment(value: Any) -> bool:
    try:
        return isinstance(value, str) and datetime.fromisoformat(value).tzinfo is not None
    except ValueError:
        return False


def _bad(delivery: Delivery, problem: str) -> BadSourceError:
    return delivery.bad(MANIFEST_NAME, problem, "ask the partner to publish the drop again")
