"""The servers: real, opened by keys only, read-only for the alliance, and gone when they are stopped."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import stat
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import adbc_driver_manager
import psutil
import pytest
from adbc_driver_postgresql import dbapi
from botocore.exceptions import ClientError

from demo.__main__ import main
from demo.keys import read_environment, write_keys
from demo.large import write_world
from demo.life import Life, live
from demo.object_store import DROP_BUCKET, LAKE_BUCKET, AccessKey
from demo.processes import Process, free_ports
from demo.servers import Partners, find_partners, partners
from demo.tables import BANK_TABLES, FILE_TABLES
from demo.world import World
from tests.demo.conftest import FIRST, SECOND, SMALL, THIRD

REPOSITORY = Path(__file__).parents[2]


def demo(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "demo", *arguments]
    return subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=False, timeout=120)


def rows_of(url: str, query: str) -> list[tuple[object, ...]]:
    with dbapi.connect(url) as connection, connection.cursor() as cursor:
        cursor.execute(query)
        return list(cursor.fetchall())


def leftovers(folder: Path) -> list[str]:
    """Processes that still work with the folder."""
    return [
        " ".join(process.info["cmdline"])
        for process in psutil.process_iter(["cmdline"])
        if str(folder) in " ".join(process.info["cmdline"] or []) and process.pid != os.getpid()
    ]


def test_the_alliance_reads_every_drop_with_its_key(served: Partners, life: Life) -> None:
    client = served.store.client(served.store.alliance)
    for table in FILE_TABLES:
        key = f"drop/{table}/dt={SECOND}/_MANIFEST.json"
        manifest = json.loads(client.get_object(Bucket=DROP_BUCKET, Key=key)["Body"].read())
        assert manifest["files"][0]["rows"] == life.drop(table, SECOND).num_rows


@pytest.mark.parametrize("access", [AccessKey("alliance", "wrong"), AccessKey("nobody", "wrong")])
def test_a_wrong_key_is_refused(served: Partners, access: AccessKey) -> None:
    with pytest.raises(ClientError, match=r"SignatureDoesNotMatch|InvalidAccessKeyId"):
        served.store.client(access).list_objects_v2(Bucket=DROP_BUCKET)


def test_nothing_is_served_without_a_key(served: Partners) -> None:
    for port, path in ((served.store.ports["s3"], "alliance/"), (served.store.ports["filer"], "buckets/alliance/")):
        with pytest.raises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/{path}drop/users/dt={FIRST}/_MANIFEST.json")
        assert refused.value.code in {403, 404}


def test_the_alliance_cannot_write_into_the_drop_but_into_its_lake(served: Partners) -> None:
    client = served.store.client(served.store.alliance)
    with pytest.raises(ClientError, match="AccessDenied"):
        client.put_object(Bucket=DROP_BUCKET, Key="drop/users/dt=2026-03-31/more", Body=b"x")
    client.put_object(Bucket=LAKE_BUCKET, Key="x", Body=b"x")
    assert client.get_object(Bucket=LAKE_BUCKET, Key="x")["Body"].read() == b"x"


def test_each_bank_serves_its_own_rows_until_the_last_day_loaded(served: Partners, life: Life) -> None:
    for bank in SMALL.banks:
        for name in BANK_TABLES:
            count = rows_of(served.replicas.url(bank), f"SELECT count(*) FROM bank.{name}")[0][0]
            assert count == life.replica(bank, name, None, SECOND).num_rows, (bank, name)


def test_a_slice_of_a_day_can_be_pulled_again_after_the_next_day_came(served: Partners, life: Life) -> None:
    query = f"""SELECT count(*) FROM bank.customers WHERE updated_at < '{SECOND}T00:00:00+08:00'"""
    before = rows_of(served.replicas.url("harbour"), query)
    served.load_banks(life, [THIRD])
    assert rows_of(served.replicas.url("harbour"), query) == before
    total = life.replica("harbour", "transactions", None, THIRD).num_rows
    assert rows_of(served.replicas.url("harbour"), "SELECT count(*) FROM bank.transactions") == [(total,)]


@pytest.mark.parametrize(
    "statement",
    ["DELETE FROM bank.customers", "CREATE TABLE bank.mine (x int)", "SET default_transaction_read_only = off"],
)
def test_the_alliance_cannot_write_to_a_bank(served: Partners, statement: str) -> None:
    with dbapi.connect(served.replicas.url("harbour")) as connection, connection.cursor() as cursor:
        if statement.startswith("SET"):
            cursor.execute(statement)
            connection.commit()
            statement = "INSERT INTO bank.merchants SELECT * FROM bank.merchants"
        with pytest.raises(adbc_driver_manager.Error, match=r"read-only|permission denied"):
            cursor.execute(statement)


def test_a_wrong_password_is_refused(served: Partners) -> None:
    url = served.replicas.url("harbour").replace(served.replicas.reader_secret, "wrong")
    with pytest.raises(adbc_driver_manager.Error, match="password authentication failed"):
        dbapi.connect(url)


def test_both_servers_listen_on_loopback_only(served: Partners) -> None:
    for process in served.processes:
        listening = [c for c in psutil.Process(process.pid).net_connections("tcp") if c.status == psutil.CONN_LISTEN]
        assert listening
        assert {connection.laddr.ip for connection in listening} == {"127.0.0.1"}


def test_the_environment_and_the_keys_are_private_and_complete(served: Partners, tmp_path: Path) -> None:
    environment = served.write_environment(SMALL, lake=str(tmp_path / "lake"))
    values = read_environment(environment)
    keys = Path(values["NIGHTLEDGER_KEYS_FILE"])
    assert all(
        stat.S_IMODE(file.stat().st_mode) == 0o600 for file in (environment, keys, served.folder / "servers.json")
    )
    assert set(json.loads(keys.read_text())["recipients"]) == {"harbour", "meridian"}
    assert values["NIGHTLEDGER_FIRST_BUSINESS_DATE"] == "2026-03-31"
    assert rows_of(values["NIGHTLEDGER_BANK_MERIDIAN_URL"], "SELECT 1") == [(1,)]


def test_keys_are_secret_unless_a_test_fixes_them(tmp_path: Path) -> None:
    texts = [write_keys(tmp_path / name, ("harbour",)).read_text() for name in ("ann", "bob")]
    fixed = [write_keys(tmp_path / name, ("harbour",), fixed="test").read_text() for name in ("carl", "dora")]
    assert texts[0] != texts[1]
    assert fixed[0] == fixed[1]
    assert write_keys(tmp_path / "ann", ("harbour",)).read_text() == texts[0]


def test_killed_servers_start_again_with_their_data(tmp_path: Path, life: Life) -> None:
    with partners(tmp_path / "killed") as running:
        running.load(life, [FIRST])
        for process in running.processes:
            os.kill(process.pid, signal.SIGKILL)
        for process in running.processes:
            process.stop(signal.SIGKILL, 10)
    with partners(tmp_path / "killed", forget=True) as again:
        assert again.store.ports == running.store.ports, "an environment that was read before still holds"
        count = rows_of(again.replicas.url("harbour"), "SELECT count(*) FROM bank.customers")[0][0]
        assert count == life.replica("harbour", "customers", None, FIRST).num_rows
        listed = again.store.client(again.store.alliance).list_objects_v2(Bucket=DROP_BUCKET, Prefix="drop/users/")
        assert listed["KeyCount"] == 2
    assert leftovers(tmp_path) == []
    assert not (tmp_path / "killed").exists()
    assert again.replicas.home == again.replicas.folder or not again.replicas.home.exists()


def test_a_large_world_is_served_from_its_files(tmp_path: Path) -> None:
    world = World(people=250, district_people=50, history_months=2)
    write_world(world, [FIRST, SECOND], tmp_path / "world", processes=1)
    with partners(tmp_path / "large", forget=True) as running:
        running.load_files(world, tmp_path / "world", [FIRST, SECOND])
        listed = running.store.client(running.store.alliance).list_objects_v2(
            Bucket=DROP_BUCKET, Prefix=f"drop/events/dt={FIRST}/"
        )
        assert [item["Key"].split("/")[-1] for item in listed["Contents"]] == [
            "_MANIFEST.json",
            "part-00000.jsonl.gz",
            "part-00001.jsonl.gz",
        ]
        life = live(world, SECOND)
        for table in ("customers", "transactions", "merchants"):
            count = rows_of(running.replicas.url("harbour"), f"SELECT count(*) FROM bank.{table}")[0][0]
            assert count == life.replica("harbour", table, None, SECOND).num_rows > 0


def test_a_written_world_is_loaded_once_and_no_other_over_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source, folder = str(tmp_path / "world"), str(tmp_path / "served")
    size = ("--people", "60", "--history-months", "1", "--days", "1", "--banks", "summit")
    assert main(["world", "--out", source, *size]) == 0
    try:
        assert main(["load", "--world", source, "--folder", folder]) == 0
        running = find_partners(Path(folder))
        assert running is not None
        life = live(World(people=60, history_months=1, banks=("summit",)), SECOND)
        count = rows_of(running.replicas.url("summit"), "SELECT count(*) FROM bank.transactions")
        assert count == [(life.replica("summit", "transactions", None, SECOND).num_rows,)]
        key = f"drop/orders/dt={SECOND}/_MANIFEST.json"
        assert running.store.client(running.store.alliance).head_object(Bucket=DROP_BUCKET, Key=key)
        capsys.readouterr()
        assert main(["up", "--folder", folder, *size]) == 0  # the same world by the other road
        assert "living" not in capsys.readouterr().out
        other = str(tmp_path / "other")
        assert main(["world", "--out", other, *size[:-2]]) == 0
        assert main(["load", "--world", other, "--folder", folder]) == 2
        assert "holds another world" in capsys.readouterr().err
    finally:
        assert main(["down", "--forget", "--folder", folder]) == 0


@pytest.mark.parametrize(
    ("written", "says"),
    [
        ([], "holds no world"),
        (["--days", "0", "--parquet"], "written with --parquet"),
        (["--from", str(SECOND), "--to", str(SECOND)], f"begins on {SECOND}, without the history"),
    ],
)
def test_what_cannot_be_loaded_is_refused_in_one_line(
    written: list[str], says: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    if written:
        assert main(["world", "--out", str(tmp_path), "--people", "60", "--history-months", "1", *written]) == 0
    assert main(["load", "--world", str(tmp_path), "--folder", str(tmp_path / "served")]) == 2
    said = capsys.readouterr().err
    assert says in said
    assert said.count("\n") == 1
    assert not (tmp_path / "served").exists()


def test_an_error_inside_the_block_stops_both_servers(tmp_path: Path) -> None:
    def fail_while_they_run() -> None:
        with partners(tmp_path / "partners") as running:
            assert running.are_running()
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail_while_they_run()
    known = find_partners(tmp_path / "partners")
    assert known
    assert not known.processes
    assert leftovers(tmp_path) == []
    known.forget()


def test_up_down_and_status_from_the_command_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = str(tmp_path / "demo")
    assert main(["status", "--folder", folder]) == 1
    started = demo("up", "--people", "60", "--history-months", "1", "--days", "1", "--folder", folder)
    assert started.returncode == 0, started.stderr
    assert "ready" in started.stdout
    assert demo("status", "--folder", folder).returncode == 0  # another process finds them
    assert main(["up", "--people", "60", "--history-months", "1", "--days", "1", "--folder", folder]) == 0
    assert main(["up", "--people", "70", "--history-months", "1", "--days", "1", "--folder", folder]) == 2
    assert "holds another world" in capsys.readouterr().err
    known = find_partners(Path(folder))
    assert known
    assert known.are_running()
    assert demo("down", "--forget", "--folder", folder).returncode == 0
    assert leftovers(tmp_path) == []
    assert not Path(folder).exists()
    for port in (*known.store.ports.values(), known.replicas.port):
        with socket.socket() as probe:
            assert probe.connect_ex(("127.0.0.1", port)) != 0
        assert not list(Path("/tmp").glob(f"seaweedfs-*-{port}.sock"))  # noqa: S108


def test_an_interrupted_start_leaves_nothing_running(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "demo", "up", "--people", "20000", "--folder", str(tmp_path / "demo")]
    with subprocess.Popen(command, cwd=REPOSITORY, stdout=subprocess.PIPE, text=True) as starting:
        assert starting.stdout
        assert "living" in starting.stdout.readline()
        starting.send_signal(signal.SIGINT)
        starting.wait(timeout=60)
    assert starting.returncode != 0
    assert leftovers(tmp_path) == []
    assert main(["down", "--forget", "--folder", str(tmp_path / "demo")]) == 0


@pytest.mark.parametrize("told", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
@pytest.mark.parametrize("is_group", [True, False], ids=["from the terminal", "by kill"])
def test_whoever_is_told_to_end_lets_what_it_runs_put_everything_away(
    told: signal.Signals, is_group: bool, tmp_path: Path
) -> None:
    note = tmp_path / "note"
    program = (
        "import os, sys; from demo.processes import end_in_order_on_signals as listen, run_to_its_end; listen(); "
        "run_to_its_end([sys.executable, '-m', 'tests.demo.slow_to_end', sys.argv[1]], os.environ)"
    )
    command = [sys.executable, "-c", program, str(note)]
    with subprocess.Popen(command, cwd=REPOSITORY, start_new_session=True) as runner:
        deadline = time.monotonic() + 60
        while not note.exists() and time.monotonic() < deadline:
            time.sleep(0.05)
        (os.killpg if is_group else os.kill)(runner.pid, told)
        time.sleep(0.3)
        runner.send_signal(told)  # an impatient second Ctrl-C must not cut the putting away short
        assert runner.wait(timeout=60) == 128 + told
    assert note.read_text() == "put away"


def test_a_process_of_another_birth_is_never_stopped() -> None:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as somebody:
        reused = Process("an earlier server", somebody.pid, psutil.Process(somebody.pid).create_time() - 100)
        assert not reused.is_running()
        reused.stop(signal.SIGKILL, 1)
        assert somebody.poll() is None
        somebody.communicate(b"\n")


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere a process ends with its first thread")
def test_a_server_whose_first_thread_is_gone_lives_while_others_hold_its_port() -> None:
    program = (
        "import ctypes, socket, threading; held = socket.create_server(('127.0.0.1', 0)); "
        "threading.Thread(target=held.accept).start(); print(held.getsockname()[1], flush=True); "
        "ctypes.CDLL(None).pthread_exit(None)"
    )
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True) as dying:
        assert dying.stdout
        port = int(dying.stdout.readline())
        seen = psutil.Process(dying.pid)
        deadline = time.monotonic() + 60
        while seen.status() != psutil.STATUS_ZOMBIE and time.monotonic() < deadline:
            time.sleep(0.01)
        server = Process("a dying server", dying.pid, seen.create_time())
        was_running = server.is_running()
        server.stop(signal.SIGKILL, 10)
        is_running = server.is_running()
        dying.kill()
        assert was_running
        assert not is_running
        assert free_ports(1, wanted=[port]) == [port]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root lends PostgreSQL to another user")
def test_data_of_a_folder_that_was_deleted_are_removed_at_the_next_start(tmp_path: Path) -> None:
    tmp_path.chmod(0o700)
    with partners(tmp_path / "ann") as running:
        home = running.replicas.home
    assert home.exists()
    assert not home.is_relative_to(tmp_path)
    shutil.rmtree(tmp_path / "ann")
    with partners(tmp_path / "bob", forget=True):
        assert not home.exists()
