"""Runs the project's command line for a task: without a shell, its output into the task's log line by line."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from airflow.sdk.exceptions import AirflowFailException

from dags.warm_start import PROJECT_ROOT, ForkedCommand, libraries_are_loaded

NOT_YET = 75
"""EX_TEMPFAIL of sysexits.h: another writer holds the partition, a server is away, a drop is not complete."""

POINTLESS_TO_RETRY: Mapping[int, str] = {
    2: "bad input",  # a drop, a contract or a setting is wrong; the same bytes give the same answer
    3: "a step before it is missing",  # waiting does not build yesterday; the message says what does
}

SECONDS_TO_END = 20
"""A command that is told to end publishes nothing more and closes its files; after that it is killed."""


class CommandFailedError(RuntimeError):
    """A command failed in a way that trying again may cure: a lost server, a busy partition, a killed process."""


@dataclass(frozen=True)
class Outcome:
    """How a command ended: its exit code (negative: the signal that killed it), its results, its last other line."""

    exit_code: int
    results: tuple[Mapping[str, object], ...]
    last_line: str

    @property
    def reason(self) -> str:
        """One line for people: what the command said last, or how it died."""
        died = f"killed by signal {-self.exit_code}" if self.exit_code < 0 else f"exit code {self.exit_code}"
        return f"{self.last_line or 'the command said nothing'} ({died})"


class Command:
    """One command of the project, running in a process group of its own so that it can be ended with all it started."""

    def __init__(self, arguments: Sequence[str], *, environment: Mapping[str, str] | None = None) -> None:
        self.arguments = tuple(arguments)
        self.environment = {**_without_airflow(os.environ), "PYTHONUNBUFFERED": "1", **(environment or {})}
        self.process: subprocess.Popen[str] | ForkedCommand | None = None

    def run(self, say: Callable[[str], None]) -> Outcome:
        """Run to the end, handing each line of output to `say` when it is printed; lines of results are kept."""
        results: list[Mapping[str, object]] = []
        last_line = ""
        self.process = self._start()
        assert self.process.stdout is not None  # noqa: S101 # a pipe was asked for two lines above
        with self.process.stdout as output:
            for line in map(str.rstrip, output):
                say(line)
                result = _result_in(line)
                if result is not None:
                    results.append(result)
                elif line:
                    last_line = line
        return Outcome(self.process.wait(), tuple(results), last_line)

    def _start(self) -> subprocess.Popen[str] | ForkedCommand:
        if libraries_are_loaded():
            return ForkedCommand(self.arguments, self.environment)
        return subprocess.Popen(
            (sys.executable, "-m", *self.arguments),
            cwd=PROJECT_ROOT,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,  # one stream keeps the order in which things were said
            text=True,
            errors="replace",
            start_new_session=True,
        )

    def end(self) -> None:
        """End the command and everything it started; nothing happens when it is not running."""
        process = self.process
        if process is None or process.poll() is not None:
            return
        with contextlib.suppress(ProcessLookupError, subprocess.TimeoutExpired):
            os.killpg(process.pid, signal.SIGTERM)
            process.wait(timeout=SECONDS_TO_END)
        with contextlib.suppress(ProcessLookupError):  # which says that nobody of the group is left
            os.killpg(process.pid, signal.SIGKILL)


def succeed(outcome: Outcome) -> Outcome:
    """The outcome of a command that succeeded.

    AirflowFailException, red at once: what would fail again. CommandFailedError, another try: everything else.
    """
    if outcome.exit_code in POINTLESS_TO_RETRY:
        raise AirflowFailException(f"{POINTLESS_TO_RETRY[outcome.exit_code]}: {outcome.reason}")
    if outcome.exit_code != 0:
        raise CommandFailedError(outcome.reason)
    return outcome


def _without_airflow(environment: Mapping[str, str]) -> dict[str, str]:
    """Everything but Airflow's own settings, some of which are secrets that no job needs."""
    return {name: value for name, value in environment.items() if not name.startswith(("AIRFLOW_", "_AIRFLOW_"))}


def _result_in(line: str) -> Mapping[str, object] | None:
    """The JSON object on the line, if it is one."""
    if not line.startswith("{"):
        return None
    try:
        result = json.loads(line)
    except ValueError:
        return None
    return result if isinstance(result, dict) else None
