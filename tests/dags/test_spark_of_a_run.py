"""A run finds its own Spark or the installation's, and a red night still ends what it started."""

from __future__ import annotations

import contextlib
import json
import logging
import os
import sqlite3
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import psutil
import pytest

from dags.command import Command, Outcome
from dags.spark import StartSpark, StopSpark, spark_environment
from demo.servers import JAVA_OPTIONS_FOR_SHORT_RUNS

PROJECT_ROOT = Path(__file__).resolve().parents[2]
TASKS = "select task_id, state, try_number from task_instance"
CONNECTION = "AIRFLOW_CONN_NIGHTLEDGER_SPARK"


def context(key: str | None = None, try_number: int = 1) -> Any:
    instance = SimpleNamespace(dag_id="nightly", try_number=try_number, xcom_pull=lambda **_: key)
    return {"ti": instance, "params": {"business_date": "2026-04-01"}}


def found(key: str) -> Mapping[str, str]:
    return spark_environment(context(key), logging.getLogger().info)


@pytest.fixture
def installation(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setenv("NIGHTLEDGER_LAKE", str(tmp_path / "lake"))
    monkeypatch.setenv("NIGHTLEDGER_SCRATCH", str(tmp_path / "scratch"))
    monkeypatch.setenv("NIGHTLEDGER_SPARK_CORES", "1")
    monkeypatch.setenv("NIGHTLEDGER_SPARK_MEMORY", "1g")
    monkeypatch.setenv("NIGHTLEDGER_SPARK_JAVA_OPTIONS", JAVA_OPTIONS_FOR_SHORT_RUNS)
    return tmp_path


def test_a_spark_in_the_environment_is_used_and_never_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NIGHTLEDGER_SPARK_REMOTE", "sc://spark.example:15002")
    key = StartSpark(task_id="start").execute(context())
    assert key == "environment"
    assert found(key) == {}  # the command inherits the variable
    StopSpark(task_id="stop").execute(context(key))


def test_a_connect_server_of_a_connection_is_used_and_never_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(
        CONNECTION,
        json.dumps({"conn_type": "spark_connect", "host": "spark.example", "port": 15002, "password": "token"}),
    )
    key = StartSpark(task_id="start").execute(context())
    assert key == "connection"
    assert found(key) == {"NIGHTLEDGER_SPARK_REMOTE": "sc://spark.example:15002/;token=token"}
    StopSpark(task_id="stop").execute(context(key))


@pytest.mark.parametrize(
    ("connection", "master"),
    [
        ({"host": "yarn"}, "yarn"),
        ({"host": "spark://master.example", "port": 7077}, "spark://master.example:7077"),
        ({"host": "master.example", "port": 7077}, "spark://master.example:7077"),
        ({"host": "k8s://https://cluster.example", "port": 6443}, "k8s://https://cluster.example:6443"),
        ({"host": "local[2]"}, "local[2]"),
    ],
)
def test_the_cluster_of_a_connection_is_the_master_of_a_server_that_the_run_starts_and_stops(
    connection: Mapping[str, Any], master: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(CONNECTION, json.dumps({"conn_type": "spark", **connection}))
    started: list[tuple[str, ...]] = []

    def run(command: Command, _: object) -> Outcome:
        started.append(command.arguments)
        return Outcome(0, ({"state_file": "server.json"},), "")

    monkeypatch.setattr(Command, "run", run)
    key = StartSpark(task_id="start").execute(context())
    StopSpark(task_id="stop").execute(context(key))
    server = ("--name", "nightly-2026-04-01")
    assert started == [
        ("jobs.spark_server", "start", *server, "--master", master),
        ("jobs.spark_server", "stop", *server),
    ]


def test_a_run_without_a_spark_of_its_installation_starts_one_that_only_its_tasks_can_reach(installation: Path) -> None:
    key = StartSpark(task_id="start").execute(context())
    try:
        server = json.loads(Path(key).read_text(encoding="utf-8"))
        assert found(key) == {
            "NIGHTLEDGER_SPARK_REMOTE": server["remote"],
            "SPARK_CONNECT_AUTHENTICATE_TOKEN": server["token"],
        }
        psutil.Process(server["pid"]).kill()
        again = spark_environment(context(key, try_number=2), logging.getLogger().info)
        assert again["NIGHTLEDGER_SPARK_REMOTE"] != server["remote"]
    finally:
        StopSpark(task_id="stop").execute(context(key))
    assert not Path(key).exists()
    assert not servers_of(installation)


def test_a_night_without_sources_is_red_at_once_and_still_stops_its_spark(installation: Path) -> None:
    airflow_home = installation / "airflow"
    environment = {
        **os.environ,
        "AIRFLOW_HOME": str(airflow_home),
        "AIRFLOW__CORE__DAGS_FOLDER": str(PROJECT_ROOT / "dags"),
        "PYTHONPATH": str(PROJECT_ROOT),
    }
    for arguments in (("db", "migrate"), ("dags", "test", "nightly", "--conf", '{"business_date": "2026-04-01"}')):
        subprocess.run(
            [sys.executable, "-m", "airflow", *arguments], env=environment, cwd=PROJECT_ROOT, check=False, timeout=600
        )

    with contextlib.closing(sqlite3.connect(airflow_home / "airflow.db")) as database:
        tasks = {task: (state, tries) for task, state, tries in database.execute(TASKS)}
        (run,) = database.execute("select state from dag_run")
    assert run == ("failed",)
    assert {task: tries for task, (state, tries) in tasks.items() if state == "failed"} == {
        "ready.shop": 1,  # no drop is configured, and asking again would not change that
        "captured.banks": 1,  # no bank is ready early when there is none; then the keys are missing
    }
    assert {task: tries for task, (state, tries) in tasks.items() if state == "success"} == {
        "ready.banks": 1,
        "spark_connect.start": 1,
        "spark_connect.stop": 1,
        "data_docs.write": 1,  # a red night is the one whose checks people want to see
    }
    assert (installation / "scratch" / "data_docs" / "index.html").is_file()
    assert {state for state, _ in tasks.values()} == {"failed", "success", "upstream_failed"}
    assert not servers_of(installation)


def servers_of(folder: Path) -> list[int]:
    processes = psutil.process_iter(["cmdline"])
    return [
        process.pid
        for process in processes
        if "java" in str(process.info["cmdline"]) and str(folder) in str(process.info["cmdline"])
    ]
