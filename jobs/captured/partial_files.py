"""Downloads on their way: resumed by the next try, written by one process at a time, and not kept for longer.

They are what the partner delivered, personal data included, so none may outlive its use.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from jobs.captured.capture import Delivery
from jobs.captured.manifests import DroppedFile


def partial_file(scratch: Path, delivery: Delivery, file: DroppedFile) -> Path:
    """Where the file is while it is fetched and read: the same place for every try to get the same bytes."""
    name = f"{delivery.table.name}-{delivery.business_date}-{file.sha256[:32]}.partial"
    return scratch / "downloads" / name


@contextmanager
def taken(path: Path) -> Iterator[Path]:
    """The file, made where it is missing; another one beside it while another process has this one."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    path.touch(mode=0o600)
    with path.open("ab") as file:
        if _is_ours(file, path):
            yield path
            return
    own = path.with_suffix(f".{os.getpid()}.partial")
    own.touch(mode=0o600)
    with own.open("ab") as file:
        _is_ours(file, own)
        yield own


def remove_abandoned(scratch: Path, delivery: Delivery, resumable: Iterable[DroppedFile]) -> None:
    """Remove what tries that ended left of this table, of whatever day, but for the files that are wanted now."""
    kept = {partial_file(scratch, delivery, file) for file in resumable}
    for path in sorted((scratch / "downloads").glob(f"{delivery.table.name}-*.partial")):
        if path not in kept:
            with suppress(FileNotFoundError), path.open("r+b") as file:
                if _is_ours(file, path):
                    path.unlink()


def _is_ours(file: IO[bytes], path: Path) -> bool:
    """Whether nobody else has the file, and it has not been removed between our opening and our locking it."""
    try:
        fcntl.flock(file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
        return os.fstat(file.fileno()).st_ino == path.stat().st_ino
    except (BlockingIOError, FileNotFoundError):
        return False
