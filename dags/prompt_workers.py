"""Workers that notice the end of their task at once, instead of by their next heartbeat.

A worker of Airflow sees the pipes of its task close and asks whether the task has ended. The operating system closes
them a moment before it says so, and about every second worker asks too early. No pipe is left to wake it then, so it
sleeps until its next heartbeat (`[workers] min_heartbeat_interval`, five seconds by default) and holds its slot. Put
these lines into `airflow_local_settings.py`, in the folder `config` of AIRFLOW_HOME:

    import sys
    if "scheduler" in sys.argv:
        from dags.prompt_workers import notice_ends_at_once
        notice_ends_at_once()
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

SECONDS_TO_LOOK_AGAIN = 0.02

Service = Callable[..., int | None]
"""A worker's wait for its task: (worker, the seconds it may take) -> exit code, or None while the task runs."""


def notice_ends_at_once() -> None:
    """Let the workers that are forked from this process look again soon; nothing is changed where Airflow has no such.

    It replaces a private method, since no setting of Airflow tells the wait from the heartbeat.
    """
    from airflow.sdk.execution_time.supervisor import WatchedSubprocess

    service = getattr(WatchedSubprocess, "_service_subprocess", None)
    if service is not None:
        setattr(WatchedSubprocess, "_service_subprocess", patient_only_with_pipes(service))  # noqa: B010 not ours


def patient_only_with_pipes(service: Service) -> Service:
    """The same wait, but for SECONDS_TO_LOOK_AGAIN at most once the task has closed all its pipes."""

    @wraps(service)
    def soon(worker: Any, max_wait_time: float, *rest: Any, **options: Any) -> int | None:
        if not getattr(worker, "_open_sockets", True):
            max_wait_time = min(max_wait_time, SECONDS_TO_LOOK_AGAIN)
        return service(worker, max_wait_time, *rest, **options)

    return soon
