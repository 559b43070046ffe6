"""A PostgreSQL of the demo's own: from the wheel that brings its programs, on a loopback port, in one folder."""

from __future__ import annotations

import contextlib
import hashlib
import os
import pwd
import shutil
import signal
import subprocess
import sysconfig
import tempfile
from dataclasses import dataclass
from pathlib import Path

import adbc_driver_manager
import psutil
from adbc_driver_postgresql import dbapi

from demo.keys import write_private
from demo.processes import Process, ServerError, start, wait_until

OWNER = "postgres"
_HOME_PREFIX, _BELONGS_TO = "nightledger-postgresql-", "belongs_to"
_INSTALLED = Path(sysconfig.get_path("platlib")) / "pgserver"  # only its programs: importing it makes folders elsewhere
_SERVER_OPTIONS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "timezone": "UTC",
    "shared_buffers": "64MB",
    "max_connections": "100",
    # The demo's data can be made again: what survives a killed process matters, what survives a power cut does not.
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "autovacuum": "off",
}


@dataclass(frozen=True)
class PostgreSQL:
    """A PostgreSQL server whose files lie in `folder`; `owner_secret` is the password of its owner."""

    folder: Path
    port: int
    owner_secret: str

    @property
    def log(self) -> Path:
        """What the server says."""
        return self.folder / "postgresql.log"

    @property
    def home(self) -> Path:
        """Where PostgreSQL keeps its data: under our folder, unless root keeps that folder to itself.

        PostgreSQL refuses to run as root, so root lends it to `nobody`, who must be able to reach its files.
        Rather than opening root's folders to everyone, such data are kept in the folder for temporary files.
        """
        if _runner() is None or _may_enter(self.folder):
            return self.folder
        return Path(tempfile.gettempdir()) / f"{_HOME_PREFIX}{hashlib.sha256(bytes(self.folder)).hexdigest()[:16]}"

    def owner_url(self, database: str) -> str:
        """How the owner reaches a database; a secret."""
        return f"postgresql://{OWNER}:{self.owner_secret}@127.0.0.1:{self.port}/{database}"

    def start(self) -> Process:
        """Make the data folder when there is none, and start the server without waiting for it.

        A server that a killed run has left on the same data is ended first.
        """
        _end_leftover(self.home / "data")
        if self.home != self.folder:
            _remove_orphaned_homes()  # also our own, when the folder was deleted and is used anew
        for folder in (self.folder, self.home):
            folder.mkdir(parents=True, exist_ok=True)
        if self.home != self.folder:
            (self.home / _BELONGS_TO).write_text(str(self.folder), encoding="utf-8")
        programs, data = self._programs(), self.home / "data"
        if not (data / "PG_VERSION").exists():
            self._initialise(programs, data)
        options = [f"--{name}={value}" for name, value in (_SERVER_OPTIONS | {"port": str(self.port)}).items()]
        command = [str(programs / "postgres"), "-D", str(data), *options]
        return start("the PostgreSQL server", command, self.log, user=_runner())

    def wait(self, process: Process) -> None:
        """Wait until the server answers, after a crash until it has recovered."""
        wait_until(self._is_ready, process, self.log)

    def stop(self, process: Process) -> None:
        """End the server: sessions are cut, data are written."""
        process.stop(signal.SIGINT, grace_seconds=20.0)

    def remove(self) -> None:
        """Delete the data."""
        for folder in {self.folder, self.home}:
            shutil.rmtree(folder, ignore_errors=True)

    def create_database(self, name: str) -> bool:
        """Make a database that only the owner may enter, unless it is there; whether it was made."""
        with dbapi.connect(self.owner_url("postgres"), autocommit=True) as connection, connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM pg_database WHERE datname = $1", parameters=[name])
            if cursor.fetchall()[0][0]:
                return False
            cursor.execute(f'CREATE DATABASE "{name}"')
            cursor.execute(f'REVOKE ALL ON DATABASE "{name}" FROM PUBLIC')
        return True

    def dump(self, database: str) -> str:
        """A database as SQL text, every row included."""
        command = [str(self._programs() / "pg_dump"), "--dbname", self.owner_url(database)]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout

    def _is_ready(self) -> bool:
        try:
            with dbapi.connect(self.owner_url("postgres")):
                return True
        except adbc_driver_manager.Error:
            return False

    def _programs(self) -> Path:
        """PostgreSQL's programs; copied beside the data when `nobody` cannot reach the installed ones."""
        if _runner() is None or _may_enter(_INSTALLED):
            return _INSTALLED / "pginstall" / "bin"
        copied = self.home / "programs"
        if not copied.exists():
            shutil.copytree(_INSTALLED / "pginstall", copied / "pgserver" / "pginstall", symlinks=True)
            libraries = _INSTALLED.parent / "pgserver.libs"
            if libraries.exists():
                shutil.copytree(libraries, copied / "pgserver.libs", symlinks=True)
        return copied / "pgserver" / "pginstall" / "bin"

    def _initialise(self, programs: Path, data: Path) -> None:
        shutil.rmtree(data, ignore_errors=True)  # what an interrupted first start left
        data.mkdir(mode=0o700)
        secret = self.home / "owner_secret"
        write_private(secret, self.owner_secret)
        user = _runner()
        if user is not None:
            os.chown(data, user, user)
            os.chown(secret, user, user)
        command = [str(programs / "initdb"), "-D", str(data), "-U", OWNER, f"--pwfile={secret}"]
        command += ["--auth=scram-sha-256", "--encoding=UTF8", "--locale=C", "--no-sync"]
        made = subprocess.run(
            command, capture_output=True, text=True, check=False, user=user, group=user, cwd="/",
            extra_groups=None if user is None else [],
        )  # fmt: skip
        secret.unlink()
        if made.returncode:
            raise ServerError(f"initdb could not make {data}: {made.stderr.strip().splitlines()[-1:]}")


def _runner() -> int | None:
    """The user PostgreSQL runs as when we are root (which it refuses): nobody; otherwise ourselves."""
    return pwd.getpwnam("nobody").pw_uid if os.geteuid() == 0 else None


def _end_leftover(data: Path) -> None:
    """End a server that still works on the data, and was started by somebody who is gone."""
    with contextlib.suppress(FileNotFoundError, psutil.NoSuchProcess):
        server = psutil.Process(int((data / "postmaster.pid").read_text(encoding="utf-8").split()[0]))
        if str(data) in server.cmdline():
            Process("the PostgreSQL server", server.pid, server.create_time()).stop(signal.SIGINT, grace_seconds=20.0)


def _remove_orphaned_homes() -> None:
    """Delete the data of folders that were deleted without `forget`, as temporary folders of tests are."""
    for owner in Path(tempfile.gettempdir()).glob(f"{_HOME_PREFIX}*/{_BELONGS_TO}"):
        is_orphan = not Path(owner.read_text(encoding="utf-8")).exists()
        running = owner.parent / "data" / "postmaster.pid"
        if is_orphan and not (running.exists() and psutil.pid_exists(int(running.read_text().split()[0]))):
            shutil.rmtree(owner.parent, ignore_errors=True)


def _may_enter(folder: Path) -> bool:
    """Whether everyone may pass through the folder and all above it."""
    return all(place.stat().st_mode & 0o001 for place in (folder, *folder.parents) if place.exists())
