"""Where the bytes of the lake are kept: a local folder or an S3 bucket, behind the same dozen operations.

Both kinds promise the same: a key holds either all of a body or nothing of it, what was put survives a crash once
`settle` has returned, and `replace` puts a body only if nobody else has put one since it was last read. Everything
above (manifests, publishing, quarantine) is written once, on these promises.

Every primitive operation calls `on_operation` with "before …" and "after …" (and "halfway …" where bytes are moving),
so that a test can end the process at each of them in turn.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit

from jobs.lake_errors import CorruptFileError, UnsafeKeyError

OnOperation = Callable[[str], None]

_SEGMENT = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_=.\-]{0,199}")
_LONGEST_KEY = 900  # S3 allows 1024 bytes, of which the prefix of the lake takes some


@dataclass(frozen=True)
class Stored:
    """A body, the version under which it is stored (only good for comparing), and how long it has been so."""

    body: bytes
    version: str
    age_seconds: float = 0.0


class WriterLock(Protocol):
    """The right to write one partition; held by at most one process that is alive."""

    token: str

    def confirm(self) -> None:
        """LostLockError when the lock was taken over, or can no longer be proven to be ours."""


class Storage(Protocol):
    """The operations of both kinds of storage. Keys are relative to the root and are checked by `check_key`."""

    uri: str
    on_operation: OnOperation

    def read(self, key: str) -> Stored | None:
        """The whole body, or None when nothing is stored there."""

    def size(self, key: str) -> int | None:
        """Bytes stored, or None when nothing is stored there."""

    def list_keys(self, folder: str) -> list[str]:
        """Every key below the folder at any depth, sorted; none when there is no such folder."""

    def put_file(self, source: Path, key: str, sha256: str) -> None:
        """Store a file under a name that contains the start of its sha256; nothing to do when it is there already."""

    def put_bytes(self, key: str, body: bytes) -> None:
        """Store a body, replacing what is there as a whole."""

    def replace(self, key: str, body: bytes, expected: str | None) -> str:
        """Store a body durably if `expected` is still the stored version (None: nothing is stored).

        Returns the new version; ChangedMeanwhileError when the stored version is another one.
        """

    def settle(self, folder: str) -> None:
        """When this returns, everything put into the folder survives a power cut."""

    def delete(self, key: str) -> None:
        """Remove what is stored; nothing to do when there is nothing."""

    def tidy(self, folder: str) -> None:
        """Remove what an interrupted put may have left behind in the folder, invisible to readers."""

    def open_file(self, key: str, size: int, sha256: str, cache: Path) -> Path:
        """A local path with the content of the key, fetched into `cache` when it is not local already.

        CorruptFileError when what is stored does not have this size (or, when fetched, this sha256).
        """

    def staging_root(self, scratch_folder: Path) -> Path:
        """The local folder below which writers stage: on the lake's own disk when it is local."""

    def lock(self, name: str, label: str, *, wait: bool) -> AbstractContextManager[WriterLock]:
        """Be the one writer of `name`; WriterBusyError, starting with `label`, when another one is alive."""


def check_key(key: str) -> str:
    """The key itself; UnsafeKeyError when it could leave the lake or holds anything outside the strict alphabet."""
    segments = key.split("/")
    if len(key) > _LONGEST_KEY or not all(_SEGMENT.fullmatch(segment) for segment in segments):
        raise UnsafeKeyError(f"{key[:80]!r} is no key of the lake: segments of letters, digits, '_', '=', '.' and '-'")
    return key


def last_part(key: str) -> str:
    """The name of the file, without its folders."""
    return key.rpartition("/")[2]


def check_size(name: str, found: int | None, expected: int) -> None:
    """CorruptFileError unless the file is there and has the bytes that its manifest lists."""
    if found is None:
        raise CorruptFileError(f"{name} is missing")
    if found != expected:
        raise CorruptFileError(f"{name} has {found} bytes instead of {expected}")


def ignore_operation(name: str) -> None:
    """What `on_operation` does outside of tests."""


@contextmanager
def operation(on_operation: OnOperation, name: str) -> Iterator[None]:
    """Announce a primitive operation before and after it is done."""
    on_operation(f"before {name}")
    yield
    on_operation(f"after {name}")


def sha256_of_file(path: Path) -> str:
    """Hex digest of the content."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def open_storage(
    uri: str,
    endpoint: str | None = None,
    *,
    region: str | None = None,
    access_keys: tuple[str, str] | None = None,
    on_operation: OnOperation = ignore_operation,
) -> Storage:
    """The storage at `s3://bucket/prefix`, `file:///folder` or a plain path.

    endpoint: address of an S3 server that is not Amazon's. access_keys: (access key id, secret); without them, and
    without a region, boto3 looks where it always does (environment, profile, role of the machine).
    """
    parts = urlsplit(uri)
    if parts.scheme == "s3":
        from jobs.storage_s3 import S3Storage  # either kind is imported when it is used

        return S3Storage(uri, endpoint, region=region, access_keys=access_keys, on_operation=on_operation)
    if parts.scheme not in ("", "file"):
        raise UnsafeKeyError(f"a lake is a folder or s3://bucket/prefix, not {parts.scheme}://")
    from jobs.storage_local import LocalStorage

    return LocalStorage(Path(parts.path if parts.scheme else uri), on_operation=on_operation)
