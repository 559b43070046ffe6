"""The one writer of a partition: staging, publishing, and tidying up behind those that died."""

from __future__ import annotations

import re
import shutil
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jobs.lake_errors import ChangedMeanwhileError, CorruptManifestError, LakeError, UnsafeKeyError
from jobs.manifest import FileEntry, Manifest, Partition, manifest_from_json
from jobs.quarantine import Quarantine
from jobs.storage import Storage, WriterLock, check_key, last_part, operation, sha256_of_file

if TYPE_CHECKING:
    import pyarrow

_CONTENT_ADDRESSED = re.compile(r"[a-z0-9_\-]+-[0-9a-f]{12}\.[a-z0-9.]+")
_STEM = re.compile(r"[a-z][a-z0-9_]*")
_EXTENSION = re.compile(r"[a-z0-9]+")


class Writer:
    """The one writer of a partition; given out by `Lake.writing`.

    published: what is published at this moment; None when nothing is, or when its manifest is corrupt and is about to
        be replaced. staging_folder: empty, local, and gone when the writer is.
    """

    def __init__(self, storage: Storage, staging_root: Path, partition: Partition, lock: WriterLock) -> None:
        self.partition = partition
        self._storage = storage
        self._quarantine = Quarantine(storage)
        self._lock = lock
        self._staging = staging_root / partition.flat_name
        self.staging_folder = self._staging / f"attempt-{lock.token}"
        stored = self._storage.read(partition.manifest_key)
        self._version = None if stored is None else stored.version
        self.published: Manifest | None = None
        self._is_published_corrupt = False
        try:
            self.published = None if stored is None else manifest_from_json(stored.body, partition)
        except CorruptManifestError:
            self._is_published_corrupt = True
        self._has_quarantined = False

    def publish(
        self,
        files: Sequence[Path],
        *,
        contract: str,
        code: str,
        known_by: date,
        as_of: date,
        inputs: Mapping[str, str],
        rows: Mapping[str, int] | None = None,
        counts: Mapping[str, int] | None = None,
        notes: Mapping[str, Any] | None = None,
        seconds: Mapping[str, float] | None = None,
    ) -> Manifest:
        """Make these files the partition: data first, then the manifest, then the old files are removed.

        files: in the order in which readers shall read them. Parquet files are renamed to part-00000-<sha12>.parquet,
            other files keep their stem. rows: by file name, for files that are not Parquet.
        LostLockError or ChangedMeanwhileError when another writer took over: nothing is published then.
        """
        started = time.monotonic()
        self._lock.confirm()  # a successor has removed what we staged, and must not meet our files
        entries = [self._put(path, number, rows or {}) for number, path in enumerate(files)]
        self._storage.settle(self.partition.folder)
        manifest = Manifest(
            address=self.partition.address,
            business_date=self.partition.business_date,
            known_by=known_by,
            as_of=as_of,
            files=tuple(entries),
            contract=contract,
            code=code,
            inputs=dict(inputs),
            counts=dict(counts or {}),
            notes=dict(notes or {}),
            seconds={**(seconds or {}), "publish": round(time.monotonic() - started, 3)},
        )
        self._put_manifest(manifest)
        self._remove_unlisted_files()
        if not self._has_quarantined:
            self._guarded(lambda: self._quarantine.clear(self.partition))
        return manifest

    def quarantine(self, name: str, content: pyarrow.Table | Path) -> str:
        """Quarantine refused rows of this attempt; the first call removes those of earlier attempts."""
        self._lock.confirm()
        if not self._has_quarantined:
            self._quarantine.clear(self.partition)
            self._has_quarantined = True
        return self._quarantine.keep(self.partition, name, content)

    def remove_leftovers(self) -> None:
        """Remove what dead attempts of this partition left: staged files, data files that no manifest lists."""
        self._remove_tree(self._staging)
        self._storage.tidy(self.partition.folder)
        if not self._is_published_corrupt:  # which files are the partition is not known then: keep them all
            self._remove_unlisted_files()

    def remove_staging(self) -> None:
        """Remove the staging folder of this attempt."""
        self._remove_tree(self.staging_folder)
        if self._staging.is_dir() and not any(self._staging.iterdir()):
            self._remove_tree(self._staging)

    def _put(self, path: Path, number: int, rows: Mapping[str, int]) -> FileEntry:
        digest = sha256_of_file(path)
        is_parquet = path.suffix == ".parquet"
        if not is_parquet and path.name not in rows:
            raise LakeError(f"{self.partition}: say how many rows {path.name} has; only Parquet files tell it")
        stem = f"part-{number:05d}" if is_parquet else path.stem
        extension = path.suffix.removeprefix(".")
        if not (is_parquet or _STEM.fullmatch(stem)) or not _EXTENSION.fullmatch(extension):
            raise UnsafeKeyError(f"{self.partition}: {path.name[:80]!r} is no file name; use a-z, 0-9 and _")
        entry = FileEntry(
            name=f"{stem}-{digest[:12]}.{extension}",
            rows=rows[path.name] if path.name in rows else _rows_of_parquet(path),
            bytes=path.stat().st_size,
            sha256=digest,
        )
        self._storage.put_file(path, check_key(f"{self.partition.folder}/{entry.name}"), digest)
        return entry

    def _put_manifest(self, manifest: Manifest) -> None:
        body = manifest.to_json()
        self._lock.confirm()
        try:
            self._version = self._storage.replace(self.partition.manifest_key, body, self._version)
        except ChangedMeanwhileError as error:
            raise ChangedMeanwhileError(
                f"{self.partition}: another writer published while this one ran; its partition stands; run again"
            ) from error
        self.published = manifest

    def _remove_unlisted_files(self) -> None:
        listed = {entry.name for entry in self.published.files} if self.published else set()
        for key in self._storage.list_keys(self.partition.folder):
            name = last_part(key)
            if name not in listed and _CONTENT_ADDRESSED.fullmatch(name):
                self._guarded(lambda key=key: self._storage.delete(key))  # type: ignore[misc]

    def _guarded(self, remove: Callable[[], None]) -> None:
        # A writer that was taken for dead must not remove what its successor has just put there.
        self._lock.confirm()
        remove()

    def _remove_tree(self, folder: Path) -> None:
        """Remove a staging folder piece by piece; what cannot be removed now is the next writer's leftover."""
        if folder.is_dir():
            for child in sorted(folder.iterdir()):
                with operation(self._storage.on_operation, "remove staged entry"):
                    _remove(child)
            with operation(self._storage.on_operation, "remove staging folder"):
                _remove(folder)


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)


def _rows_of_parquet(path: Path) -> int:
    import pyarrow.parquet

    return int(pyarrow.parquet.read_metadata(path).num_rows)
