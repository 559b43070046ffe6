"""The edge budget follows what a container may use, in both versions of control groups."""

from __future__ import annotations

from pathlib import Path

import pytest

from jobs.memory import usable_memory
from jobs.settings import read_settings

SETTINGS = {"NIGHTLEDGER_LAKE": "/lake", "NIGHTLEDGER_FIRST_BUSINESS_DATE": "2026-03-31"}
GIGABYTE = 1 << 30


def groups(folder: Path, files: dict[str, str], of_this_process: str) -> tuple[Path, Path]:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    mine = folder / "mine"
    mine.write_text(of_this_process, encoding="utf-8")
    return folder, mine


@pytest.mark.parametrize(
    ("files", "of_this_process", "limit"),
    [
        ({"memory.max": f"{GIGABYTE}\n"}, "0::/\n", GIGABYTE),  # as a container sees itself
        ({"a/b/memory.max": "max\n", "a/memory.max": f"{GIGABYTE // 2}\n"}, "0::/a/b\n", GIGABYTE // 2),
        ({"memory/memory.limit_in_bytes": "1000000\n"}, "7:cpu,memory:/docker/x\n3:pids:/\n", 1_000_000),
        ({"memory/docker/x/memory.limit_in_bytes": "9223372036854771712\n"}, "7:memory:/docker/x\n", None),
        ({"memory.max": "5\n"}, "4:pids:/\n", None),  # no group that counts memory
        ({}, "0::/gone\n", None),
    ],
)
def test_the_least_limit_of_all_groups_around_the_process_counts(
    tmp_path: Path, files: dict[str, str], of_this_process: str, limit: int | None
) -> None:
    machine = usable_memory(tmp_path / "none", tmp_path / "none")
    assert usable_memory(*groups(tmp_path, files, of_this_process)) == (machine if limit is None else limit)


def test_fewer_edges_are_measured_here_where_memory_is_short(monkeypatch: pytest.MonkeyPatch) -> None:
    def budget(memory: int, driver: str) -> int:
        monkeypatch.setattr("jobs.settings.usable_memory", lambda: memory)
        return read_settings({**SETTINGS, "NIGHTLEDGER_SPARK_MEMORY": driver}).edges_in_memory

    assert budget(32 * GIGABYTE, "8g") == 8 * GIGABYTE // 800
    assert budget(4 * GIGABYTE, "8g") == GIGABYTE // 800
    assert budget(32 * GIGABYTE, "1g") == GIGABYTE // 200, "they pass through Spark's driver"
