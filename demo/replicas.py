"""The banks' PostgreSQL replicas: one server on a loopback port, one database per bank, a role that can only read."""

from __future__ import annotations

import hashlib
import os
import pwd
import shutil
import signal
import subprocess
import sysconfig
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import adbc_driver_manager
import psutil
import pyarrow as pa
from adbc_driver_postgresql import dbapi

from demo.keys import write_private
from demo.processes import Process, ServerError, start, wait_until
from demo.tables import BANK_TABLES, MOMENT

OWNER, READER, SCHEMA = "postgres", "alliance_reader", "bank"
_HOME_PREFIX, _BELONGS_TO = "nightledger-postgresql-", "belongs_to"
_SQL_TYPES = {
    pa.string(): "text",
    pa.int32(): "integer",
    pa.int64(): "bigint",
    pa.float64(): "double precision",
    pa.bool_(): "boolean",
    pa.date32(): "date",
    MOMENT: "timestamptz",
}
_INSTALLED = Path(sysconfig.get_path("platlib")) / "pgserver"  # only its programs: importing it makes folders elsewhere
_SERVER_OPTIONS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "timezone": "UTC",
    "shared_buffers": "64MB",
    "max_connections": "30",
    # The demo's data can be made again: what survives a killed process matters, what survives a power cut does not.
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "autovacuum": "off",
}


@dataclass(frozen=True)
class Replicas:
    """A PostgreSQL with one database per bank; `owner_secret` writes, `reader_secret` only reads."""

    folder: Path
    port: int
    owner_secret: str
    reader_secret: str

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

    def url(self, bank: str) -> str:
        """How the alliance reaches a bank's replica; a secret."""
        return f"postgresql://{READER}:{self.reader_secret}@127.0.0.1:{self.port}/{bank}"

    def owner_url(self, database: str) -> str:
        """How the bank itself reaches it; a secret."""
        return f"postgresql://{OWNER}:{self.owner_secret}@127.0.0.1:{self.port}/{database}"

    def start(self) -> Process:
        """Make the data folder when there is none, and start the server without waiting for it."""
        for folder in (self.folder, self.home):
            folder.mkdir(parents=True, exist_ok=True)
        if self.home != self.folder:
            (self.home / _BELONGS_TO).write_text(str(self.folder), encoding="utf-8")
            _remove_orphaned_homes()
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

    def create_bank(self, bank: str) -> None:
        """Make a bank's database with its empty tables, unless it is there."""
        with dbapi.connect(self.owner_url("postgres"), autocommit=True) as connection, connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM pg_database WHERE datname = $1", parameters=[bank])
            if cursor.fetchall()[0][0]:
                return
            cursor.execute("SELECT count(*) FROM pg_roles WHERE rolname = $1", parameters=[READER])
            if not cursor.fetchall()[0][0]:
                cursor.execute(f"CREATE ROLE {READER} LOGIN PASSWORD '{self.reader_secret}'")
                cursor.execute(f"ALTER ROLE {READER} SET default_transaction_read_only = on")
            cursor.execute(f'CREATE DATABASE "{bank}"')
            cursor.execute(f'REVOKE ALL ON DATABASE "{bank}" FROM PUBLIC')
            cursor.execute(f'GRANT CONNECT ON DATABASE "{bank}" TO {READER}')
        with dbapi.connect(self.owner_url(bank)) as connection, connection.cursor() as cursor:
            for statement in _bank_statements():
                cursor.execute(statement)
            connection.commit()

    def append(self, bank: str, tables: Mapping[str, pa.Table]) -> int:
        """Append rows to a bank's tables in one transaction; the number of rows."""
        with dbapi.connect(self.owner_url(bank)) as connection, connection.cursor() as cursor:
            for name, rows in tables.items():
                if rows.num_rows:
                    cursor.adbc_ingest(name, rows, mode="append", db_schema_name=SCHEMA)
            connection.commit()
        return sum(rows.num_rows for rows in tables.values())

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


def _bank_statements() -> list[str]:
    statements = [f"CREATE SCHEMA {SCHEMA}", f"GRANT USAGE ON SCHEMA {SCHEMA} TO {READER}"]
    for table in BANK_TABLES.values():
        columns = [
            f"{field.name} {_SQL_TYPES[field.type]}{'' if field.nullable else ' NOT NULL'}" for field in table.schema
        ]
        statements += [
            f"CREATE TABLE {SCHEMA}.{table.name} ({', '.join(columns)})",
            # Rows are appended by day, so a block-range index finds a day's slice at no cost.
            f"CREATE INDEX ON {SCHEMA}.{table.name} USING brin ({table.moment}) WITH (pages_per_range = 16)",
            f"GRANT SELECT ON {SCHEMA}.{table.name} TO {READER}",
        ]
    return statements


def _runner() -> int | None:
    """The user PostgreSQL runs as when we are root (which it refuses): nobody; otherwise ourselves."""
    return pwd.getpwnam("nobody").pw_uid if os.geteuid() == 0 else None


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
