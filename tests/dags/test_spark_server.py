"""One Spark server for a run: it answers its owner only, is started anew when it is lost, and leaves nothing behind."""

from __future__ import annotations

import json
import os
import signal
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

import psutil
import pytest

from demo.servers import JAVA_OPTIONS_FOR_SHORT_RUNS
from jobs import spark_server
from jobs.settings import Settings, SettingsError, read_settings
from jobs.spark_server import SparkServer, _answers, start, state_file, stop
from jobs.temporary_folders import remove_unheld

PROJECT_ROOT = Path(__file__).resolve().parents[2]
NAME = "nightly-2026-04-01"

ASK = """
import sys
from pyspark.sql.connect.session import SparkSession
session = SparkSession.builder.remote(sys.argv[1]).create()
print(session.range(3).count(), session.conf.get("spark.hadoop.parquet.page.verify-checksum.enabled"))
"""

FEW_AND_MANY = """
import sys
from jobs.spark import another_session, open_session
few = open_session(remote=sys.argv[1], cores=1, memory="1g", shuffle_partitions=1, few_rows=True)
many = another_session(few, shuffle_partitions=3, few_rows=False)
for session in (few, many):
    options = ("codegen.wholeStage", "shuffle.partitions", "session.timeZone")
    print(*(session.conf.get(f"spark.sql.{name}") for name in options), session.range(4).distinct().count())
for session in (few, many):
    session.stop()
"""

NIGHT_AND_REPLAY = """
import sys
from pathlib import Path
import jobs.spark_sessions
from jobs.inputs import night
from schemas.cleaned.credit_accounts import CREDIT_ACCOUNTS
from schemas.features.promises import PROMISES
from tests.lake.few_and_many import DAY, MANY, REPLAY, road_to_three_orders
jobs.spark_sessions.ROWS_WORTH_COMPILING = MANY
road = road_to_three_orders(Path(sys.argv[2]), remote=sys.argv[1])
built = [road.publish(CREDIT_ACCOUNTS, night(DAY)), road.publish(PROMISES, REPLAY)]
print([one.manifest.rows for one in built], *sorted(road.sessions.opened))
road.close()
"""


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    folder = tmp_path_factory.mktemp("spark")
    return read_settings(variables(folder))


@pytest.fixture(scope="module")
def server(settings: Settings) -> Iterator[SparkServer]:
    start(settings, NAME)
    yield recorded(settings)
    stop(settings, NAME)


def variables(folder: Path) -> dict[str, str]:
    return {
        "NIGHTLEDGER_LAKE": str(folder / "lake"),
        "NIGHTLEDGER_SCRATCH": str(folder / "scratch"),
        "NIGHTLEDGER_FIRST_BUSINESS_DATE": "2026-03-31",
        "NIGHTLEDGER_SPARK_CORES": "1",
        "NIGHTLEDGER_SPARK_MEMORY": "1g",
        "NIGHTLEDGER_SPARK_JAVA_OPTIONS": JAVA_OPTIONS_FOR_SHORT_RUNS,
    }


def recorded(settings: Settings) -> SparkServer:
    server = spark_server.recorded(settings, NAME)
    assert server
    return server


def ask(server: SparkServer, token: str | None, what: str = ASK, *besides: str) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if name != "SPARK_CONNECT_AUTHENTICATE_TOKEN"}
    return subprocess.run(
        [sys.executable, "-c", what, server.remote, *besides],
        cwd=PROJECT_ROOT,
        env=environment | ({"SPARK_CONNECT_AUTHENTICATE_TOKEN": token} if token else {}),
        capture_output=True,
        text=True,
        check=False,
        timeout=600,  # a busy machine takes its time to start two Pythons and to plan
    )


