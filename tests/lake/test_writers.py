"""One writer per partition: races, a night against a backfill, and writers that wake up after they were replaced."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from multiprocessing.context import ForkServerContext
from pathlib import Path

import psutil
import pytest

from jobs.lake import (
    ChangedMeanwhileError,
    LostLockError,
    Partition,
    UnsupportedStorageError,
    WriterBusyError,
)
from jobs.lock_lease import Holder, process_started
from tests.lake.children import hold, oversleep, race
from tests.lake.s3_that_lies import serve_lies
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

ROUNDS = 20


def test_of_two_writers_at_once_exactly_one_publishes_and_the_other_is_refused(
    world: World, children: ForkServerContext
) -> None:
    start, end, outcomes = children.Barrier(2), children.Barrier(2), children.Queue()
    racers = [children.Process(target=race, args=(world, who, ROUNDS, start, end, outcomes)) for who in ("ann", "bob")]
    for racer in racers:
        racer.start()
    told = [outcomes.get(timeout=60) for _ in range(2 * ROUNDS)]
    for racer in racers:
        racer.join(60)
        assert racer.exitcode == 0

    lake = world.lake()
    for number in range(ROUNDS):
        of_round = {who: outcome for found, who, outcome in told if found == number}
        winners = [who for who, outcome in of_round.items() if outcome == "published"]
        assert len(winners) == 1, of_round
        partition = Partition("cleaned/purchases", NIGHT + timedelta(days=number))
        assert content(lake, partition) == {winners[0]: winners[0].encode()}
        refusal = next(outcome for outcome in of_round.values() if outcome != "published")
        assert refusal.startswith(f"{partition}: ")
    assert lake.storage.list_keys("_locks") == []


def test_t11_a_backfill_is_refused_while_the_night_writes_the_same_partition_and_may_write_another(
    world: World, children: ForkServerContext
) -> None:
    lake = world.lake()
    has_lock, may_end = children.Event(), children.Event()
    night = children.Process(target=hold, args=(world, has_lock, may_end))
    night.start()
    assert has_lock.wait(30)

    with pytest.raises(WriterBusyError) as refused:
        publish(lake, OLD)
    other = Partition("cleaned/purchases", NIGHT + timedelta(days=1))
    publish(lake, OLD, other)
    may_end.set()
    night.join(60)

    assert str(refused.value).startswith(f"cleaned/purchases business_date=2026-04-01: process {night.pid} on ")
    assert str(refused.value).endswith("is writing it; wait for it, then run again")
    assert "\n" not in str(refused.value)
    assert content(lake) == NEW
    assert content(lake, other) == OLD


def test_a_second_writer_that_waits_publishes_after_the_first(world: World, children: ForkServerContext) -> None:
    lake = world.lake()
    has_lock, may_end = children.Event(), children.Event()
    night = children.Process(target=hold, args=(world, has_lock, may_end))
    night.start()
    assert has_lock.wait(30)
    may_end.set()

    with lake.writing(PARTITION, wait=True) as writer:
        assert writer.published is not None
        assert content(lake) == NEW
        publish_staged(writer, stage(writer, OLD))

    night.join(60)
    assert content(lake) == OLD


@pytest.mark.parametrize(
    ("moment", "why"),
    [
        ("publish", "LostLockError"),
        ("after conditional put _manifest.json", "LostLockError"),
        ("before conditional put _manifest.json", "ChangedMeanwhileError"),
    ],
    ids=["before it confirms its lease", "after it has published", "after it has confirmed its lease"],
)
def test_a_writer_that_was_replaced_while_asleep_cannot_undo_what_its_successor_published(
    s3_world: World, children: ForkServerContext, moment: str, why: str
) -> None:
    impatient = replace(s3_world, lease_seconds=1.0)
    lake = impatient.lake()
    publish(lake, OLD)
    outcome = children.Queue()
    sleeper = children.Process(target=oversleep, args=(impatient, moment, outcome))
    sleeper.start()
    wait_until_stopped(sleeper.pid or 0)

    newest = {"eve": b"eve came last", "cyd": OLD["cyd"]}
    with lake.writing(PARTITION, wait=True) as successor:
        publish_staged(successor, stage(successor, newest))
    os.kill(sleeper.pid or 0, signal.SIGCONT)

    assert outcome.get(timeout=30).startswith(f"{why}: {PARTITION}: ")
    sleeper.join(60)
    assert content(lake) == newest


def wait_until_stopped(pid: int) -> None:
    for _ in range(600):
        if psutil.Process(pid).status() == psutil.STATUS_STOPPED:
            return
        time.sleep(0.05)
    pytest.fail("the writer did not fall asleep")


def test_a_lease_is_renewed_so_that_a_slow_writer_keeps_it(s3_world: World) -> None:
    impatient = replace(s3_world, lease_seconds=1.5)
    with impatient.lake().writing(PARTITION) as writer:
        files = stage(writer, NEW)
        time.sleep(3.5)
        with pytest.raises(WriterBusyError):
            publish(impatient.lake(), OLD)
        publish_staged(writer, files)
    assert content(s3_world.lake()) == NEW


def test_the_lease_of_a_writer_on_another_machine_holds_until_it_expires(s3_world: World) -> None:
    lake = s3_world.lake()
    key = f"_locks/{PARTITION.flat_name}.json"
    there = Holder("t0ken", "far-away", "another machine", 4711, "1", "2026-04-02T00:30:00+00:00", seconds=2.0)
    lake.storage.put_bytes(key, there.to_json())

    with pytest.raises(WriterBusyError, match="process 4711 on far-away since 2026-04-02T00:30:00"):
        publish(lake, NEW)
    with lake.writing(PARTITION, wait=True) as writer:
        publish_staged(writer, stage(writer, NEW))

    assert content(lake) == NEW
    assert lake.storage.list_keys("_locks") == []


def test_an_unreadable_lease_holds_like_any_other(s3_world: World) -> None:
    lake = s3_world.lake()
    lake.storage.put_bytes(f"_locks/{PARTITION.flat_name}.json", b"{")
    with pytest.raises(WriterBusyError, match="unreadable lease"):
        publish(lake, NEW)


def test_a_process_that_got_the_number_of_a_dead_one_is_not_taken_for_it() -> None:
    assert process_started(os.getpid()) == process_started(os.getpid()) != ""
    assert process_started(2**22 + 1) == ""


def test_a_server_that_ignores_conditions_is_refused_before_anything_is_published(tmp_path: Path) -> None:
    with serve_lies(ignores_conditions=True) as endpoint:
        lake = World("s3://liar/lake", tmp_path, endpoint).lake()
        with pytest.raises(UnsupportedStorageError, match="ignores conditions on writes"):
            publish(lake, NEW)
        assert lake.manifest(PARTITION) is None


def publish_after(world: World, mishap: Callable[[], object]) -> None:
    with world.lake().writing(PARTITION) as writer:
        files = stage(writer, NEW)
        mishap()
        publish_staged(writer, files)


def test_a_local_writer_whose_lock_file_was_removed_by_hand_does_not_publish(local_world: World) -> None:
    lock = Path(local_world.root, "_locks", f"{PARTITION.flat_name}.lock")
    with pytest.raises(LostLockError, match="run again"):
        publish_after(local_world, lock.unlink)
    assert content(local_world.lake()) is None


def test_a_local_manifest_that_changed_behind_the_lock_is_not_overwritten(local_world: World) -> None:
    lake = local_world.lake()
    publish(lake, OLD)
    manifest = Path(local_world.root, PARTITION.manifest_key)
    edited = manifest.read_bytes().replace(b"c0de", b"c0d3")
    with pytest.raises(ChangedMeanwhileError, match="another writer published"):
        publish_after(local_world, lambda: manifest.write_bytes(edited))
    assert manifest.read_bytes() == edited


def test_a_writer_that_fails_leaves_no_lock_and_no_staged_file(world: World) -> None:
    lake = world.lake()
    with pytest.raises(ZeroDivisionError):
        publish_after(world, lambda: 1 // 0)
    assert everything_stored(lake) == []
    publish(lake, NEW)
    assert content(lake) == NEW


def test_what_a_writer_left_who_died_after_publishing_is_tidied_without_a_new_build(local_world: World) -> None:
    lake = local_world.lake()
    publish(lake, OLD)
    before = content(lake)
    left = Path(local_world.root, "_staging", PARTITION.flat_name, "attempt-of-ann")
    left.mkdir(parents=True)
    (left / "part-00000.parquet").write_bytes(b"staged")

    with lake.writing(PARTITION) as bob:
        staged = bob.staging_folder
        lake.tidy(PARTITION)
        assert staged.is_dir(), "while bob writes, what lies there is his"
    left.mkdir(parents=True)
    lake.tidy(PARTITION)

    assert not left.parent.exists()
    assert content(lake) == before
