"""Folders for what a process writes down on its way, each with a lock of the kernel that ends with whoever holds it.

A process that is killed cannot tidy up, and what Spark shuffles tells of people, if only by their tokens: whoever
comes next removes what nobody holds any more.
"""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

LOCK = ".lock"
ONLY_OURS = 0o700


@dataclass(frozen=True)
class HeldFolder:
    """A folder and the open file that holds it: a process that inherits the descriptor holds the folder as well."""

    path: Path
    descriptor: int


def hold_folder(place: Path) -> HeldFolder:
    """A new folder in `place`, held until every process with the descriptor has ended; those nobody holds are removed.

    Nobody but their owner can look into the folder, into `place` and into what that lies in.
    """
    for folder in (place.parent, place):
        folder.mkdir(parents=True, exist_ok=True, mode=ONLY_OURS)
    with _one_at_a_time(place):  # or a folder would be removed before it is held
        _remove_unheld(place)
        path = place / uuid4().hex
        descriptor = os.open(path.with_suffix(LOCK), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        path.mkdir(mode=ONLY_OURS)
    return HeldFolder(path, descriptor)


def remove_unheld(place: Path) -> None:
    """Remove the folders that nobody holds any more; what cannot be removed yet is left for the next time."""
    if place.is_dir():
        with _one_at_a_time(place):
            _remove_unheld(place)


@contextmanager
def _one_at_a_time(place: Path) -> Iterator[None]:
    with (place / LOCK).open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _remove_unheld(place: Path) -> None:
    for lock in place.glob(f"?*{LOCK}"):
        with suppress(BlockingIOError), lock.open("r+b") as held:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
            folder = lock.with_suffix("")
            shutil.rmtree(folder, ignore_errors=True)
            if not folder.exists():
                lock.unlink()