def is_running(pid: int) -> bool:
    try:
        return bool(psutil.Process(pid).status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def test_the_server_answers_whoever_has_its_token_with_the_options_of_the_project(server: SparkServer) -> None:
    assert ask(server, server.token).stdout.split() == ["3", "true"]


def test_few_and_many_rows_have_options_of_their_own_on_a_server(server: SparkServer) -> None:
    told = ask(server, server.token, FEW_AND_MANY)
    assert told.stdout.splitlines() == ["false 1 UTC 4", "true 3 UTC 4"], told.stderr


def test_one_process_builds_few_rows_and_replays_many_that_are_joined_to_few_on_a_server(
    server: SparkServer, tmp_path: Path
) -> None:
    told = ask(server, server.token, NIGHT_AND_REPLAY, str(tmp_path))
    assert told.stdout.splitlines() == ["[0, 1] compiling interpreting"], told.stderr


@pytest.mark.parametrize("token", [None, "a guess"])
def test_the_server_refuses_everybody_else(server: SparkServer, token: str | None) -> None:
    asked = ask(server, token)
    assert asked.returncode != 0
    assert "token" in asked.stderr.lower()


def test_the_server_listens_on_loopback_only(server: SparkServer) -> None:
    listening = [
        connection.laddr.ip
        for connection in psutil.Process(server.pid).net_connections("inet")
        if connection.status == psutil.CONN_LISTEN
    ]
    assert listening
    assert {address.removeprefix("::ffff:") for address in listening} == {"127.0.0.1"}


def test_only_the_owner_can_read_the_token_and_no_command_line_shows_it(
    server: SparkServer, settings: Settings
) -> None:
    assert stat.S_IMODE(state_file(settings, NAME).stat().st_mode) == 0o600
    assert server.token not in " ".join(psutil.Process(server.pid).cmdline())


def command_line(process: psutil.Process) -> str:
    """Empty for a process that has just ended, as the JVM's own short helpers do."""
    try:
        return " ".join(process.cmdline())
    except psutil.Error:
        return ""


def test_a_second_start_finds_the_first_server(server: SparkServer, settings: Settings) -> None:
    assert start(settings, NAME) == server.remote
    assert recorded(settings) == server


def test_a_lost_server_is_started_anew_with_executors_on_a_cluster_and_stopping_ends_them_and_only_them(
    server: SparkServer, settings: Settings
) -> None:
    remove_unheld(settings.spark_temporary)
    [of_lost] = folders_of_spark(settings)
    assert list(of_lost.iterdir()), "a server that lives holds its folder"
    killed = psutil.Process(server.pid)
    killed.kill()
    psutil.wait_procs([killed], timeout=30)
    start(settings, NAME, "local-cluster[1,1,1024]")  # a master, a worker and an executor in processes of their own
    assert not of_lost.exists()
    anew = recorded(settings)
    executors = psutil.Process(anew.pid).children(recursive=True)
    bystander = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    try:
        assert anew.pid != server.pid
        assert any("CoarseGrainedExecutorBackend" in command_line(process) for process in executors)
        assert ask(anew, anew.token).stdout.split() == ["3", "true"]
        stop(settings, NAME)
        assert not is_running(anew.pid)
        assert is_running(bystander.pid)
        assert not state_file(settings, NAME).exists()
        assert folders_of_spark(settings) == []
    finally:
        bystander.kill()
        bystander.wait()
    _, left = psutil.wait_procs(executors, timeout=30)
    assert left == []


def folders_of_spark(settings: Settings) -> list[Path]:
    """Where servers keep what they shuffle."""
    return [folder for folder in settings.spark_temporary.iterdir() if folder.is_dir()]


def test_a_process_that_took_over_the_number_of_a_dead_server_is_left_alone(settings: Settings) -> None:
    bystander = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    try:
        file = state_file(settings, NAME)
        file.parent.mkdir(parents=True, exist_ok=True)
        stranger = {"remote": "sc://localhost:1", "token": "t", "pid": bystander.pid, "marker": "not on its line"}
        file.write_text(json.dumps(stranger), encoding="utf-8")
        stop(settings, NAME)
        assert is_running(bystander.pid)
    finally:
        bystander.kill()
        bystander.wait()


def test_a_server_that_listens_but_never_answers_counts_as_lost_and_can_be_stopped(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    listen = (
        "import socket, time; listening = socket.create_server(('127.0.0.1', 0)); "
        "print(listening.getsockname()[1]); time.sleep(600)"
    )
    process = subprocess.Popen([sys.executable, "-uc", listen, "its marker"], stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout
        port = int(process.stdout.readline())
        silent = SparkServer(f"sc://localhost:{port}", "token", process.pid, "its marker")
        file = state_file(settings, NAME)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(asdict(silent)), encoding="utf-8")
        process.send_signal(signal.SIGSTOP)
        socket.create_connection(("127.0.0.1", port), timeout=10).close()  # the kernel still accepts in its name
        monkeypatch.setattr("jobs.spark_server.SECONDS_TO_ANSWER", 3.0)
        monkeypatch.setattr("jobs.spark_server.SECONDS_TO_STOP", 1.0)
        assert not _answers(silent)
        assert is_running(silent.pid)
        stop(settings, NAME)
        assert not is_running(silent.pid)
    finally:
        process.kill()
        process.communicate()


def test_a_server_without_a_command_line_for_a_moment_is_not_taken_for_dead(monkeypatch: pytest.MonkeyPatch) -> None:
    line = psutil.Process().cmdline()
    looks = iter([[], [], line])
    monkeypatch.setattr(psutil.Process, "cmdline", lambda _: next(looks))
    turning_into_java = SparkServer("sc://localhost:1", "token", os.getpid(), line[-1])
    assert turning_into_java.process() is not None
    assert list(looks) == []


def test_stopping_what_never_ran_does_nothing(settings: Settings) -> None:
    stop(settings, "nightly-2026-12-31")


def test_ending_a_start_half_way_leaves_no_server(settings: Settings, tmp_path: Path) -> None:
    starting = subprocess.Popen(
        [sys.executable, "-m", "jobs.spark_server", "start", "--name", NAME],
        cwd=PROJECT_ROOT,
        env={**os.environ, **variables(tmp_path)},
    )
    file = tmp_path / "scratch" / "spark" / f"{NAME}.json"
    deadline = time.monotonic() + 60
    while not file.exists():
        assert time.monotonic() < deadline
        time.sleep(0.01)
    pid = json.loads(file.read_text(encoding="utf-8"))["pid"]
    starting.terminate()
    assert starting.wait(60) == 75
    assert not is_running(pid)


def test_a_start_that_cannot_succeed_says_where_to_look(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "jobs.spark_server", "start", "--name", NAME, "--master", "no-such-cluster"],
        cwd=PROJECT_ROOT,
        env={**os.environ, **variables(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 75
    assert done.stderr.splitlines()[-1] == (
        f"spark server {NAME}: the Spark server ended while it started: see {NAME}.log"
    )


@pytest.mark.parametrize("name", ["../elsewhere", "a b", "", "A", "x;y", "-x", "a" * 80])
def test_a_name_that_could_lead_elsewhere_is_refused(name: str, settings: Settings) -> None:
    with pytest.raises(SettingsError, match="lower-case letters, digits and hyphens"):
        state_file(settings, name)
