"""How much memory this process may use: the machine's, or less where a container says so."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

GROUPS = Path("/sys/fs/cgroup")
OF_THIS_PROCESS = Path("/proc/self/cgroup")


def usable_memory(groups: Path = GROUPS, of_this_process: Path = OF_THIS_PROCESS) -> int:
    """Bytes: the least of the machine's memory and the limits of the control groups that this process is in."""
    machine = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return min([machine, *_limits(groups, of_this_process)])


def _limits(groups: Path, of_this_process: Path) -> Iterator[int]:
    """The limit of each group and of all that hold it, in version 2 (memory.max) and version 1 of control groups."""
    for line in _text(of_this_process).splitlines():
        _, controllers, place = line.split(":", 2)
        if controllers == "":
            top, file = groups, "memory.max"
        elif "memory" in controllers.split(","):
            top, file = groups / "memory", "memory.limit_in_bytes"
        else:
            continue
        group = PurePosixPath(place.lstrip("/"))
        for holder in (group, *group.parents):  # the last is the top; in a container the others may not be there
            limit = _text(top / holder / file).strip()
            if limit.isdigit():  # and not: max
                yield int(limit)


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except OSError:
        return ""  # not Linux, or not to be looked at from here
