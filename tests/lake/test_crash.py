"""`kill -9` at every storage operation of a publish: readers see the old or the new partition, and nobody has to help.

The way SQLite tests itself: the process dies at operation 1, then at 2, 3, 4 … until one attempt runs through.
"""

from __future__ import annotations

import shutil
import signal
from dataclasses import replace
from multiprocessing.context import ForkServerContext
from pathlib import Path

import pytest

from tests.lake.children import publish_new, publish_new_and_die, stage_and_die
from tests.lake.worlds import NEW, OLD, PARTITION, World, content, copy_partition, everything_stored, publish

LARGE = {"ann": b"ann bought a house " * (6 * 1024 * 1024 // 19), "bob": b"bob bought a lamp"}
"""More than S3 is sent at once: ann's goes there in two parts."""


def world_of_attempt(world: World, moment: int) -> World:
    return replace(world, root=f"{world.root}/{moment}", scratch=world.scratch / str(moment))


def is_killed(children: ForkServerContext, world: World, moment: int, people: dict[str, bytes] = NEW) -> bool:
    child = children.Process(target=publish_new_and_die, args=(world, moment, people))
    child.start()
    child.join(60)
    assert child.exitcode in (-signal.SIGKILL, 0)
    return child.exitcode != 0


@pytest.mark.parametrize(
    ("world", "before", "new"),
    [
        ("local", None, NEW),
        ("local", OLD, NEW),
        ("s3", None, NEW),
        ("s3", OLD, LARGE),
    ],
    ids=["local-over nothing", "local-over old", "s3-over nothing", "s3-in parts over old"],
    indirect=["world"],
)
def test_t13_a_kill_at_any_storage_operation_leaves_the_old_or_the_new_partition(
    world: World, children: ForkServerContext, before: dict[str, bytes] | None, new: dict[str, bytes]
) -> None:
    undisturbed = world_of_attempt(world, 0).lake()
    publish_new(undisturbed, new)
    expected = everything_stored(undisturbed)
    expected_manifest = undisturbed.manifest(PARTITION)
    assert expected_manifest is not None

    older = replace(world, root=f"{world.root}/older").lake()
    if before is not None:
        publish(older, before)

    seen_after_kill, moment = [], 1
    while True:
        attempt = world_of_attempt(world, moment)
        lake = attempt.lake()
        if before is not None:
            copy_partition(older, lake)
        if not is_killed(children, attempt, moment, new):
            break

        seen = content(lake)
        assert seen in (before, new), f"killed at operation {moment}"
        seen_after_kill.append("new" if seen == new else "old")

        publish_new(lake, new)
        assert content(lake) == new
        assert everything_stored(lake) == expected, f"left behind by the kill at operation {moment}"
        again = lake.manifest(PARTITION)
        assert again is not None
        assert (again.digest, again.build_id) == (expected_manifest.digest, expected_manifest.build_id)
        if attempt.endpoint is None:
            shutil.rmtree(attempt.root)
        moment += 1

    assert content(lake) == new
    assert everything_stored(lake) == expected
    assert len(seen_after_kill) >= 40
    assert seen_after_kill == sorted(seen_after_kill, reverse=True), "old, then new, and never back"
    assert set(seen_after_kill) == {"old", "new"}


def test_t13_a_kill_between_staging_and_publishing_leaves_the_old_partition_and_no_staged_file_for_the_next(
    world: World, children: ForkServerContext
) -> None:
    lake = world.lake()
    publish(lake, OLD)

    child = children.Process(target=stage_and_die, args=(world,))
    child.start()
    child.join(60)

    assert child.exitcode == -signal.SIGKILL
    assert content(lake) == OLD
    publish(lake, NEW)
    assert content(lake) == NEW
    staged = lake.storage.staging_root(next(world.scratch.glob("lake-*"), world.scratch))
    assert list(staged.glob("*")) == []


def test_a_kill_while_a_damaged_file_is_repaired_leaves_it_to_the_next_writer(
    local_world: World, children: ForkServerContext
) -> None:
    lake = local_world.lake()
    publish(lake, NEW)
    damaged = next(Path(local_world.root, PARTITION.folder).glob("bob-*.txt"))
    for moment in range(1, 100):
        damaged.write_bytes(b"bob bought a lam")
        if not is_killed(children, local_world, moment):
            assert moment > 40
            break
        assert damaged.read_bytes() in (b"bob bought a lam", NEW["bob"])
        assert lake.manifest(PARTITION) is not None
    assert content(lake) == NEW
    assert lake.storage.list_keys("_staging") == []
