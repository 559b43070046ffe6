"""One Spark Connect server for a run: started before its first task, found by all of them, stopped after the last.

    python -m jobs.spark_server start --name nightly-2026-04-01 [--master spark://cluster:7077]
    python -m jobs.spark_server stop --name nightly-2026-04-01

The server listens on loopback only and asks for a token. What is needed to reach and to stop it lies in one file that
only its owner can read; the last line that `start` prints names the file, and never the token.
"""

from __future__ import annotations

import argparse
import contextlib
import fcntl
import json
import logging
import os
import re
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import psutil
import pyspark

from jobs.errors import ExitCode
from jobs.settings import Settings, SettingsError, read_settings
from jobs.spark import JAVA_OPTIONS, SERVER_OPTIONS, options_of_driver, prepare_environment
from jobs.temporary_folders import hold_folder, remove_unheld

SERVER_CLASS = "org.apache.spark.sql.connect.service.SparkConnectServer"
NAME = re.compile(r"[a-z][a-z0-9-]{0,60}")
TOKEN_VARIABLE = "SPARK_CONNECT_AUTHENTICATE_TOKEN"  # noqa: S105 the name of Spark's own variable, not a secret
LOOPBACK = "localhost"  # Spark's client sends a token without TLS to this name, and to no other

SECONDS_TO_START = 180.0  # 8 on an idle laptop; a busy one has needed 60
SECONDS_TO_ANSWER = 90.0  # the first query loads much of Spark: 5 on an idle laptop
SECONDS_TO_STOP = 20.0
LOOKS_AT_A_COMMAND_LINE = 20
"""A process has none for a moment while it turns into another program, as spark-submit turns into Java."""

QUESTION = """
import sys
from pyspark.sql.connect.session import SparkSession
sys.exit(SparkSession.builder.remote(sys.argv[1]).create().range(1).count() != 1)
"""

NEEDS_LOOPBACK = ("spark.driver.bindAddress", "spark.driver.host")
"""Options that hold on one machine; the executors of a cluster must be able to reach the driver."""

logger = logging.getLogger("nightledger")


class SparkServerError(RuntimeError):
    """The server did not come up; the message names its log. Trying again may help."""

    exit_code = ExitCode.TEMPORARY


@dataclass(frozen=True)
class SparkServer:
    """A running server: its address, its token, and what tells its process from any other with the same number."""

    remote: str
    token: str
    pid: int
    marker: str

    def process(self) -> psutil.Process | None:
        """The server's process; None when it is gone, or when its number belongs to another process by now."""
        with contextlib.suppress(psutil.Error):
            process = psutil.Process(self.pid)
            for _ in range(LOOKS_AT_A_COMMAND_LINE):
                if process.status() == psutil.STATUS_ZOMBIE:
                    return None
                if line := process.cmdline():
                    return process if self.marker in line else None
                time.sleep(0.05)
        return None


def start(settings: Settings, name: str = "by-hand", master: str | None = None) -> str:
    """The address of the server of this name, which is started unless it runs and answers already.

    master: the cluster to run on; by default this machine, with the cores and the memory of the settings.
    SparkServerError when it does not come up; nothing is left running then.
    """
    with _locked(settings, name) as file:
        server = _recorded(file)
        if server is not None and server.process() is not None and _answers(server):
            return server.remote
        _end(server, settings)
        server = _launch(settings, file, master)
        try:
            _wait_until_it_answers(server, file)
        except BaseException:
            _end(server, settings)
            file.unlink(missing_ok=True)
            raise
        return server.remote


def stop(settings: Settings, name: str = "by-hand") -> None:
    """End the server of this name, and no other process; nothing happens when there is none."""
    with _locked(settings, name) as file:
        _end(_recorded(file), settings)
        for leftover in (file, file.with_suffix(".properties")):
            leftover.unlink(missing_ok=True)


def recorded(settings: Settings, name: str = "by-hand") -> SparkServer | None:
    """The server of this name as it was started, whether or not it still runs; None when there is no such record."""
    return _recorded(state_file(settings, name))


def state_file(settings: Settings, name: str) -> Path:
    """Where the server of this name is recorded; SettingsError when the name could lead elsewhere."""
    if not NAME.fullmatch(name):
        raise SettingsError(
            "the name of a Spark server is lower-case letters, digits and hyphens, like nightly-2026-04-01"
        )
    return settings.scratch / "spark" / f"{name}.json"


def _launch(settings: Settings, file: Path, master: str | None) -> SparkServer:
    port, temporary = _free_port(), hold_folder(settings.spark_temporary)
    properties = file.with_suffix(".properties")
    options = _options(settings, temporary.path, port, master)
    _write_private(properties, "".join(f"{name}={value}\n" for name, value in options))
    token = secrets.token_urlsafe(32)
    home = Path(pyspark.__file__).parent
    command = [str(home / "bin" / "spark-submit"), "--class", SERVER_CLASS, "--name", "nightledger"]
    try:
        with file.with_suffix(".log").open("wb") as log:
            process = subprocess.Popen(
                [*command, "--properties-file", str(properties)],
                env={**_environment(master), "SPARK_HOME": str(home), TOKEN_VARIABLE: token},
                cwd=file.parent,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # it outlives the task that starts it
                pass_fds=[temporary.descriptor],  # and holds the folder as long as it lives
            )
    finally:
        os.close(temporary.descriptor)
    server = SparkServer(f"sc://{LOOPBACK}:{port}", token, process.pid, str(properties))
    _write_private(file, json.dumps(asdict(server)))
    return server


