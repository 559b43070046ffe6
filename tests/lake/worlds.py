"""The two kinds of lake that the tests run on, and the partitions that they publish; imported by child processes too.

Nothing heavy is imported here: a child process that dies at a storage operation should start in milliseconds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from demo.object_store import LAKE_BUCKET
from jobs.lake import Lake, Manifest, Partition, Writer
from jobs.storage import OnOperation, ignore_operation
from jobs.storage_local import LocalStorage
from jobs.storage_s3 import S3Storage

NIGHT = date(2026, 4, 1)
PARTITION = Partition("cleaned/purchases", NIGHT)
BUCKET = LAKE_BUCKET
ACCESS_KEYS = ("alliance", "alliance-secret")

OLD = {"ann": b"ann bought a kettle", "bob": b"bob bought nothing", "cyd": b"cyd returned a chair"}
NEW = {"ann": b"ann bought a kettle", "bob": b"bob bought a lamp", "dan": b"dan came later"}


@dataclass(frozen=True)
class World:
    """Where a lake is; small enough to be handed to a child process."""

    root: str
    scratch: Path
    endpoint: str | None = None
    lease_seconds: float = 60.0

    def lake(self, on_operation: OnOperation = ignore_operation) -> Lake:
        if self.endpoint is None:
            return Lake(LocalStorage(Path(self.root), on_operation=on_operation), self.scratch)
        storage = S3Storage(
            self.root,
            self.endpoint,
            access_keys=ACCESS_KEYS,
            on_operation=on_operation,
            lease_seconds=self.lease_seconds,
            part_bytes=5 * 1024 * 1024,
        )
        return Lake(storage, self.scratch)


def stage(writer: Writer, people: dict[str, bytes]) -> list[Path]:
    """One file for each person in the staging folder."""
    paths = []
    for name, body in people.items():
        path = writer.staging_folder / f"{name}.txt"
        path.write_bytes(body)
        paths.append(path)
    return paths


def publish_staged(writer: Writer, files: Sequence[Path], *, code: str = "c0de", seconds: float = 1.0) -> Manifest:
    """Publish with what the test does not care about filled in."""
    return writer.publish(
        files,
        contract="c047",
        code=code,
        known_by=writer.partition.business_date,
        as_of=writer.partition.business_date,
        inputs={"captured/shop_orders@2026-04-01": "0dd5"},
        rows={path.name: 1 for path in files},
        seconds={"build": seconds},
    )


def publish(lake: Lake, people: dict[str, bytes], partition: Partition = PARTITION) -> Manifest:
    """Publish one file for each person."""
    with lake.writing(partition) as writer:
        return publish_staged(writer, stage(writer, people))


def content(lake: Lake, partition: Partition = PARTITION) -> dict[str, bytes] | None:
    """Every byte a reader sees, by person; None when nothing is published."""
    manifest = lake.manifest(partition)
    if manifest is None:
        return None
    paths = lake.local_files(partition, manifest, verify=True)
    return {
        entry.plain_name.removesuffix(".txt"): path.read_bytes()
        for entry, path in zip(manifest.files, paths, strict=True)
    }


def copy_partition(template: Lake, lake: Lake) -> None:
    """The same files and manifest in another lake, in a few operations instead of a whole publish."""
    manifest = template.manifest(PARTITION)
    stored = template.storage.read(PARTITION.manifest_key)
    assert manifest is not None
    assert stored is not None
    for entry, path in zip(manifest.files, template.local_files(PARTITION, manifest), strict=True):
        lake.storage.put_file(path, f"{PARTITION.folder}/{entry.name}", entry.sha256)
    lake.storage.put_bytes(PARTITION.manifest_key, stored.body)


def everything_stored(lake: Lake) -> list[str]:
    """Every key of the lake, wherever it is: what readers see, and what they do not."""
    tops = ("_locks", "_quarantine", "_replays", "_staging", "cleaned")
    return [key for top in tops for key in lake.storage.list_keys(top)]
