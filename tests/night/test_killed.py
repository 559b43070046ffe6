"""A night whose whole process group is killed, at six moments one after the other, ends as if nothing had happened."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from hashlib import sha256
from pathlib import Path

from tests.alliance import PROJECT_ROOT, Alliance, published

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


def test_t13_a_night_killed_at_six_moments_needs_no_hand_and_gives_the_same_bytes(closed: Alliance) -> None:
    lake, day = closed.copy_lake("first", "killed"), closed.days[1]
    expected = {key: files for key, files in published(closed.lake("forward")).items() if key[1] <= str(day)}
    for number, dataset in enumerate(MOMENTS):
        kill_after(closed, lake, dataset, pause=0.1 * number)
        assert_readers_see_whole_partitions(lake)

    closed.succeed("killed", "night", "--business-date", str(day))

    assert published(lake) == expected
    assert_readers_see_whole_partitions(lake)
    assert left_over(lake) == []


def kill_after(alliance: Alliance, lake: Path, dataset: str, *, pause: float) -> None:
    """Start the night and kill everything it started, a moment after the dataset has its manifest."""
    day = str(alliance.days[1])
    process = subprocess.Popen(
        [sys.executable, "-m", "jobs.run", "night", "--business-date", day],
        cwd=PROJECT_ROOT,
        env={**os.environ, **alliance.environment("killed")},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    deadline = time.monotonic() + SECONDS_TO_WAIT
    manifest = lake / dataset / f"business_date={day}" / "_manifest.json"
    while not manifest.exists():
        assert process.poll() is None, f"the night ended before {dataset} was published"
        assert time.monotonic() < deadline, f"{dataset} was not published in time"
        time.sleep(0.02)
    time.sleep(pause)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def assert_readers_see_whole_partitions(lake: Path) -> None:
    """Every manifest that can be read lists files that are there, whole."""
    manifests = list(lake.glob("[!_]*/*/business_date=*/_manifest.json"))
    assert manifests
    for path in manifests:
        for file in json.loads(path.read_text(encoding="utf-8"))["files"]:
            assert sha256((path.parent / file["name"]).read_bytes()).hexdigest() == file["sha256"], path


def left_over(lake: Path) -> list[Path]:
    """Files that no manifest lists, staged or beside the data."""
    listed = {
        path.parent / file["name"]
        for path in lake.glob("[!_]*/*/business_date=*/_manifest.json")
        for file in json.loads(path.read_text(encoding="utf-8"))["files"]
    }
    present = {path for path in lake.glob("[!_]*/*/business_date=*/*") if path.name != "_manifest.json"}
    staged = [path for path in (lake / "_staging").rglob("*") if path.is_file()]
    return sorted([*(present - listed), *staged])
