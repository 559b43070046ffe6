"""Commands of the project run against the demo's partners: started for the command if they are not up, then stopped."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from demo.keys import read_environment
from demo.processes import ServerError, run_to_its_end
from demo.servers import ENVIRONMENT, find_partners


def environment_of(folder: Path) -> dict[str, str]:
    """The variables that `up` wrote, beside the caller's."""
    return {**os.environ, **read_environment(folder / ENVIRONMENT)}


@contextmanager
def partners_up(folder: Path, *arguments: str) -> Iterator[Mapping[str, str]]:
    """The environment of running partners; those that were not running before are stopped afterwards.

    arguments: for `python -m demo up`, such as "--people", "2000".
    """
    known = find_partners(folder)
    were_running = bool(known and known.are_running())
    command = [sys.executable, "-m", "demo", "up", "--folder", str(folder), *arguments]
    code = run_to_its_end(command, os.environ, output=sys.stderr.fileno())
    if code:
        raise ServerError("the partners did not start; the lines above say why")
    try:
        yield environment_of(folder)
    finally:
        started = find_partners(folder)
        if started and not were_running:
            started.stop()


def run_module(environment: Mapping[str, str], *arguments: str, output: int | None = None) -> int:
    """Run `python -m <arguments>` in the project with these variables; returns its exit code."""
    return run_to_its_end([sys.executable, "-m", *arguments], environment, output=output)


def run_with_partners(folder: Path, arguments: Sequence[str]) -> int:
    """One command of the project against the demo's partners; its exit code."""
    with partners_up(folder) as environment:
        return run_module(environment, *arguments)
