"""The lake on a local folder: hard links, fsync and atomic renames.

All writers must run on one machine, since the lock is one of its kernel; several machines share a lake on S3.
"""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from hashlib import sha256 as new_sha256
from pathlib import Path
from uuid import uuid4

from jobs.lake_errors import (
    ChangedMeanwhileError,
    LakeAccessError,
    LakeError,
    LakeUnavailableError,
)
from jobs.lock_file import locked_by_file
from jobs.storage import (
    OnOperation,
    Stored,
    WriterLock,
    check_key,
    check_size,
    ignore_operation,
    last_part,
    operation,
    sha256_of_file,
)

_TEMPORARY = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.ESTALE, errno.ETIMEDOUT, errno.EMFILE})
_CANNOT_LINK = frozenset({errno.EXDEV, errno.EPERM, errno.EMLINK, errno.EOPNOTSUPP, errno.ENOTSUP})


class LocalStorage:
    """A folder. Files appear in it only by link or rename, so a reader never meets half a file."""

    def __init__(self, root: Path, *, on_operation: OnOperation = ignore_operation) -> None:
        self.root = root.absolute()
        self.uri = str(self.root)
        self.on_operation = on_operation

    def read(self, key: str) -> Stored | None:
        """The version of a body is its hash: equal bodies are equal versions, which is all that replacing needs."""
        with _explained(key):
            try:
                body = self._path(key).read_bytes()
            except (FileNotFoundError, NotADirectoryError):
                return None
        return Stored(body, _version_of(body))

    def size(self, key: str) -> int | None:
        """Bytes stored, or None."""
        with _explained(key):
            try:
                return self._path(key).stat().st_size
            except (FileNotFoundError, NotADirectoryError):
                return None

    def list_keys(self, folder: str) -> list[str]:
        """Every file below the folder; links are not followed out of the lake."""
        top = self._path(folder)
        with _explained(folder):
            found = [Path(parent, name) for parent, _, names in os.walk(top) for name in names]
        return sorted(path.relative_to(self.root).as_posix() for path in found)

    def put_file(self, source: Path, key: str, sha256: str) -> None:
        """Link the staged file to its name: the name appears with the whole content or not at all."""
        target = self._path(key)
        with _explained(key):
            self._make_folder(target.parent)
            with operation(self.on_operation, "fsync file"):
                sync_to_disk(source)
            try:
                with operation(self.on_operation, f"link {target.name}"):
                    os.link(source, target)
            except FileExistsError:
                self._keep_or_repair(source, target, sha256)
            except OSError as error:
                if error.errno not in _CANNOT_LINK:
                    raise
                self._copy(source, target)

    def put_bytes(self, key: str, body: bytes) -> None:
        """Write beside, make durable, rename."""
        target = self._path(key)
        with _explained(key):
            self._make_folder(target.parent)
            temporary = self._temporary_for(target)
            self._write(temporary, body)
            with operation(self.on_operation, f"rename {target.name}"):
                temporary.replace(target)

    def replace(self, key: str, body: bytes, expected: str | None) -> str:
        """Compare, then rename: safe because the kernel's lock keeps every other writer of the partition out."""
        stored = self.read(key)
        if (None if stored is None else stored.version) != expected:
            raise ChangedMeanwhileError(f"{key} is not what it was")
        self.put_bytes(key, body)
        self.settle(key.rpartition("/")[0])
        return _version_of(body)

    def settle(self, folder: str) -> None:
        """Make the names in the folder durable; the bytes already are."""
        with _explained(folder):
            path = self._path(folder)
            if path.is_dir():
                with operation(self.on_operation, "fsync folder"):
                    sync_to_disk(path)

    def delete(self, key: str) -> None:
        """Remove the file."""
        path = self._path(key)
        with _explained(key), operation(self.on_operation, f"delete {path.name}"):
            path.unlink(missing_ok=True)

    def tidy(self, folder: str) -> None:
        """Nothing: temporary files lie in the staging folder, which the next writer empties."""

    def open_file(self, key: str, size: int, sha256: str, cache: Path) -> Path:  # noqa: ARG002  as Storage has it
        """The file where it lies, after a look at its size."""
        check_size(last_part(key), self.size(key), size)
        return self._path(key)

    def staging_root(self, scratch_folder: Path) -> Path:  # noqa: ARG002
        """Inside the lake, so that linking and renaming stay on one disk."""
        return self.root / "_staging"

    def lock(self, name: str, label: str, *, wait: bool) -> AbstractContextManager[WriterLock]:
        """A lock of the kernel on a file below _locks/."""
        path = self._path(f"_locks/{name}.lock")
        with _explained(label):
            path.parent.mkdir(parents=True, exist_ok=True)
        return locked_by_file(path, label, wait=wait, on_operation=self.on_operation)

    def _path(self, key: str) -> Path:
        return self.root / check_key(key)

    def _temporary_for(self, target: Path) -> Path:
        folder = target.parent.relative_to(self.root).as_posix().removeprefix("_quarantine/")
        staging = self.root / "_staging" / folder.replace("/", ".")
        staging.mkdir(parents=True, exist_ok=True)
        return staging / f"{target.name}.{uuid4().hex}.tmp"

    def _make_folder(self, folder: Path) -> None:
        missing = [path for path in (folder, *folder.parents) if not path.exists()]
        for path in reversed(missing):
            with operation(self.on_operation, "make folder"):
                path.mkdir(exist_ok=True)
            with operation(self.on_operation, "fsync parent folder"):
                sync_to_disk(path.parent)

    def _write(self, path: Path, body: bytes) -> None:
        middle = len(body) // 2
        with operation(self.on_operation, "write"), path.open("wb") as file:
            file.write(body[:middle])
            file.flush()
            self.on_operation("halfway write")
            file.write(body[middle:])
        with operation(self.on_operation, "fsync file"):
            sync_to_disk(path)

    def _keep_or_repair(self, source: Path, target: Path, sha256: str) -> None:
        found = sha256_of_file(target)
        if found == sha256:
            return
        if found[:12] == sha256[:12]:
            raise LakeError(f"{target.name}: two contents with the same first 12 digits of sha256; this file is kept")
        # Its name says what it must contain, and it does not: a damaged disk or an edit by hand.
        self._copy(source, target)

    def _copy(self, source: Path, target: Path) -> None:
        temporary = self._temporary_for(target)
        with operation(self.on_operation, f"copy {target.name}"):
            shutil.copyfile(source, temporary)
        with operation(self.on_operation, "fsync file"):
            sync_to_disk(temporary)
        with operation(self.on_operation, f"rename {target.name}"):
            temporary.replace(target)


def _version_of(body: bytes) -> str:
    return new_sha256(body).hexdigest()


def sync_to_disk(path: Path) -> None:
    """Return when the file, or what a folder lists, is on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def _explained(where: str) -> Iterator[None]:
    """Turn an error of the operating system into one that says whether trying again may help."""
    try:
        yield
    except OSError as error:
        reason = f"{where}: {error.strerror or type(error).__name__}"
        if error.errno in _TEMPORARY:
            raise LakeUnavailableError(f"{reason}; free or repair the disk of the lake, then run again") from error
        raise LakeAccessError(f"{reason}; check that this account may read and write the lake") from error
