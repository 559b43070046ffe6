"""Publishing, reading, replacing and quarantining, on both kinds of storage; and files that are not what they were."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from multiprocessing.context import ForkServerContext
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from jobs.lake import (
    CorruptFileError,
    CorruptManifestError,
    Lake,
    LakeError,
    Manifest,
    MissingPartitionError,
    Partition,
    UnsafeKeyError,
)
from tests.lake.children import fetch
from tests.lake.worlds import (
    NEW,
    NIGHT,
    OLD,
    PARTITION,
    World,
    content,
    everything_stored,
    publish,
    publish_staged,
    stage,
)

FIRST_DAY = date(2026, 3, 31)


def damage(lake: Lake, manifest: Manifest, how: Callable[[bytes], bytes | None]) -> str:
    """Change or remove the first file of a partition where it is stored; its name."""
    name = manifest.files[0].name
    key = f"{PARTITION.folder}/{name}"
    stored = lake.storage.read(key)
    assert stored is not None
    body = how(stored.body)
    lake.storage.delete(key)
    if body is not None:
        lake.storage.put_bytes(key, body)
    return name


def test_readers_get_exactly_the_files_of_the_manifest_in_its_order(world: World) -> None:
    lake = world.lake()
    people = {"cyd": b"3", "ann": b"1", "bob": b"2"}
    manifest = publish(lake, people)

    assert [path.read_bytes() for path in lake.local_files(PARTITION)] == [b"3", b"1", b"2"]
    assert lake.manifest(PARTITION) == manifest
    assert manifest.rows == 3
    assert {name: path.read_bytes() for name, path in lake.documents(PARTITION).items()} == {
        "cyd.txt": b"3",
        "ann.txt": b"1",
        "bob.txt": b"2",
    }


def test_parquet_files_are_named_by_position_and_content_and_their_rows_are_read_from_them(world: World) -> None:
    lake = world.lake()
    orders = pa.table({"order_id": ["o1", "o2", "o3"]})
    with lake.writing(PARTITION) as writer:
        pq.write_table(orders, writer.staging_folder / "b.parquet")
        pq.write_table(orders.slice(0, 2), writer.staging_folder / "a.parquet")
        manifest = writer.publish(
            [writer.staging_folder / "b.parquet", writer.staging_folder / "a.parquet"],
            contract="c047", code="c0de", known_by=NIGHT, as_of=NIGHT, inputs={},
        )  # fmt: skip

    assert [entry.rows for entry in manifest.files] == [3, 2]
    assert [entry.name for entry in manifest.files] == [
        f"part-{number:05d}-{entry.sha256[:12]}.parquet" for number, entry in enumerate(manifest.files)
    ]
    assert [pq.read_table(path).num_rows for path in lake.local_files(PARTITION)] == [3, 2]


def test_a_partition_without_a_single_file_is_published_all_the_same(world: World) -> None:
    lake = world.lake()
    publish(lake, OLD)
    assert publish(lake, {}).rows == 0
    assert lake.local_files(PARTITION) == []
    assert everything_stored(lake) == [PARTITION.manifest_key]


def test_what_was_never_published_is_none_and_its_files_are_missing(world: World) -> None:
    lake = world.lake()
    assert lake.manifest(PARTITION) is None
    assert lake.partitions("cleaned/purchases") == []
    with pytest.raises(MissingPartitionError, match="cleaned/purchases business_date=2026-04-01: is not published"):
        lake.local_files(PARTITION)


def test_a_new_version_replaces_the_old_one_and_its_files(world: World) -> None:
    lake = world.lake()
    publish(lake, OLD)
    manifest = publish(lake, NEW)
    assert content(lake) == NEW
    listed = [f"{PARTITION.folder}/{entry.name}" for entry in manifest.files]
    assert everything_stored(lake) == sorted([*listed, PARTITION.manifest_key])


def test_publishing_the_same_again_changes_nothing_that_readers_see(world: World) -> None:
    lake = world.lake()
    before = publish(lake, NEW)
    stored_before = everything_stored(lake)
    after = publish(lake, NEW)
    assert (after.files, after.digest, after.build_id) == (before.files, before.digest, before.build_id)
    assert everything_stored(lake) == stored_before


def test_a_writer_sees_what_is_published_and_may_leave_it_so(world: World) -> None:
    lake = world.lake()
    manifest = publish(lake, OLD)
    with lake.writing(PARTITION) as writer:
        assert writer.published == manifest
        stage(writer, NEW)
    assert content(lake) == OLD


def test_dates_and_replays_stand_beside_each_other(world: World) -> None:
    lake = world.lake()
    replay = replace(PARTITION, known_by=date(2026, 4, 8))
    for partition, people in (
        (PARTITION, OLD),
        (Partition("cleaned/purchases", FIRST_DAY), NEW),
        (replay, NEW),
        (Partition("cleaned/purchases_by_week", FIRST_DAY), NEW),
    ):
        publish(lake, people, partition)

    assert lake.partitions("cleaned/purchases") == [FIRST_DAY, NIGHT]
    assert lake.partitions("cleaned/purchases", known_by=date(2026, 4, 8)) == [NIGHT]
    assert lake.partitions("cleaned/purchases", known_by=date(2026, 4, 9)) == []
    assert (content(lake), content(lake, replay)) == (OLD, NEW)


def test_a_reader_with_an_older_manifest_learns_that_its_files_are_gone(world: World) -> None:
    lake = world.lake()
    older = publish(lake, OLD)
    publish(lake, NEW)
    with pytest.raises(CorruptFileError, match=r"bob-[0-9a-f]{12}\.txt is missing"):
        lake.local_files(PARTITION, older)


def test_a_missing_file_is_named_with_its_partition(world: World) -> None:
    lake = world.lake()
    name = damage(lake, publish(lake, NEW), lambda _: None)
    with pytest.raises(CorruptFileError) as error:
        lake.local_files(PARTITION)
    assert str(error.value) == f"{PARTITION}: {name} is missing; build the partition again (--force)"


def test_a_truncated_file_is_named_with_both_sizes(world: World) -> None:
    lake = world.lake()
    name = damage(lake, publish(lake, NEW), lambda body: body[:-1])
    with pytest.raises(CorruptFileError, match=f"{name} has 18 bytes instead of 19"):
        lake.local_files(PARTITION)


def test_an_edited_file_of_the_same_size_is_found_by_its_hash(world: World) -> None:
    lake = world.lake()
    name = damage(lake, publish(lake, NEW), lambda body: b"X" + body[1:])
    with pytest.raises(CorruptFileError, match=f"{PARTITION}: {name} has another sha256 than was published"):
        lake.local_files(PARTITION, verify=True)
    with pytest.raises(CorruptFileError, match="another sha256"):
        lake.documents(PARTITION)


@pytest.mark.parametrize("how", [lambda body: body[:-1], lambda body: b"X" + body[1:], lambda _: None])
def test_building_again_repairs_a_damaged_file(world: World, how: Callable[[bytes], bytes | None]) -> None:
    lake = world.lake()
    damage(lake, publish(lake, NEW), how)
    publish(lake, NEW)
    assert content(lake) == NEW


def test_a_torn_manifest_is_an_error_for_readers_and_is_replaced_by_the_next_writer(world: World) -> None:
    lake = world.lake()
    publish(lake, OLD)
    stored = lake.storage.read(PARTITION.manifest_key)
    assert stored is not None
    lake.storage.put_bytes(PARTITION.manifest_key, stored.body[:100])

    with pytest.raises(CorruptManifestError):
        lake.manifest(PARTITION)
    with pytest.raises(CorruptManifestError):
        lake.local_files(PARTITION)
    with lake.writing(PARTITION) as writer:
        assert writer.published is None
    lake.storage.put_bytes(PARTITION.manifest_key, stored.body)
    assert content(lake) == OLD  # nobody tidied away files while it was unknown which ones are the partition

    lake.storage.put_bytes(PARTITION.manifest_key, stored.body[:100])
    publish(lake, NEW)
    assert content(lake) == NEW
    assert len(everything_stored(lake)) == len(NEW) + 1


def test_a_file_put_there_by_somebody_else_is_neither_read_nor_removed(world: World) -> None:
    lake = world.lake()
    publish(lake, OLD)
    lake.storage.put_bytes(f"{PARTITION.folder}/remarks.md", b"looked at by the analyst")
    publish(lake, NEW)
    assert content(lake) == NEW
    assert f"{PARTITION.folder}/remarks.md" in everything_stored(lake)


def test_a_document_that_does_not_say_its_rows_is_refused(world: World) -> None:
    lake = world.lake()
    with lake.writing(PARTITION) as writer:
        (path,) = stage(writer, {"ann": b"1"})
        with pytest.raises(LakeError, match=r"say how many rows ann\.txt has"):
            writer.publish([path], contract="c", code="c", known_by=NIGHT, as_of=NIGHT, inputs={})
    assert content(lake) is None


@pytest.mark.parametrize("name", ["..", ".hidden", "a b.txt", "Ann.txt", "ann$(id).txt", "ann.t\nxt"])
def test_a_file_whose_name_does_not_belong_into_a_lake_is_refused(local_world: World, name: str) -> None:
    lake = local_world.lake()
    with lake.writing(PARTITION) as writer:
        path = writer.staging_folder / "folder" / name
        path.parent.mkdir()
        if name != "..":
            path.write_bytes(b"1")
        with pytest.raises((UnsafeKeyError, IsADirectoryError)):
            publish_staged(writer, [path])
    assert content(lake) is None


def test_quarantine_holds_what_the_latest_attempt_refused(world: World) -> None:
    lake = world.lake()
    refused = pa.table({"row_key": ["o1", "o2"], "reason": ["amount_cents is negative"] * 2})
    with lake.writing(PARTITION) as writer:
        writer.quarantine("negative_amounts", refused)
        writer.quarantine("unknown_scenes", refused.slice(1))
    folder = f"_quarantine/{PARTITION.folder}"
    assert lake.quarantined(PARTITION) == [f"{folder}/negative_amounts.parquet", f"{folder}/unknown_scenes.parquet"]

    with lake.writing(PARTITION) as writer:
        key = writer.quarantine("negative_amounts", refused.slice(0, 1))
        publish_staged(writer, stage(writer, NEW))
    stored = lake.storage.read(key)
    assert lake.quarantined(PARTITION) == [key]
    assert stored is not None
    assert pq.read_table(pa.BufferReader(stored.body)).to_pylist() == refused.slice(0, 1).to_pylist()
    assert content(lake) == NEW

    publish(lake, NEW)
    assert lake.quarantined(PARTITION) == []


def test_quarantine_can_be_filled_and_cleared_without_a_writer(world: World, tmp_path: Path) -> None:
    lake = world.lake()
    lines = tmp_path / "lines.jsonl"
    lines.write_bytes(b'{"line": 7}\n')
    assert lake.quarantine(PARTITION, "bad_lines", lines) == f"_quarantine/{PARTITION.folder}/bad_lines.jsonl"
    with pytest.raises(UnsafeKeyError):
        lake.quarantine(PARTITION, "../bad_lines", lines)
    lake.clear_quarantine(PARTITION)
    assert lake.quarantined(PARTITION) == []


def test_files_staged_on_another_disk_are_copied(local_world: World, tmp_path: Path) -> None:
    other_disk = Path("/dev/shm")  # noqa: S108  in memory; not on every system
    elsewhere = other_disk if other_disk.is_dir() else tmp_path
    staged = elsewhere / f"nightledger-{tmp_path.name}.txt"
    staged.write_bytes(b"ann")
    try:
        with local_world.lake().writing(PARTITION) as writer:
            publish_staged(writer, [staged.rename(staged.with_name(f"ann_{NIGHT:%d}.txt"))])
        assert content(local_world.lake()) == {"ann_01": b"ann"}
        assert not list(Path(local_world.root, "_staging").glob("*"))
    finally:
        staged.with_name(f"ann_{NIGHT:%d}.txt").unlink(missing_ok=True)


def test_four_readers_at_once_share_one_cache(s3_world: World, children: ForkServerContext) -> None:
    people = {f"person{number}": bytes([number]) * 300_000 for number in range(4)}
    publish(s3_world.lake(), people)
    start, outcomes = children.Barrier(4), children.Queue()
    readers = [children.Process(target=fetch, args=(s3_world, start, outcomes)) for _ in range(4)]
    for reader in readers:
        reader.start()
    assert {outcomes.get(timeout=60) for _ in readers} == {b"".join(people.values())}
    for reader in readers:
        reader.join(60)
    assert not list(s3_world.scratch.rglob("*.partial"))


def test_a_damaged_copy_in_the_cache_is_fetched_again(s3_world: World) -> None:
    lake = s3_world.lake()
    publish(lake, NEW)
    first, second, _ = lake.local_files(PARTITION)
    first.write_bytes(b"cut")
    second.write_bytes(b"X" * second.stat().st_size)
    assert content(lake) == NEW


def test_the_cache_keeps_what_was_used_last(s3_world: World) -> None:
    lake = s3_world.lake()
    publish(lake, {"ann": b"a" * 100, "bob": b"b" * 100})
    publish(lake, {"cyd": b"c" * 100}, Partition("cleaned/purchases", NIGHT + timedelta(days=1)))
    ann, bob = lake.local_files(PARTITION)
    (cyd,) = lake.local_files(Partition("cleaned/purchases", NIGHT + timedelta(days=1)))
    lake.local_files(PARTITION)
    lake.trim_cache(keep_bytes=200)
    assert (ann.exists(), bob.exists(), cyd.exists()) == (True, True, False)


def test_importing_the_lake_loads_neither_arrow_nor_boto_nor_spark() -> None:
    heavy = "{'pyarrow', 'boto3', 'pyspark', 'pandas'}"
    asked = f"import sys, jobs.lake, jobs.storage; print(sorted({heavy} & set(sys.modules)))"
    root = Path(__file__).parents[2]
    told = subprocess.run([sys.executable, "-c", asked], cwd=root, capture_output=True, text=True, check=True)
    assert told.stdout == "[]\n"
