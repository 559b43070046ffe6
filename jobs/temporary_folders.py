"""Folders for what a process writes down on its way; whoever comes next removes those of processes that are gone.

A process that is killed cannot tidy up, and what Spark shuffles tells of people, if only by their tokens.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
from contextlib import suppress
from pathlib import Path

LOCK = ".lock"


def folder_of_this_process(place: Path) -> Path:
    """A new folder in `place`, held until this process ends, however that ends; those that nobody holds are removed."""
    place.mkdir(parents=True, exist_ok=True, mode=0o700)
    with (place / LOCK).open("w") as one_at_a_time:  # or a folder would be removed before it is held
        fcntl.flock(one_at_a_time, fcntl.LOCK_EX)
        for left in place.glob(f"*{LOCK}"):
            if left.name != LOCK:
                _remove_unless_held(left)
        folder = Path(tempfile.mkdtemp(dir=place))
        descriptor = os.open(_lock_of(folder), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        fcntl.flock(descriptor, fcntl.LOCK_EX)  # never closed: the kernel does it when we end
    return folder


def _lock_of(folder: Path) -> Path:
    return folder.with_name(folder.name + LOCK)


def _remove_unless_held(lock: Path) -> None:
    with suppress(FileNotFoundError, BlockingIOError), lock.open("r+b") as held:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        shutil.rmtree(lock.with_name(lock.name.removesuffix(LOCK)), ignore_errors=True)
        lock.unlink()
