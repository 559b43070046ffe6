"""Folders of a process: its own while it lives, and gone with the next process after it was killed."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from jobs.temporary_folders import folder_of_this_process

HOLD_UNTIL_KILLED = """
import sys, time
from pathlib import Path
from jobs.temporary_folders import folder_of_this_process
folder = folder_of_this_process(Path(sys.argv[1]))
(folder / "blockmgr").mkdir()
(folder / "blockmgr" / "shuffle_0").write_text("rows")
print(folder, flush=True)
time.sleep(600)
"""


def test_what_a_killed_process_left_is_removed_by_the_next_and_what_others_hold_is_not(tmp_path: Path) -> None:
    place = tmp_path / "scratch" / "spark"
    ann, bob = (
        subprocess.Popen([sys.executable, "-c", HOLD_UNTIL_KILLED, str(place)], stdout=subprocess.PIPE, text=True)
        for _ in range(2)
    )
    try:
        of_ann, of_bob = (Path(process.stdout.readline().strip()) for process in (ann, bob) if process.stdout)
        ann.kill()
        ann.wait()
        own = folder_of_this_process(place)
        another = folder_of_this_process(place)
        assert not of_ann.exists()
        assert (of_bob / "blockmgr" / "shuffle_0").read_text() == "rows"
        assert len({of_ann, of_bob, own, another}) == 4
        assert [folder.stat().st_mode & 0o077 for folder in (place, own, another)] == [0, 0, 0]
        assert sorted(path.name for path in place.iterdir() if path.is_dir()) == sorted(
            folder.name for folder in (of_bob, own, another)
        )
    finally:
        for process in (ann, bob):
            process.kill()
            process.communicate()
