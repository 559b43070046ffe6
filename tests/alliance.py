"""One demo world for all tests that need a whole alliance, and a lake trained on its first day."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from uuid import uuid4

from demo.dirt_rates import Dirt
from demo.life import Life, live
from demo.servers import Partners, partners
from demo.world import World

PROJECT_ROOT = Path(__file__).resolve().parents[1]
PEOPLE = 4000  # of 1200 too few default to learn from, 1800 hold no ring
DAYS_AFTER_THE_FIRST = 5

INHERITED = dict(os.environ)
"""What a process of its own starts with, whatever a test has changed in this one meanwhile."""

FOR_TWO_CORES = {
    "NIGHTLEDGER_SPARK_CORES": "2",
    "NIGHTLEDGER_SPARK_MEMORY": "2g",
    "NIGHTLEDGER_SHUFFLE_PARTITIONS": "2",
}

SAID = "said"
"""The folder of everything that commands told people and programs."""

PublishedFiles = dict[tuple[str, str], list[tuple[str, int, str]]]


@dataclass(frozen=True)
class Alliance:
    """A served world and where lakes of it lie: `folder/<name>`, scratch beside it.

    truth: where the truth was put away before the first job ran, under a name that no job was ever told.
    """

    folder: Path
    life: Life
    partners: Partners
    days: tuple[date, ...]
    truth: Path

    @property
    def world(self) -> World:
        """The world that is served."""
        return self.life.world

    def environment(self, lake: str, **own: str) -> dict[str, str]:
        """The variables of a process that works on the lake of that name."""
        served = self.partners.environment(self.world, str(self.folder / lake), fixed_keys="tests")
        scratch = {"NIGHTLEDGER_SCRATCH": str(self.folder / f"{lake}-scratch")}
        return {**served, **scratch, **FOR_TWO_CORES, **own}

    def lake(self, name: str) -> Path:
        """The folder of the lake of that name."""
        return self.folder / name

    def copy_lake(self, name: str, to: str) -> Path:
        """A second lake with the same published partitions."""
        return Path(shutil.copytree(self.lake(name), self.lake(to), symlinks=True))

    def run(self, lake: str, *arguments: str, **own: str) -> subprocess.CompletedProcess[str]:
        """`python -m jobs.run <arguments>` on the lake, whatever its exit code."""
        done = subprocess.run(
            [sys.executable, "-m", "jobs.run", *arguments],
            cwd=PROJECT_ROOT,
            env={**INHERITED, **self.environment(lake, **own)},
            capture_output=True,
            text=True,
            check=False,
        )
        (self.folder / SAID).mkdir(exist_ok=True)
        (self.folder / SAID / f"{uuid4().hex}.txt").write_text(done.stdout + done.stderr, encoding="utf-8")
        return done

    def succeed(self, lake: str, *arguments: str, **own: str) -> str:
        """The same, and it must succeed; returns what people read."""
        done = self.run(lake, *arguments, **own)
        assert done.returncode == 0, f"{' '.join(arguments)} ended with {done.returncode}:\n{done.stderr[-4000:]}"
        return done.stderr


@contextmanager
def alliance_of(people: int, days_after_the_first: int, dirt: Dirt | None = None) -> Iterator[Alliance]:
    """Partners that serve a world of so many people, by default with its usual dirt; everything is gone afterwards."""
    # PostgreSQL's socket must fit into 107 characters, which pytest's own folders do not leave room for.
    folder = Path(tempfile.mkdtemp(prefix="nl-"))
    world = World(people=people, dirt=dirt or Dirt())
    days = world.business_dates(days_after_the_first)
    life = live(world, days[-1])
    try:
        with partners(folder / "partners", forget=True) as running:
            running.load(life, days)
            with tempfile.TemporaryDirectory() as elsewhere:
                truth = Path(shutil.move(running.folder / "truth", elsewhere))
                yield Alliance(folder, life, running, tuple(days), truth)
    finally:
        if not os.environ.get("NIGHTLEDGER_KEEP"):
            shutil.rmtree(folder, ignore_errors=True)


def published(lake: Path) -> PublishedFiles:
    """For each partition (address, business_date): name, rows and sha256 of every file, as its manifest lists them."""
    found: PublishedFiles = {}
    for path in lake.glob("[!_]*/*/business_date=*/_manifest.json"):
        manifest: Mapping[str, list[Mapping[str, object]]] = json.loads(path.read_text(encoding="utf-8"))
        address = f"{path.parts[-4]}/{path.parts[-3]}"
        files = [(str(f["name"]), int(str(f["rows"])), str(f["sha256"])) for f in manifest["files"]]
        found[address, path.parts[-2].removeprefix("business_date=")] = files
    return found
