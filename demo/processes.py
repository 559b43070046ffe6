"""Server processes of the demo: started apart from the terminal, remembered by pid and birth, ended one by one."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

import psutil

PROJECT_ROOT = Path(__file__).resolve().parents[1]
PATIENCE_SECONDS = 60.0
SECONDS_TO_CLEAN_UP = 90.0  # Airflow's parts may take thirty, one after the other
LOG_LINES = 8
SIGNALS_THAT_END = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class ServerError(RuntimeError):
    """A server did not start or does not answer: the message says which one and where its log is."""


@dataclass(frozen=True)
class Process:
    """A process that is certainly ours: pids are used again, the moment of birth is not."""

    name: str
    pid: int
    born_at: float

    def is_running(self) -> bool:
        """Whether exactly this process still lives: its first thread may be gone while others hold its ports."""
        try:
            found = psutil.Process(self.pid)
            if abs(found.create_time() - self.born_at) >= 0.02:
                return False
            return bool(found.status() != psutil.STATUS_ZOMBIE or found.num_threads() > 1)
        except psutil.NoSuchProcess:
            return False

    def stop(self, gently: signal.Signals, grace_seconds: float) -> None:
        """Ask it to stop; end it and what it started when it has not within the grace."""
        if not self.is_running():
            return
        family = [psutil.Process(self.pid), *psutil.Process(self.pid).children(recursive=True)]
        family[0].send_signal(gently)
        _, alive = psutil.wait_procs(family, timeout=grace_seconds)
        for process in alive:
            process.kill()
        psutil.wait_procs(alive, timeout=grace_seconds)


def start(
    name: str, command: list[str], log: Path, *, user: int | None = None, environment: Mapping[str, str] | None = None
) -> Process:
    """Start a server in a session of its own, so that Ctrl-C reaches us and not it; output goes to the log."""
    with log.open("ab") as output:
        started = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            user=user,
            group=user,
            extra_groups=None if user is None else [],
            cwd="/",
            env={**_without_credentials(), **(environment or {})},
        )
    return Process(name, started.pid, psutil.Process(started.pid).create_time())


def _without_credentials() -> dict[str, str]:
    """Our variables but for AWS credentials, which SeaweedFS would take for an identity it is to serve."""
    return {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}


def wait_until(is_ready: Callable[[], bool], process: Process, log: Path) -> None:
    """Wait until the server answers; ServerError with the end of its log when it died or took too long."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline and process.is_running():
        if is_ready():
            return
        time.sleep(0.05)
    lines = log.read_text(encoding="utf-8", errors="replace").splitlines()[-LOG_LINES:]
    reason = "does not answer" if process.is_running() else "has stopped"
    raise ServerError(f"{process.name} {reason} after its start; the end of {log}:\n" + "\n".join(lines))


def free_ports(count: int, wanted: Sequence[int] = ()) -> list[int]:
    """Loopback ports that nobody listens on now; all are held until the last is found, so they differ.

    wanted: taken as far as they are free, so that servers which start again are where they were.
    """
    held = [_bound(port) for port in (*wanted, *[0] * count)[:count]]
    ports: list[int] = [listener.getsockname()[1] for listener in held]
    for listener in held:
        listener.close()
    return ports


def _bound(port: int) -> socket.socket:
    """A socket on that port, or on any where somebody has it."""
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # connections that have ended do not count
    try:
        listener.bind(("127.0.0.1", port))
    except OSError:
        listener.bind(("127.0.0.1", 0))
    return listener


def end_in_order_on_signals() -> None:
    """Ctrl-C, SIGTERM and a closed terminal end this program once: what comes while it cleans up is ignored."""

    def end(number: int, _frame: FrameType | None) -> None:
        for known in SIGNALS_THAT_END:
            signal.signal(known, signal.SIG_IGN)
        raise SystemExit(128 + number)

    for known in SIGNALS_THAT_END:
        signal.signal(known, end)


def run_to_its_end(command: Sequence[str], environment: Mapping[str, str], *, output: int | None = None) -> int:
    """Run a program; returns its exit code. When we are told to end, it is told too, and has the time to clean up.

    `subprocess.run` kills its program a quarter of a second after Ctrl-C, and what that had started lives on.
    """
    with subprocess.Popen(command, cwd=PROJECT_ROOT, env=dict(environment), stdout=output) as program:
        try:
            return program.wait()
        except BaseException:
            program.terminate()
            try:
                program.wait(SECONDS_TO_CLEAN_UP)
            except subprocess.TimeoutExpired:
                program.kill()
            raise
