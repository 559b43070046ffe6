"""A command in a fork of a warm process behaves as one in a new Python does, and starts with the libraries loaded."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import psutil
import pytest

from dags.command import Command
from dags.warm_start import LIBRARIES, PROJECT_ROOT

Report = dict[str, Any]


@pytest.fixture(scope="module")
def report() -> Report:
    """What became of some commands of a warm process."""
    command = [sys.executable, "-m", "tests.dags.warm_program"]
    done = subprocess.run(command, cwd=PROJECT_ROOT, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr
    return dict(json.loads(done.stdout.splitlines()[-1]))


def test_its_exit_code_its_results_and_its_lines_are_handed_on(report: Report) -> None:
    assert report["exit 0"]["results"] == [{"dataset": "features/repayment", "rows": 7, "state": "published"}]
    assert report["exit 0"]["exit_code"] == 0
    assert report["exit 3"]["exit_code"] == 3
    assert report["exit 3"]["heard"][-1] == "features/repayment 2026-04-01: the reason"
    assert report["die"]["exit_code"] == -9


def test_it_sees_its_own_environment_and_none_of_the_secrets_of_airflow(report: Report) -> None:
    seen = report["environment"]["heard"]
    assert {"OWN", "NIGHTLEDGER_LAKE"} <= set(seen)
    assert not [name for name in seen if "AIRFLOW" in name]


def test_it_starts_with_the_libraries_and_without_modules_of_the_project_that_nobody_asked_for(report: Report) -> None:
    loaded = set(report["loaded libraries"]["heard"])
    assert set(LIBRARIES) <= loaded
    assert not [name for name in loaded if name.startswith(("jobs.", "expectations.", "schemas."))]


def test_shell_characters_reach_it_as_they_are(report: Report) -> None:
    assert report["arguments $(x)"]["heard"] == ["('$(x)',)"]


def test_ending_it_ends_what_it_started(report: Report) -> None:
    assert report["ended"]["exit_code"] == -15
    child = report["ended"]["child"]
    assert not psutil.pid_exists(child) or psutil.Process(child).status() == psutil.STATUS_ZOMBIE


def test_a_process_that_loaded_nothing_early_starts_a_new_python() -> None:
    command = Command(("tests.dags.program", "exit", "0"))
    command.run(lambda _: None)
    assert isinstance(command.process, subprocess.Popen)
