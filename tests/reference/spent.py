"""What something cost: seconds on the clock and of all processors together."""

from __future__ import annotations

import time
from dataclasses import dataclass

import psutil


@dataclass(frozen=True)
class Spent:
    """Seconds on the clock, and of all processors together."""

    clock: float
    processors: float

    def __add__(self, other: Spent) -> Spent:
        """Both together."""
        return Spent(self.clock + other.clock, self.processors + other.processors)


class Stopwatch:
    """Measures this process and those it started, the JVM among them, from its making on."""

    def __init__(self) -> None:
        self._began, self._used = time.monotonic(), processor_seconds()

    def spent(self) -> Spent:
        """What was spent so far."""
        return Spent(time.monotonic() - self._began, processor_seconds() - self._used)


def processor_seconds() -> float:
    """Seconds of processors used by this process and those it started."""
    own = psutil.Process()
    return sum(sum(process.cpu_times()[:2]) for process in (own, *own.children(recursive=True)))