def _environment(master: str | None) -> dict[str, str]:
    address = os.environ.get("SPARK_LOCAL_IP")
    prepare_environment()
    environment = {name: value for name, value in os.environ.items() if name != "SPARK_REMOTE"}
    if master is not None and address is None:
        environment.pop("SPARK_LOCAL_IP", None)  # loopback is where no executor of a cluster finds the driver
    return environment


def _options(settings: Settings, temporary: Path, port: int, master: str | None) -> Iterator[tuple[str, str]]:
    for name, value in SERVER_OPTIONS.items():
        if master is None or name not in NEEDS_LOOPBACK:
            yield name, value
    yield "spark.master", master or f"local[{settings.spark_cores}]"
    yield "spark.driver.memory", settings.spark_memory
    yield from options_of_driver(settings.spark_java_options, temporary).items()
    yield "spark.executor.extraJavaOptions", JAVA_OPTIONS
    yield "spark.connect.grpc.binding.address", "127.0.0.1"
    yield "spark.connect.grpc.binding.port", str(port)
    yield "spark.log.level", "WARN"


def _wait_until_it_answers(server: SparkServer, file: Path) -> None:
    """Returns when the server has run a query; that also wakes what Spark loads late, once for all tasks."""
    deadline = time.monotonic() + SECONDS_TO_START
    while time.monotonic() < deadline:
        if server.process() is None:
            raise SparkServerError(f"the Spark server ended while it started: see {file.with_suffix('.log').name}")
        if _is_listening(server):
            if _answers(server):
                return
            raise SparkServerError(f"the Spark server refused a query: see {file.with_suffix('.log').name}")
        time.sleep(0.2)
    raise SparkServerError(
        f"the Spark server did not answer within {SECONDS_TO_START:.0f} s: see {file.with_suffix('.log').name}"
    )


def _is_listening(server: SparkServer) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as client:
        client.settimeout(1)
        return client.connect_ex(("127.0.0.1", int(server.remote.rsplit(":", 1)[1]))) == 0


def _answers(server: SparkServer) -> bool:
    """Whether the server runs a query for whoever has its token, within SECONDS_TO_ANSWER.

    A process of its own asks: Spark's client repeats a question to a dying server for ten minutes, and cannot be told
    to stop before it is connected.
    """
    if not _is_listening(server):
        return False
    try:
        asked = subprocess.run(
            [sys.executable, "-c", QUESTION, server.remote],
            env={**os.environ, TOKEN_VARIABLE: server.token},
            capture_output=True,
            check=False,
            timeout=SECONDS_TO_ANSWER,
        )
    except subprocess.TimeoutExpired:
        return False
    return asked.returncode == 0


def _end(server: SparkServer | None, settings: Settings) -> None:
    """End the process, if there is one, and remove what it wrote down on its way."""
    process = server.process() if server is not None else None
    if process is not None:
        _end_process(process)
    remove_unheld(settings.spark_temporary)


def _end_process(process: psutil.Process) -> None:
    for end in (process.terminate, process.kill):
        with contextlib.suppress(psutil.NoSuchProcess):
            end()
        with contextlib.suppress(psutil.TimeoutExpired):
            process.wait(SECONDS_TO_STOP)
            return


@contextlib.contextmanager
def _locked(settings: Settings, name: str) -> Iterator[Path]:
    """Hold the name, so that two tries of a task never start two servers; the kernel lets go when we end."""
    file = state_file(settings, name)
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with file.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield file


def _recorded(file: Path) -> SparkServer | None:
    try:
        return SparkServer(**json.loads(file.read_text(encoding="utf-8")))
    except (FileNotFoundError, ValueError, TypeError):
        return None


def _write_private(path: Path, content: str) -> None:
    """Write a file that only its owner can read, at once or not at all."""
    unfinished = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
    descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
        stream.write(content)
    unfinished.replace(path)


def _free_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def main(arguments: Sequence[str] | None = None) -> int:
    """Start or stop; prints one JSON object that names the server's file."""
    parser = argparse.ArgumentParser(
        prog="python -m jobs.spark_server", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("action", choices=("start", "stop"))
    parser.add_argument("--name", required=True, help="whose server it is, like nightly-2026-04-01")
    parser.add_argument("--master", help="the cluster to run on (default: this machine)")
    options = parser.parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stderr)
    logging.getLogger("pyspark").setLevel(logging.ERROR)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(ExitCode.TEMPORARY))  # ending a start ends its server too
    try:
        settings = read_settings()
        report: Mapping[str, str] = {"state_file": str(state_file(settings, options.name))}
        if options.action == "start":
            report = {"remote": start(settings, options.name, options.master), **report}
        else:
            stop(settings, options.name)
    except (SettingsError, SparkServerError) as error:
        logger.error("spark server %s: %s", options.name, error)
        return int(getattr(error, "exit_code", ExitCode.BAD_INPUT))
    print(json.dumps(report), flush=True)  # noqa: T201 standard output is what programs read
    return int(ExitCode.OK)


if __name__ == "__main__":
    sys.exit(main())
