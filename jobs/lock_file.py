"""One writer on one machine: a lock of the kernel on a file, which ends with its process, however that ends."""

from __future__ import annotations

import fcntl
import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

from jobs.lake_errors import LostLockError, WriterBusyError
from jobs.storage import OnOperation, operation

_SECONDS_BETWEEN_TRIES = 0.1


@dataclass
class FileLock:
    """A lock that the kernel holds for us; `path` must still be the file that we hold."""

    path: Path
    descriptor: int
    token: str

    def confirm(self) -> None:
        """LostLockError when somebody removed or replaced the lock file by hand: others could be writing then."""
        if not is_file_at(self.path, self.descriptor):
            raise LostLockError(f"{self.path.name}: the lock file was removed while we were writing; run again")


@contextmanager
def locked_by_file(path: Path, label: str, *, wait: bool, on_operation: OnOperation) -> Iterator[FileLock]:
    """Hold the lock; WriterBusyError says who holds it instead, unless `wait`."""
    descriptor = _acquire(path, label, wait=wait, on_operation=on_operation)
    try:
        with operation(on_operation, "write lock holder"):
            os.ftruncate(descriptor, 0)
            os.pwrite(descriptor, _holder(), 0)
        yield FileLock(path, descriptor, uuid4().hex)
    finally:
        # Removed while still held: whoever opened the old file meanwhile finds that its name is gone and tries again.
        if is_file_at(path, descriptor):
            with operation(on_operation, "remove lock"):
                path.unlink(missing_ok=True)
        os.close(descriptor)


def _acquire(path: Path, label: str, *, wait: bool, on_operation: OnOperation) -> int:
    while True:
        with operation(on_operation, "open lock"):
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        try:
            with operation(on_operation, "take lock"):
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            if not wait:
                raise WriterBusyError(
                    f"{label}: {_describe(path)} is writing it; wait for it, then run again"
                ) from None
            time.sleep(_SECONDS_BETWEEN_TRIES)
            continue
        if is_file_at(path, descriptor):
            return descriptor
        os.close(descriptor)


def is_file_at(path: Path, descriptor: int) -> bool:
    """Whether the open file is still the one that bears this name."""
    try:
        return os.path.samestat(path.stat(), os.fstat(descriptor))
    except FileNotFoundError:
        return False


def _holder() -> bytes:
    since = datetime.now(UTC).isoformat(timespec="seconds")
    return json.dumps({"pid": os.getpid(), "host": os.uname().nodename, "since": since}).encode()


def _describe(path: Path) -> str:
    try:
        holder = json.loads(path.read_bytes())
        return f"process {holder['pid']} on {holder['host']} since {holder['since']}"
    except (OSError, ValueError, KeyError, TypeError):
        return "another process"  # it has the lock, but has not yet written or has just removed its name
