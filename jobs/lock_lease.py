"""One writer across machines: a lease, held as an object on S3 that its writer keeps renewing.

A lease is created with If-None-Match, renewed and taken over with If-Match, so that of several writers exactly one
gets it. A writer that died is recognised at once on its own machine (its process is gone) and elsewhere when the
object has not been renewed for `seconds`, told by the server's clock. A writer that was only slow finds, at its next
`confirm`, that its lease is another's; and should it still send its manifest, the condition on that put (the manifest
must be the one that was there when the lease was taken) lets only one of the two through.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol
from uuid import uuid4

from jobs.lake_errors import (
    ChangedMeanwhileError,
    LakeUnavailableError,
    LostLockError,
    UnsupportedStorageError,
    WriterBusyError,
)
from jobs.storage import Stored

LEASE_SECONDS = 60.0  # three renewals may fail before a living writer is taken for dead; a guess
_SECONDS_BETWEEN_TRIES = 0.5
_NO_SUCH_VERSION = '"00000000000000000000000000000000"'


class ConditionalStore(Protocol):
    """What a lease needs of its storage."""

    uri: str
    is_known_to_honour_conditions: bool

    def read(self, key: str) -> Stored | None: ...  # noqa: D102  as in Storage

    def replace(self, key: str, body: bytes, expected: str | None) -> str: ...  # noqa: D102

    def put_if_unchanged(self, key: str, body: bytes, expected: str | None) -> str | None: ...  # noqa: D102

    def delete_if_unchanged(self, key: str, expected: str) -> bool: ...  # noqa: D102


@dataclass(frozen=True)
class Holder:
    """Who holds a lease. machine and process_started tell a dead process from a new one that got its number.

    renewals: makes every renewal another body, hence another ETag: a take-over can only follow the last one seen.
    """

    token: str
    host: str
    machine: str
    pid: int
    process_started: str
    since: str
    seconds: float
    renewals: int = 0

    def to_json(self) -> bytes:
        """As it is stored."""
        return json.dumps(asdict(self), sort_keys=True).encode()

    @property
    def is_dead_here(self) -> bool:
        """Whether it ran on this machine and does not any more; False when it ran elsewhere: nobody can know."""
        return self.machine == _machine() and process_started(self.pid) != self.process_started


class Lease:
    """A lease that we hold; a thread renews it until the writer is done."""

    def __init__(self, store: ConditionalStore, key: str, label: str, holder: Holder, version: str) -> None:
        self.token = holder.token
        self._store = store
        self._key = key
        self._label = label
        self._holder = holder
        self._version = version
        self._is_lost = False
        self._guard = threading.Lock()
        self._is_done = threading.Event()
        self._renewer = threading.Thread(target=self._keep_renewing, name=f"lease {key}", daemon=True)
        self._renewer.start()

    def confirm(self) -> None:
        """Renew now; LostLockError when another writer has the lease."""
        with self._guard:
            if not self._is_lost:
                self._renew()
            if self._is_lost:
                raise LostLockError(
                    f"{self._label}: this writer was silent for {self._holder.seconds:.0f} s, was taken for dead and "
                    "replaced; what the other writer publishes stands, see whether that one ends well"
                )

    def release(self) -> None:
        """Stop renewing and remove the lease, if it is still ours."""
        self._is_done.set()
        self._renewer.join()
        # What was published is published; a lease that cannot be removed now ends by itself.
        with suppress(LakeUnavailableError):
            self._store.delete_if_unchanged(self._key, self._version)

    def _keep_renewing(self) -> None:
        while not self._is_done.wait(self._holder.seconds / 4):
            with self._guard:
                if self._is_lost:
                    return
                with suppress(LakeUnavailableError):  # the next round tries again, and `confirm` would say so
                    self._renew()

    def _renew(self) -> None:
        self._holder = replace(self._holder, renewals=self._holder.renewals + 1)
        try:
            self._version = self._store.replace(self._key, self._holder.to_json(), self._version)
        except ChangedMeanwhileError:
            self._is_lost = True


@contextmanager
def leased(store: ConditionalStore, key: str, label: str, *, wait: bool, seconds: float) -> Iterator[Lease]:
    """Hold the lease; WriterBusyError says who holds it instead, unless `wait`."""
    lease = _acquire(store, key, label, wait=wait, seconds=seconds)
    try:
        yield lease
    finally:
        lease.release()


def _acquire(store: ConditionalStore, key: str, label: str, *, wait: bool, seconds: float) -> Lease:
    us = _ourselves(seconds)
    while True:
        stored = store.read(key)
        other = None if stored is None else _holder_in(stored)
        if stored is None or other is None or other.is_dead_here or stored.age_seconds > other.seconds:
            try:
                version = store.replace(key, us.to_json(), None if stored is None else stored.version)
            except ChangedMeanwhileError:
                other = None  # somebody was faster: the next look says who
            else:
                _try_out_conditions(store, key, us)
                return Lease(store, key, label, us, version)
        if not wait:
            who = "another process" if other is None else f"process {other.pid} on {other.host} since {other.since}"
            raise WriterBusyError(f"{label}: {who} is writing it; wait for it, then run again")
        time.sleep(_SECONDS_BETWEEN_TRIES)


def _try_out_conditions(store: ConditionalStore, key: str, us: Holder) -> None:
    """Refuse a server that would let two writers in: on our own lease, both of these puts must fail."""
    if store.is_known_to_honour_conditions:
        return
    for expected in (None, _NO_SUCH_VERSION):
        if accepted := store.put_if_unchanged(key, replace(us, renewals=-1).to_json(), expected):
            store.delete_if_unchanged(key, accepted)
            raise UnsupportedStorageError(
                f"{store.uri}: this server ignores conditions on writes (If-None-Match, If-Match), so two writers "
                "could publish at once; use Amazon S3, SeaweedFS or another server that honours them"
            )
    if not store.delete_if_unchanged(key, _NO_SUCH_VERSION):
        store.is_known_to_honour_conditions = True
        return
    raise UnsupportedStorageError(
        f"{store.uri}: this server ignores If-Match on deletes, so a slow writer could remove another's lease; "
        "use Amazon S3, SeaweedFS or another server that honours it"
    )


def _ourselves(seconds: float) -> Holder:
    pid = os.getpid()
    return Holder(
        token=uuid4().hex,
        host=socket.gethostname(),
        machine=_machine(),
        pid=pid,
        process_started=process_started(pid),
        since=datetime.now(UTC).isoformat(timespec="seconds"),
        seconds=seconds,
    )


def _holder_in(stored: Stored) -> Holder | None:
    try:
        return Holder(**json.loads(stored.body))
    except (ValueError, TypeError):
        return Holder("", "an unreadable lease", "", 0, "", "", LEASE_SECONDS)  # it expires like any other


def _machine() -> str:
    """Name, boot and process namespace: equal only where process numbers mean the same processes."""
    boot, namespace = Path("/proc/sys/kernel/random/boot_id"), Path("/proc/self/ns/pid")
    started = boot.read_text().strip() if boot.exists() else ""
    return f"{socket.gethostname()} {started} {namespace.readlink() if namespace.is_symlink() else ''}"


def process_started(pid: int) -> str:
    """When the process with this number started, in any unit; "" when there is none, or it has ended."""
    status = Path(f"/proc/{pid}/stat")
    if Path("/proc/self/stat").exists():
        try:
            state, *others = status.read_text().rpartition(")")[2].split()
        except (FileNotFoundError, ProcessLookupError):
            return ""
        return "" if state in "ZX" else others[18]  # field 22 of proc(5), in ticks since the machine started
    shown = subprocess.run(["/bin/ps", "-o", "lstart=", "-p", str(pid)], capture_output=True, text=True, check=False)
    return shown.stdout.strip()
