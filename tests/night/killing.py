"""A night whose whole process group is killed, at six moments one after the other, and then left to run."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from hashlib import sha256
from pathlib import Path

from jobs.settings import read_settings
from tests.alliance import INHERITED, PROJECT_ROOT, Alliance, PublishedFiles, published

MOMENTS = (
    "captured/shop_orders",
    "captured/bank_transactions",
    "cleaned/instalments",
    "customers/identities",
    "features/repayment",
    "scores/customer_scores",
)
"""A run is killed a moment after it has published this dataset: while it captures, starts Spark, builds, checks."""

SECONDS_TO_WAIT = 600


def kill_six_times_and_close(alliance: Alliance) -> None:
    """The lake `killed`: the second day after six kills, whole for readers after each, and closed by one more run.

    What readers saw after a kill is still there, byte for byte, when the night is closed.
    """
    seen: list[PublishedFiles] = []
    lake, day = alliance.copy_lake("first", "killed"), alliance.days[1]
    for number, dataset in enumerate(MOMENTS):
        kill_after(alliance, lake, dataset, pause=0.1 * number)
        assert_readers_see_whole_partitions(lake)
        seen.append(published(lake))
    assert shuffled_rows(alliance), "a Spark that is killed tidies nothing up"
    alliance.succeed("killed", "night", "--business-date", str(day))
    closed = published(lake)
    assert [number for number, of in enumerate(seen) if not of.items() <= closed.items()] == []


def kill_after(alliance: Alliance, lake: Path, dataset: str, *, pause: float) -> None:
    """Start the night and kill everything it started, a moment after the dataset has its manifest."""
    day = str(alliance.days[1])
    manifest = lake / dataset / f"business_date={day}" / "_manifest.json"
    assert not manifest.exists(), f"{dataset} was published before this moment: the kill would hit a start"
    process = subprocess.Popen(
        [sys.executable, "-m", "jobs.run", "night", "--business-date", day],
        cwd=PROJECT_ROOT,
        env={**INHERITED, **alliance.environment("killed")},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    deadline = time.monotonic() + SECONDS_TO_WAIT
    while not manifest.exists():
        assert process.poll() is None, f"the night ended before {dataset} was published"
        assert time.monotonic() < deadline, f"{dataset} was not published in time"
        time.sleep(0.02)
    time.sleep(pause)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def shuffled_rows(alliance: Alliance) -> list[Path]:
    """What the Sparks of the lake have written down on their way and not removed."""
    place = read_settings(alliance.environment("killed")).spark_temporary
    return [path for path in place.glob("*/**/*") if path.is_file()]


def assert_readers_see_whole_partitions(lake: Path) -> None:
    """Every manifest that can be read lists files that are there, whole."""
    manifests = list(lake.glob("[!_]*/*/business_date=*/_manifest.json"))
    assert manifests
    for path in manifests:
        for file in json.loads(path.read_text(encoding="utf-8"))["files"]:
            assert sha256((path.parent / file["name"]).read_bytes()).hexdigest() == file["sha256"], path
