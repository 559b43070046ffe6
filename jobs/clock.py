"""How long the steps of a run took."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager


class Clock:
    """Seconds of each step of one run."""

    def __init__(self, seconds: Mapping[str, float] | None = None) -> None:
        self.seconds: dict[str, float] = {name: round(value, 3) for name, value in (seconds or {}).items()}

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Measure what happens inside."""
        started = time.monotonic()
        yield
        self.seconds[name] = round(time.monotonic() - started, 3)
