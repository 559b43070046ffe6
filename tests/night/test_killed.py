"""A night whose whole process group is killed, at six moments one after the other, ends as if nothing had happened."""

from __future__ import annotations

import json
from pathlib import Path

from tests.alliance import Alliance, published
from tests.night.killing import assert_readers_see_whole_partitions, shuffled_rows


def test_t13_a_night_killed_at_six_moments_needs_no_hand_and_gives_the_same_bytes(
    closed: Alliance, killed: Alliance
) -> None:
    lake, day = killed.lake("killed"), killed.days[1]
    expected = {key: files for key, files in published(closed.lake("forward")).items() if key[1] <= str(day)}
    assert published(lake) == expected
    assert_readers_see_whole_partitions(lake)
    assert left_over(lake) == []
    assert shuffled_rows(killed) == []


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
