"""Folders of a process: its own while it lives, and gone with the next process after it was killed."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from jobs.temporary_folders import LOCK, hold_folder, remove_unheld

HOLD_UNTIL_KILLED = """
import sys, time
from pathlib import Path
from jobs.temporary_folders import hold_folder
folder = hold_folder(Path(sys.argv[1])).path
(folder / "blockmgr").mkdir()
(folder / "blockmgr" / "shuffle_0").write_text("rows")
print(folder, flush=True)
time.sleep(600)
"""


def folders_in(place: Path) -> set[Path]:
    return {path for path in place.iterdir() if path.is_dir()}


def test_what_a_killed_process_left_is_removed_by_the_next_and_what_others_hold_is_not(tmp_path: Path) -> None:
    place = tmp_path / "scratch" / "spark" / "local"
    ann, bob = (
        subprocess.Popen([sys.executable, "-c", HOLD_UNTIL_KILLED, str(place)], stdout=subprocess.PIPE, text=True)
        for _ in range(2)
    )
    try:
        of_ann, of_bob = (Path(process.stdout.readline().strip()) for process in (ann, bob) if process.stdout)
        ann.kill()
        ann.wait()
        own = hold_folder(place)
        another = hold_folder(place)
        assert not of_ann.exists()
        assert folders_in(place) == {of_bob, own.path, another.path}
        assert (of_bob / "blockmgr" / "shuffle_0").read_text() == "rows"
    finally:
        for process in (ann, bob):
            process.kill()
            process.communicate()
    os.close(own.descriptor)
    remove_unheld(place)
    assert folders_in(place) == {another.path}
    assert {path.stem for path in place.glob(f"?*{LOCK}")} == {another.path.name}
    os.close(another.descriptor)


def test_a_folder_is_held_by_whoever_inherits_it(tmp_path: Path) -> None:
    held = hold_folder(tmp_path / "spark" / "local")
    heir = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"], pass_fds=[held.descriptor])
    try:
        os.close(held.descriptor)
        remove_unheld(held.path.parent)
        assert held.path.is_dir()
    finally:
        heir.kill()
        heir.wait()
    remove_unheld(held.path.parent)
    assert not held.path.exists()


def test_what_cannot_be_removed_yet_is_removed_the_next_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    held = hold_folder(tmp_path / "spark" / "local")
    os.close(held.descriptor)
    with monkeypatch.context() as while_somebody_still_writes:
        while_somebody_still_writes.setattr(shutil, "rmtree", lambda *_, **__: None)
        remove_unheld(held.path.parent)
        assert held.path.is_dir()
    remove_unheld(held.path.parent)
    assert list(held.path.parent.iterdir()) == [held.path.parent / LOCK]


def test_nobody_else_can_look_into_the_folders(tmp_path: Path) -> None:
    held = hold_folder(tmp_path / "scratch" / "spark" / "local")
    os.close(held.descriptor)
    opened = (held.path, held.path.parent, held.path.parent.parent)
    assert [stat.S_IMODE(folder.stat().st_mode) for folder in opened] == [0o700] * 3
