"""The command line runs without a shell, is heard while it runs, and ends with everything it started."""

from __future__ import annotations

import ast
import threading
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest
from airflow.sdk.exceptions import AirflowFailException

from dags.command import Command, CommandFailedError, Outcome, succeed

PROGRAM = "tests.dags.program"


def test_a_command_that_succeeds_hands_on_its_results() -> None:
    outcome = succeed(Command((PROGRAM, "exit", "0")).run(lambda _: None))
    assert outcome.results == ({"dataset": "features/repayment", "rows": 7, "state": "published"},)


@pytest.mark.parametrize("exit_code", [2, 3])
def test_what_would_fail_again_is_red_at_once_with_the_last_line_as_its_reason(exit_code: int) -> None:
    with pytest.raises(AirflowFailException, match="features/repayment 2026-04-01: the reason"):
        succeed(Command((PROGRAM, "exit", str(exit_code))).run(lambda _: None))


@pytest.mark.parametrize("exit_code", [1, 75])
def test_a_busy_partition_or_a_lost_server_is_worth_another_try(exit_code: int) -> None:
    with pytest.raises(CommandFailedError, match=f"the reason .exit code {exit_code}."):
        succeed(Command((PROGRAM, "exit", str(exit_code))).run(lambda _: None))


def test_a_command_killed_by_the_machine_is_worth_another_try() -> None:
    with pytest.raises(CommandFailedError, match="killed by signal 9"):
        succeed(Command((PROGRAM, "die")).run(lambda _: None))


def test_a_line_is_in_the_task_log_before_the_command_ends(tmp_path: Path) -> None:
    heard: list[str] = []

    def hear(line: str) -> None:
        heard.append(line)
        (tmp_path / "heard").touch()

    Command((PROGRAM, "say, then wait for", str(tmp_path / "heard"))).run(hear)
    assert heard == ["working", "done"]


def test_ending_a_command_ends_what_it_started() -> None:
    command = Command((PROGRAM, "start a child"))
    heard: list[str] = []
    outcomes: list[Outcome] = []
    thread = threading.Thread(target=lambda: outcomes.append(command.run(heard.append)))
    thread.start()
    _wait_for(lambda: bool(heard))
    child = psutil.Process(int(heard[0]))

    command.end()
    thread.join(timeout=30)

    assert outcomes[0].exit_code == -15
    _wait_for(lambda: not child.is_running() or child.status() == psutil.STATUS_ZOMBIE)


def test_ending_a_command_that_never_ran_or_has_ended_does_nothing() -> None:
    command = Command((PROGRAM, "exit", "0"))
    command.end()
    command.run(lambda _: None)
    command.end()


def test_shell_characters_reach_the_command_as_they_are(tmp_path: Path) -> None:
    evil = ("2026-04-01; touch planted", "$(touch planted)", "`touch planted`", "../../planted", "a\nb")
    heard: list[str] = []
    Command((PROGRAM, "arguments", *evil)).run(heard.append)
    assert ast.literal_eval(heard[0]) == evil
    assert not list(tmp_path.parent.glob("**/planted"))


def test_a_command_sees_none_of_the_secrets_of_airflow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW__CORE__FERNET_KEY", "secret")
    monkeypatch.setenv("_AIRFLOW_PROCESS_CONTEXT", "client")
    monkeypatch.setenv("NIGHTLEDGER_LAKE", "lake")
    heard: list[str] = []
    Command((PROGRAM, "environment")).run(heard.append)
    assert "NIGHTLEDGER_LAKE" in heard
    assert not [name for name in heard if "AIRFLOW" in name]


def _wait_for(condition: Callable[[], bool], seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.01)
