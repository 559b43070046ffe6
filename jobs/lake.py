"""Where datasets live: manifests, one writer per partition, atomic publishing, quarantine.

    lake = open_lake(settings)                                          # or Lake(open_storage(uri, endpoint), scratch)
    partition = Partition("cleaned/purchases", business_date)            # a night; known_by=K for a replay

    lake.manifest(partition)            Manifest, or None when nothing is published; CorruptManifestError
    lake.partitions(address)            published business dates, ascending; known_by=K: those of that replay
    lake.local_files(partition)         local paths of exactly what the manifest lists, in its order
    lake.documents(partition)           {"scorecard.json": path} of a dataset that is not rows

    with lake.writing(partition) as writer:             # WriterBusyError when another one is alive
        writer.published                                # its manifest as it is now, or None: skip an equal build here
        ... write Parquet below writer.staging_folder, check it ...
        writer.quarantine("duplicate_keys", arrow_table_or_path)         # replaces what earlier attempts left
        manifest = writer.publish(files, contract=…, code=…, known_by=…, as_of=…, inputs=…, counts=…, seconds=…)

Leaving `writing` without `publish` leaves what is published as it is. A crash at any moment leaves the old or the new
partition, and the next writer of the partition removes what the dead one left behind: nobody has to help. Every error
is a LakeError; `error.is_temporary` says whether the same command may succeed later (lost server, full disk).
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from jobs.lake_errors import (
    ChangedMeanwhileError,
    CorruptFileError,
    CorruptManifestError,
    LakeAccessError,
    LakeError,
    LakeUnavailableError,
    LostLockError,
    MissingPartitionError,
    UnsafeKeyError,
    UnsupportedStorageError,
    WriterBusyError,
)
from jobs.manifest import FileEntry, Manifest, Partition, build_id, dataset_folder, manifest_from_json
from jobs.quarantine import Quarantine
from jobs.storage import Storage, check_key, open_storage, sha256_of_file
from jobs.writer import Writer

if TYPE_CHECKING:
    import pyarrow

    from jobs.settings import Settings

__all__ = [
    "ChangedMeanwhileError",
    "CorruptFileError",
    "CorruptManifestError",
    "FileEntry",
    "Lake",
    "LakeAccessError",
    "LakeError",
    "LakeUnavailableError",
    "LostLockError",
    "Manifest",
    "MissingPartitionError",
    "Partition",
    "UnsafeKeyError",
    "UnsupportedStorageError",
    "Writer",
    "WriterBusyError",
    "build_id",
    "open_lake",
]

_BUSINESS_DATE = re.compile(r"business_date=(\d{4}-\d{2}-\d{2})/_manifest\.json")


class Lake:
    """Every dataset under one root; holds no state but its storage, and may be used by many processes at once.

    scratch_folder: where an S3 lake stages files and caches those it has fetched; a local lake leaves it empty.
    """

    def __init__(self, storage: Storage, scratch_folder: Path) -> None:
        self.storage = storage
        name = f"lake-{hashlib.sha256(storage.uri.encode()).hexdigest()[:12]}"
        self._scratch = scratch_folder / name  # two lakes may share a scratch folder
        self._cache = self._scratch / "cache"

    def manifest(self, partition: Partition) -> Manifest | None:
        """What is published, or None; CorruptManifestError rather than None when it is torn or was edited."""
        stored = self.storage.read(partition.manifest_key)
        return None if stored is None else manifest_from_json(stored.body, partition)

    def partitions(self, address: str, known_by: date | None = None) -> list[date]:
        """The business dates that are published, ascending; with `known_by` those of that replay."""
        folder = dataset_folder(address, known_by)
        matches = (_BUSINESS_DATE.fullmatch(key[len(folder) + 1 :]) for key in self.storage.list_keys(folder))
        return sorted(date.fromisoformat(match[1]) for match in matches if match)

    def local_files(
        self, partition: Partition, manifest: Manifest | None = None, *, verify: bool = False
    ) -> list[Path]:
        """Local paths of exactly the files that the manifest lists, in its order.

        manifest: the one whose digest the caller notes as input; without it, what is published now.
        verify: hash every file again, instead of comparing sizes. Fetched files are always hashed once.
        MissingPartitionError when nothing is published; CorruptFileError names the first file that is not as listed.
        """
        listed = manifest or self.manifest(partition)
        if listed is None:
            raise MissingPartitionError(f"{partition}: is not published; build it first")
        return [self._local_file(partition, entry, verify=verify) for entry in listed.files]

    def documents(self, partition: Partition, manifest: Manifest | None = None) -> dict[str, Path]:
        """Local paths of the files of a document by their plain names, such as "scorecard.json"; always verified."""
        listed = manifest or self.manifest(partition)
        if listed is None:
            raise MissingPartitionError(f"{partition}: is not published; build it first")
        paths = self.local_files(partition, listed, verify=True)
        return {entry.plain_name: path for entry, path in zip(listed.files, paths, strict=True)}

    @contextmanager
    def writing(self, partition: Partition, *, wait: bool = False) -> Iterator[Writer]:
        """Be the one writer of the partition, with an empty staging folder.

        wait: wait for another writer to end instead of raising WriterBusyError.
        What dead attempts left behind (staged files, unpublished data files) is removed first.
        """
        with self.storage.lock(partition.flat_name, str(partition), wait=wait) as lock:
            writer = Writer(self.storage, self.storage.staging_root(self._scratch), partition, lock)
            writer.remove_leftovers()
            writer.staging_folder.mkdir(parents=True)
            try:
                yield writer
            finally:
                writer.remove_staging()

    def tidy(self, partition: Partition) -> None:
        """Remove what a writer left who died after it had published; most partitions need no lock for that.

        While another writer is at work, what lies there is its own.
        """
        if (self.storage.staging_root(self._scratch) / partition.flat_name).is_dir():
            with suppress(WriterBusyError), self.writing(partition):
                pass

    def quarantine(self, partition: Partition, name: str, content: pyarrow.Table | Path) -> str:
        """Keep rows that were refused, apart from the data and replacing those of the same name; returns the key.

        content: an Arrow table, stored as <name>.parquet, or a file, stored as <name> with its own extension.
        """
        return Quarantine(self.storage).keep(partition, name, content)

    def quarantined(self, partition: Partition) -> list[str]:
        """The keys of what the latest attempt has quarantined."""
        return Quarantine(self.storage).keys(partition)

    def clear_quarantine(self, partition: Partition) -> None:
        """Remove everything quarantined for the partition."""
        Quarantine(self.storage).clear(partition)

    def trim_cache(self, keep_bytes: int) -> None:
        """Remove the fetched files that were used longest ago until at most `keep_bytes` are left."""
        files = [(path.stat(), path) for path in self._cache.glob("*/*") if path.is_file()]
        total = 0
        for status, path in sorted(files, key=lambda found: found[0].st_mtime_ns, reverse=True):
            total += status.st_size
            if total > keep_bytes:
                path.unlink(missing_ok=True)

    def _local_file(self, partition: Partition, entry: FileEntry, *, verify: bool) -> Path:
        key = check_key(f"{partition.folder}/{entry.name}")
        try:
            path = self.storage.open_file(key, entry.bytes, entry.sha256, self._cache)
            if verify and sha256_of_file(path) != entry.sha256:
                if path.is_relative_to(self._cache):
                    path.unlink(missing_ok=True)  # only our copy may be damaged: the next line fetches it again
                    return self._local_file(partition, entry, verify=False)
                raise CorruptFileError(f"{entry.name} has another sha256 than was published")
        except CorruptFileError as error:
            raise CorruptFileError(f"{partition}: {error}; build the partition again (--force)") from error
        return path


def open_lake(settings: Settings) -> Lake:
    """The lake that the settings name."""
    return Lake(open_storage(settings.lake, settings.s3_endpoint), settings.scratch)
