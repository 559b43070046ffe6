# ruff: noqa: T201 what it prints is what the test reads
"""Runs commands as a task does whose worker has loaded the libraries early; prints what became of them as JSON.

A process of its own, because a process that runs Spark and threads, as that of the tests does, is none to fork.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
import time

from dags.command import Command
from dags.warm_start import ForkedCommand, load_libraries

PROGRAM = "tests.dags.program"


def main() -> int:
    load_libraries()
    os.environ |= {"AIRFLOW__CORE__FERNET_KEY": "secret", "NIGHTLEDGER_LAKE": "lake"}
    report: dict[str, object] = {}
    for what in (
        ("exit", "0"),
        ("exit", "3"),
        ("die",),
        ("environment",),
        ("loaded libraries",),
        ("arguments", "$(x)"),
    ):
        heard: list[str] = []
        command = Command((PROGRAM, *what), environment={"OWN": "1"})
        outcome = command.run(heard.append)
        assert isinstance(command.process, ForkedCommand)
        report[" ".join(what)] = {"exit_code": outcome.exit_code, "results": outcome.results, "heard": heard}
    report["ended"] = ended_from_outside()
    print(json.dumps(report))
    return 0


def ended_from_outside() -> dict[str, object]:
    """A command with a child that would run for ten minutes, ended as `on_kill` does."""
    heard: list[str] = []
    command = Command((PROGRAM, "start a child"))
    signal.signal(signal.SIGTERM, signal.SIG_IGN)  # as a task may; its command still listens
    thread = threading.Thread(target=lambda: heard.append(str(command.run(heard.append).exit_code)))
    thread.start()
    while not heard:
        time.sleep(0.01)
    command.end()
    thread.join()
    return {"child": int(heard[0]), "exit_code": int(heard[1])}


if __name__ == "__main__":
    sys.exit(main())
