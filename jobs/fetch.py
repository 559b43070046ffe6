"""Bring one published file to this machine: once, whole, and whatever the connection does on the way."""

from __future__ import annotations

import fcntl
import io
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import IO

from jobs.lake_errors import CorruptFileError, LakeUnavailableError
from jobs.lock_file import is_file_at
from jobs.storage import sha256_of_file

ReadFrom = Callable[[int], Iterable[bytes]]
"""Yields the bytes of the file from this position on; LakeUnavailableError when the connection is lost."""

_ATTEMPTS = 5


def fetch(name: str, size: int, sha256: str, read_from: ReadFrom, target: Path) -> None:
    """The file is at `target`, and its sha256 was verified.

    Several processes may ask at once: one fetches, the others wait. What an interrupted fetch left is continued.
    CorruptFileError when a complete fetch does not give the sha256.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.with_name(f"{sha256}.partial")
    while not has_size(target, size):
        with partial.open("ab") as file:
            fcntl.flock(file, fcntl.LOCK_EX)  # while we waited, another process may have fetched it
            if has_size(target, size) or not is_file_at(partial, file.fileno()):
                continue
            was_empty = file.tell() == 0
            _append_rest(file, size, read_from)
            if sha256_of_file(partial) == sha256:
                partial.replace(target)
                return
            partial.unlink()
            if was_empty:  # otherwise what was there before may be to blame: once more from the start
                raise CorruptFileError(f"{name} has another sha256 than was published")


def has_size(path: Path, size: int) -> bool:
    """Whether the file is there and has this many bytes."""
    try:
        return path.stat().st_size == size
    except FileNotFoundError:
        return False


def _append_rest(file: IO[bytes], size: int, read_from: ReadFrom) -> None:
    """A lost connection costs only what had not arrived."""
    for attempt in range(_ATTEMPTS):
        here = file.seek(0, io.SEEK_END)
        if here > size:
            here = file.truncate(0)
        try:
            if here < size:
                for piece in read_from(here):
                    file.write(piece)
        except LakeUnavailableError:
            if attempt == _ATTEMPTS - 1:
                raise
            time.sleep(0.2 * 2**attempt)
        else:
            break
    file.flush()
