"""Commands that start at once, because the libraries they need are loaded before they are asked for.

Most of what a small task costs is Python loading Great Expectations and pandas: three seconds of a core, for each task
of a night. With the LocalExecutor every task is a fork of the scheduler's workers, so what the scheduler loaded once,
all of them have. Put these lines into `airflow_local_settings.py`, in the folder `config` of AIRFLOW_HOME:

    import sys
    if "scheduler" in sys.argv:
        from dags.warm_start import load_libraries
        load_libraries()

Only libraries are loaded early, never the project's own modules: those are read anew by each command, so that a build
never claims to come from other code than it does. After an upgrade of libraries, restart the scheduler.
"""

from __future__ import annotations

import importlib
import logging
import multiprocessing
import os
import runpy
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TextIO

PROJECT_ROOT = Path(__file__).resolve().parents[1]

LIBRARIES = (
    "great_expectations",
    "pandas",
    "pyarrow.dataset",
    "pyarrow.parquet",
    "pyspark.sql.connect.session",
    "boto3",
    "adbc_driver_postgresql.dbapi",
)
"""None of them starts a thread of Python when it is imported, so a process that holds them can still be forked."""

_loaded: list[str] = []
_left_behind: list[object] = []


def load_libraries() -> None:
    """Load what tasks need into this process, for the processes that are forked from it."""
    for name in LIBRARIES:
        importlib.import_module(name)
    _loaded[:] = LIBRARIES


def libraries_are_loaded() -> bool:
    """Whether this process, or one it was forked from, has loaded them."""
    return bool(_loaded)


class ForkedCommand:
    """`python -m <arguments>` in a fork of this process; to its caller it is what `subprocess.Popen` would be.

    It has a process group, an environment and standard streams of its own. What else this process has open stays open
    in it, and is not handed on to what it starts.
    """

    def __init__(self, arguments: Sequence[str], environment: Mapping[str, str]) -> None:
        self._arguments = tuple(arguments)
        reading, writing = os.pipe()
        self._process = multiprocessing.get_context("fork").Process(
            target=_become, args=(self._arguments, dict(environment), writing)
        )
        self._process.start()
        os.close(writing)
        self.stdout: TextIO = os.fdopen(reading, "r", encoding="utf-8", errors="replace")

    @property
    def pid(self) -> int:
        """The process, and the group of everything it starts."""
        return int(self._process.pid or 0)

    def poll(self) -> int | None:
        """The exit code, negative for a signal; None while it runs."""
        return self._process.exitcode

    def wait(self, timeout: float | None = None) -> int:
        """The exit code when it has ended; subprocess.TimeoutExpired when it has not within the seconds."""
        deadline = None if timeout is None else time.monotonic() + timeout
        while (code := self.poll()) is None:
            if deadline is not None and time.monotonic() > deadline:
                raise subprocess.TimeoutExpired(self._arguments, timeout or 0.0)
            time.sleep(0.02)
        return code


def _become(arguments: tuple[str, ...], environment: dict[str, str], output: int) -> None:
    """Leave behind what belongs to Airflow, and run the module as `python -m` would."""
    with Path(os.devnull).open("rb") as nothing:
        os.dup2(nothing.fileno(), 0)
    os.dup2(output, 1)
    os.dup2(output, 2)  # one stream keeps the order in which things were said
    # Airflow's streams and handlers would close our descriptors when they are forgotten, so they are not.
    _left_behind.extend([sys.stdin, sys.stdout, sys.stderr, *logging.root.handlers])
    sys.stdout = os.fdopen(1, "w", encoding="utf-8", buffering=1, closefd=False)
    sys.stderr = os.fdopen(2, "w", encoding="utf-8", buffering=1, closefd=False)
    os.close(output)
    os.setsid()
    os.chdir(PROJECT_ROOT)
    os.environ.clear()
    os.environ.update(environment)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGUSR1, signal.SIGUSR2):
        signal.signal(number, signal.default_int_handler if number == signal.SIGINT else signal.SIG_DFL)
    logging.root.handlers.clear()
    sys.argv = list(arguments)
    if str(PROJECT_ROOT) not in sys.path:
        sys.path.insert(0, str(PROJECT_ROOT))
    runpy.run_module(arguments[0], run_name="__main__", alter_sys=True)
