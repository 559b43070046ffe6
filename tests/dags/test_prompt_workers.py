"""Workers of Airflow look for the end of a task as soon as nothing else can wake them."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass, field

import pytest

from dags.prompt_workers import SECONDS_TO_LOOK_AGAIN, patient_only_with_pipes
from dags.warm_start import PROJECT_ROOT

LOOK_AT_AIRFLOW = """
import attrs
from airflow.sdk.execution_time.supervisor import ActivitySubprocess
from dags.prompt_workers import notice_ends_at_once
assert "_open_sockets" in {field.name for field in attrs.fields(ActivitySubprocess)}
before = ActivitySubprocess._service_subprocess
notice_ends_at_once()
assert ActivitySubprocess._service_subprocess.__wrapped__ is before
"""


@dataclass
class Worker:
    """As much of a worker of Airflow as counts here: its task's open pipes, and for how long it waited."""

    _open_sockets: dict[str, str]
    waited: list[float] = field(default_factory=list)

    def service(self, max_wait_time: float, expect_signal: int | None = None) -> int | None:
        self.waited.append(max_wait_time)
        return expect_signal


@pytest.mark.parametrize(
    ("pipes", "asked", "waited"),
    [
        ({"a": "logs"}, 5.0, 5.0),
        ({}, 5.0, SECONDS_TO_LOOK_AGAIN),
        ({}, 0.0, 0.0),
    ],
    ids=["a pipe is open", "all are closed", "all are closed, and it shall not wait"],
)
def test_a_worker_waits_as_long_as_a_pipe_of_its_task_can_wake_it(
    pipes: dict[str, str], asked: float, waited: float
) -> None:
    worker = Worker(pipes)
    soon = patient_only_with_pipes(Worker.service)
    assert soon(worker, max_wait_time=asked, expect_signal=9) == 9
    assert soon(worker, asked) is None
    assert worker.waited == [waited, waited]


def test_the_wait_of_airflows_own_workers_is_replaced() -> None:
    command = [sys.executable, "-c", LOOK_AT_AIRFLOW]
    done = subprocess.run(command, cwd=PROJECT_ROOT, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr
