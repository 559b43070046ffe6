"""Airflow on this machine: scheduler and web UI in one folder, on loopback only, ended with everything it started.

    python -m demo.airflow --home .work/airflow        until Ctrl-C; prints where the UI is and where the password lies

It runs `airflow standalone` with settings for a laptop, and a PostgreSQL for Airflow's own tables: with SQLite, whoever
writes while the scheduler writes is told that the database is locked. The DAGs read the same NIGHTLEDGER_* variables as
the command line; whoever calls this sets them.
"""

from __future__ import annotations

import argparse
import contextlib
import http.client
import json
import os
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psutil

from demo.keys import write_private
from demo.postgresql import PostgreSQL
from demo.processes import PROJECT_ROOT, end_in_order_on_signals, free_ports

USER = "admin"
DATABASE = "airflow"
SECONDS_TO_START = 240.0  # 20 on an idle laptop
SECONDS_TO_STOP = 30.0
SECONDS_TO_ANSWER = 120.0  # of the REST API; a machine with ten times its load takes half a minute

FOR_A_LAPTOP: Mapping[str, str] = {
    "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
    "AIRFLOW__CORE__PARALLELISM": "3",  # two cores are busy with two tasks and the scheduler
    "AIRFLOW__CORE__EXECUTOR": "LocalExecutor",
    "AIRFLOW__API__HOST": "127.0.0.1",
    "AIRFLOW__API__WORKERS": "1",
    "AIRFLOW__SCHEDULER__SCHEDULER_IDLE_SLEEP_TIME": "0.3",  # the next task starts that much sooner
    "AIRFLOW__DAG_PROCESSOR__PARSING_PROCESSES": "1",
    "AIRFLOW__DAG_PROCESSOR__MIN_FILE_PROCESS_INTERVAL": "120",  # reading two files again and again takes a core
    "AIRFLOW__DAG_PROCESSOR__STALE_DAG_THRESHOLD": "300",
    "AIRFLOW__DAG_PROCESSOR__PRINT_STATS_INTERVAL": "0",
    "AIRFLOW__TRIGGERER__CAPACITY": "1",  # no task of ours defers
    "SCARF_ANALYTICS": "false",  # nothing about this machine leaves it
    "NO_COLOR": "1",
}

SHIM = """#!/bin/sh
# `airflow standalone` starts its parts by this name. Their log servers would listen on every network interface, and
# nobody needs them where all logs are files of this machine.
case "$1" in
  scheduler | triggerer) set -- "$@" --skip-serve-logs ;;
esac
exec "{python}" -m airflow "$@"
"""

LOCAL_SETTINGS = """import sys

if "scheduler" in sys.argv:
    from dags.prompt_workers import notice_ends_at_once
    from dags.warm_start import load_libraries

    load_libraries()
    notice_ends_at_once()
"""


class AirflowError(RuntimeError):
    """Airflow did not start or could not do what it was asked; the message says why, or where its log is."""


class RequestRefusedError(AirflowError):
    """The REST API answered with an error."""


@dataclass(frozen=True)
class Airflow:
    """A running Airflow: where it lives, how to reach it, and the variables with which its command line works."""

    home: Path
    port: int
    database: PostgreSQL
    environment: Mapping[str, str]

    @property
    def url(self) -> str:
        """The address of the web UI."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def password_file(self) -> Path:
        """Where the password of the user `admin` lies, readable by its owner only."""
        return _password_file(self.home)

    @property
    def log(self) -> Path:
        """What the parts of Airflow said."""
        return self.home / "standalone.log"

    def command(self, *arguments: str) -> str:
        """What `airflow <arguments>` prints; AirflowError with its last line when it fails."""
        done = subprocess.run(
            [str(self.home / "bin" / "airflow"), *arguments],
            env=dict(self.environment),
            cwd=self.home,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            said = [line for line in (done.stderr or done.stdout).splitlines() if line.strip()] or ["nothing"]
            raise AirflowError(f"airflow {arguments[0]} ended with {done.returncode}: {said[-1].strip()}")
        return done.stdout

    def request(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Any:
        """The answer of the REST API to a request of the user `admin`."""
        return _ask(self.port, method, f"/api/v2{path}", body, token=self._token)

    @cached_property
    def _token(self) -> str:
        """Whoever holds it is `admin` for a day, so it is asked for once."""
        answer = _ask(self.port, "POST", "/auth/token", {"username": USER, "password": _password(self.home)})
        return str(answer["access_token"])

    def unpause(self, dag_id: str) -> None:
        """Let the scheduler create and run runs of the DAG; paused is how every DAG starts."""
        self.request("PATCH", f"/dags/{dag_id}", {"is_paused": False})

    def trigger(self, dag_id: str, business_date: str) -> str:
        """Trigger a run by hand, as the UI does; returns its id."""
        body = {"logical_date": None, "conf": {"business_date": business_date}}
        return str(self.request("POST", f"/dags/{dag_id}/dagRuns", body)["dag_run_id"])

    def runs(self, dag_id: str) -> Sequence[Mapping[str, Any]]:
        """Every run of the DAG, the oldest first."""
        return list(self.request("GET", f"/dags/{dag_id}/dagRuns?order_by=id&limit=100")["dag_runs"])

    def run(self, dag_id: str, run_id: str) -> Mapping[str, Any]:
        """One run with its state."""
        return dict(self.request("GET", _path_of(dag_id, run_id)))

    def tasks(self, dag_id: str, run_id: str) -> Sequence[Mapping[str, Any]]:
        """Every task of a run with its state."""
        answer = self.request("GET", f"{_path_of(dag_id, run_id)}/taskInstances?limit=100")
        return list(answer["task_instances"])


@contextlib.contextmanager
def airflow_standalone(
    home: Path, variables: Mapping[str, str], *, inherited: Mapping[str, str] | None = None
) -> Iterator[Airflow]:
    """Airflow in the folder `home`, healthy and with its DAGs read; afterwards no process of it is left.

    variables: the NIGHTLEDGER_* settings that DAGs and tasks see. inherited: what else they see, by default the
    caller's own environment.
    """
    airflow = _prepare(
        home.absolute(), {**(os.environ if inherited is None else inherited), **FOR_A_LAPTOP, **variables}
    )
    with _running(airflow.database), airflow.log.open("ab") as log:
        process = subprocess.Popen(
            [str(airflow.home / "bin" / "airflow"), "standalone"],
            env=dict(airflow.environment),
            cwd=airflow.home,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # Ctrl-C reaches us first, so that we end it in order
        )
        try:
            _wait_until_healthy(airflow, process)
            yield airflow
        finally:
            _end(process)
            _stop_spark(airflow)


@contextlib.contextmanager
def _running(database: PostgreSQL) -> Iterator[None]:
    process = database.start()
    try:
        database.wait(process)
        database.create_database(DATABASE)
        yield
    finally:
        database.stop(process)


def _prepare(home: Path, variables: Mapping[str, str]) -> Airflow:
    """The folder with all that Airflow reads at its start, and the environment of its processes."""
    (home / "bin").mkdir(parents=True, exist_ok=True)
    home.chmod(0o700)  # it holds keys and a password
    shim = home / "bin" / "airflow"
    shim.write_text(SHIM.format(python=sys.executable), encoding="utf-8")
    shim.chmod(0o700)
    (home / "config").mkdir(exist_ok=True)
    (home / "config" / "airflow_local_settings.py").write_text(LOCAL_SETTINGS, encoding="utf-8")
    password_file = _password_file(home)
    if not password_file.exists():
        write_private(password_file, json.dumps({USER: secrets.token_urlsafe(12)}))
    port, database_port = free_ports(2)
    database = PostgreSQL(home / "postgresql", database_port, _database_secret(home))
    environment = {
        **variables,
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__CORE__DAGS_FOLDER": str(PROJECT_ROOT / "dags"),
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": str(password_file),
        "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"http://127.0.0.1:{port}/execution/",
        "AIRFLOW__API__BASE_URL": f"http://127.0.0.1:{port}",
        "AIRFLOW__API__PORT": str(port),
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": database.owner_url(DATABASE).replace(":", "+psycopg2:", 1),
        "PYTHONPATH": str(PROJECT_ROOT),
        "PATH": os.pathsep.join([str(home / "bin"), variables.get("PATH", os.defpath)]),
    }
    return Airflow(home, port, database, environment)


def _wait_until_healthy(airflow: Airflow, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + SECONDS_TO_START
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise AirflowError(f"airflow standalone ended while it started: see {airflow.log}")
        with contextlib.suppress(OSError, http.client.HTTPException, RequestRefusedError):
            health = _ask(airflow.port, "GET", "/api/v2/monitor/health")
            parts = [health[part]["status"] for part in ("metadatabase", "scheduler", "dag_processor")]
            if parts == ["healthy"] * 3 and _dags_are_read(airflow):
                return
        time.sleep(0.5)
    raise AirflowError(f"airflow standalone was not healthy within {SECONDS_TO_START:.0f} s: see {airflow.log}")


def _dags_are_read(airflow: Airflow) -> bool:
    broken = airflow.request("GET", "/importErrors")["import_errors"]
    if broken:
        raise AirflowError(f"a DAG file cannot be imported: {broken[0]['stack_trace'].strip().splitlines()[-1]}")
    return int(airflow.request("GET", "/dags")["total_entries"]) >= 2


def _end(process: subprocess.Popen[bytes]) -> None:
    """End standalone as Ctrl-C does, then whatever of its descendants is left.

    The triggerer is told one time more: told once it waits ten seconds for triggers, of which we have none.
    """
    try:
        started = psutil.Process(process.pid).children(recursive=True)
    except psutil.NoSuchProcess:
        started = []
    for part in started:
        with contextlib.suppress(psutil.NoSuchProcess):
            if part.ppid() == process.pid and "triggerer" in part.cmdline():
                part.send_signal(signal.SIGINT)
    if process.poll() is None:
        process.send_signal(signal.SIGINT)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(SECONDS_TO_STOP)
    left = [*started, *([psutil.Process(process.pid)] if process.poll() is None else [])]
    for end in (psutil.Process.terminate, psutil.Process.kill):
        _, left = psutil.wait_procs(left, timeout=0.2)
        for one in left:
            with contextlib.suppress(psutil.NoSuchProcess):
                end(one)
        _, left = psutil.wait_procs(left, timeout=SECONDS_TO_STOP / 3)
    process.wait()


def _stop_spark(airflow: Airflow) -> None:
    """Stop the Spark servers of runs that were cut short; a run that ends by itself stops its own."""
    scratch = PROJECT_ROOT / airflow.environment.get("NIGHTLEDGER_SCRATCH", ".work")
    for record in sorted((scratch / "spark").glob("*-????-??-??.json")):
        subprocess.run(
            [sys.executable, "-m", "jobs.spark_server", "stop", "--name", record.stem],
            env=dict(airflow.environment),
            cwd=PROJECT_ROOT,
            check=False,
        )


def _ask(port: int, method: str, path: str, body: Mapping[str, Any] | None = None, *, token: str = "") -> Any:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=SECONDS_TO_ANSWER)
    headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {token}"} if token else {})
    with contextlib.closing(connection):
        connection.request(method, path, json.dumps(body) if body is not None else None, headers)
        response = connection.getresponse()
        content = response.read().decode("utf-8")
    if response.status >= 400:
        raise RequestRefusedError(f"{method} {path.split('?', maxsplit=1)[0]}: {response.status} {content[:500]}")
    return json.loads(content) if content else None


def _path_of(dag_id: str, run_id: str) -> str:
    return f"/dags/{dag_id}/dagRuns/{quote(run_id, safe='')}"


def _password_file(home: Path) -> Path:
    return home / "admin_password.json"


def _database_secret(home: Path) -> str:
    kept = home / "database_password"
    if not kept.exists():
        write_private(kept, secrets.token_hex(20))
    return kept.read_text(encoding="utf-8")


def _password(home: Path) -> str:
    return str(json.loads(_password_file(home).read_text(encoding="utf-8"))[USER])


def main(arguments: Sequence[str] | None = None) -> int:
    """Run Airflow until Ctrl-C or SIGTERM."""
    parser = argparse.ArgumentParser(
        prog="python -m demo.airflow", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--home", type=Path, default=Path(".work/airflow"), help="the folder in which Airflow lives")
    options = parser.parse_args(arguments)
    end_in_order_on_signals()
    try:
        with airflow_standalone(options.home, {}) as airflow:
            _say(f"Airflow is ready at {airflow.url}")
            _say(f"user {USER}, password in {airflow.password_file}; log in {airflow.log}")
            _say("unpause the DAG nightly, and the scheduler closes one night after the other; Ctrl-C ends everything")
            try:
                signal.pause()
            finally:
                _say("stopping Airflow")
    except AirflowError as error:
        _say(str(error))
        return 2
    return 0


def _say(line: str) -> None:
    print(line, flush=True)  # noqa: T201 this is what the command is for


if __name__ == "__main__":
    sys.exit(main())
