"""What the child processes of these tests do: publish and die, race, or fall asleep at the wrong moment."""

from __future__ import annotations

import os
import signal
from datetime import timedelta
from multiprocessing.queues import Queue
from multiprocessing.synchronize import Barrier, Event

import boto3

from jobs.lake import ChangedMeanwhileError, Lake, LostLockError, Partition, WriterBusyError
from tests.lake.worlds import NEW, NIGHT, PARTITION, World, publish_staged, stage

boto3.client("s3", region_name="us-east-1")  # the children inherit what boto3 has parsed: 0.1 s less for each


class DieAt:
    """An `on_operation` that ends the process, as `kill -9` does, at the n-th call.

    boto3 reads a body once to sign it and once to send it: only the second time is in the middle of a request.
    """

    def __init__(self, moment: int) -> None:
        self.moment = moment
        self.calls = 0
        self.signed = ""

    def __call__(self, name: str) -> None:
        if name.startswith("halfway") and " put " in name and name != self.signed:
            self.signed = name
            return
        self.signed = ""
        self.calls += 1
        if self.calls == self.moment:
            os.kill(os.getpid(), signal.SIGKILL)


def publish_new(lake: Lake, people: dict[str, bytes] = NEW) -> None:
    """Quarantine a row and publish NEW, or what is given."""
    with lake.writing(PARTITION) as writer:
        files = stage(writer, people)
        refused = writer.staging_folder / "refused.jsonl"
        refused.write_bytes(b'{"line": 7, "reason": "amount_cents is not a number"}\n')
        writer.quarantine("refused", refused)
        publish_staged(writer, files)


def publish_new_and_die(world: World, moment: int, people: dict[str, bytes] = NEW) -> None:
    """Killed at the given storage operation, if there are that many."""
    publish_new(world.lake(DieAt(moment)), people)


def stage_and_die(world: World) -> None:
    """Killed when everything is staged and nothing is published."""
    with world.lake().writing(PARTITION) as writer:
        stage(writer, NEW)
        os.kill(os.getpid(), signal.SIGKILL)


def race(
    world: World, who: str, rounds: int, start: Barrier, end: Barrier, outcomes: Queue[tuple[int, str, str]]
) -> None:
    """Try to publish one partition per round against others; whoever gets in stays until all have tried."""
    lake = world.lake()
    for number in range(rounds):
        partition = Partition("cleaned/purchases", NIGHT + timedelta(days=number))
        start.wait(30)
        try:
            with lake.writing(partition) as writer:
                end.wait(30)
                publish_staged(writer, stage(writer, {who: who.encode()}))
                outcomes.put((number, who, "published"))
        except WriterBusyError as error:
            outcomes.put((number, who, str(error)))
            end.wait(30)


def hold(world: World, has_lock: Event, may_end: Event) -> None:
    """A night that is under way until it is told to publish."""
    with world.lake().writing(PARTITION) as writer:
        files = stage(writer, NEW)
        has_lock.set()
        may_end.wait(30)
        publish_staged(writer, files)


class SleepBefore:
    """An `on_operation` that stops the process at the operation with this name, as a suspended machine does."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.has_slept = False

    def __call__(self, name: str) -> None:
        if name == self.name and not self.has_slept:
            self.has_slept = True
            os.kill(os.getpid(), signal.SIGSTOP)


def oversleep(world: World, moment: str, outcome: Queue[str]) -> None:
    """Take the lease, fall asleep before the named operation, wake up and go on publishing as if nothing had been."""
    sleep = SleepBefore(moment)
    try:
        with world.lake(sleep).writing(PARTITION) as writer:
            files = stage(writer, NEW)
            if moment == "publish":
                sleep(moment)
            publish_staged(writer, files)
        outcome.put("published")
    except (LostLockError, ChangedMeanwhileError) as error:
        outcome.put(f"{type(error).__name__}: {error}")


def fetch(world: World, start: Barrier, outcome: Queue[bytes]) -> None:
    """Read the partition at the same moment as others."""
    lake = world.lake()
    start.wait(30)
    outcome.put(b"".join(path.read_bytes() for path in lake.local_files(PARTITION)))
