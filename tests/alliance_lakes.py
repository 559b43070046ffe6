"""The lakes in which the nights of the one alliance are closed, each in another way: all must hold the same bytes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import ExitStack

from tests.alliance import DAYS_AFTER_THE_FIRST, PEOPLE, Alliance, alliance_of
from tests.dags.scheduled_nights import close_by_airflow
from tests.night.killing import kill_six_times_and_close


def trained_alliance(until: ExitStack) -> Alliance:
    """The alliance with its first day trained on in the lake `first`; served until the stack is closed."""
    alliance = until.enter_context(alliance_of(PEOPLE, DAYS_AFTER_THE_FIRST))
    alliance.succeed("first", "train", "--business-date", str(alliance.days[0]))
    return alliance


def close_forwards(alliance: Alliance) -> None:
    """The lake `forward`: oldest night first, in one process."""
    alliance.copy_lake("first", "forward")
    alliance.succeed("forward", "backfill", "--from", str(alliance.days[1]), "--to", str(alliance.days[-1]))


IN_THREE_PARTITIONS = {
    "NIGHTLEDGER_SHUFFLE_PARTITIONS": "3",
    "NIGHTLEDGER_SHUFFLE_PARTITIONS_OF_FEW_ROWS": "3",
}


def close_backwards(alliance: Alliance) -> None:
    """The lake `backward`: newest capture first, in three shuffle partitions."""
    alliance.copy_lake("first", "backward")
    nights = ("--from", str(alliance.days[1]), "--to", str(alliance.days[-1]))
    alliance.succeed("backward", "backfill", *nights, "--run-backwards", **IN_THREE_PARTITIONS)


LAKES: Mapping[str, Callable[[Alliance], None]] = {
    "closed": close_forwards,
    "by_airflow": close_by_airflow,
    "killed": kill_six_times_and_close,
    "backward": close_backwards,
}
"""By the name of the fixture that waits for it; first comes what most tests wait for, and what takes longest."""
