"""Which world lies in a folder, and which one the servers over a folder hold."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from demo.options import description
from demo.world import World, WorldError

WRITTEN_FOLDERS = ("drop", "bank", "truth")
WORLD_FILE = "world.json"
"""In a folder with a world, or with servers over one: what makes that world, and which days of it there are."""


@dataclass(frozen=True)
class WrittenWorld:
    """What lies in a folder: the world, as far as servers must know it, what describes it, and its days."""

    world: World
    described: dict[str, Any]
    days: list[date]


def make_room(folder: Path, world: World, days: list[date], *, all_parquet: bool) -> None:
    """Make sure that these days can be written into the folder: it holds nothing, or the days before of this world.

    WorldError when another world, another span of days, or what a run that broke off left is in the way.
    """
    there = _noted(folder)
    if there is None:
        left = [name for name in WRITTEN_FOLDERS if (folder / name).exists()]
        if left:
            raise WorldError(
                f"{folder} holds {', '.join(left)} of no finished world: remove them, or take another --out"
            )
        return
    if {name: there.get(name) for name in _what(world, all_parquet)} != _what(world, all_parquet):
        raise WorldError(f"{folder} holds another world: write to another --out, or remove the folder first")
    first, last = date.fromisoformat(there["first"]), date.fromisoformat(there["last"])
    if not first <= days[0] <= last + timedelta(days=1) or days[-1] < last:
        raise WorldError(
            f"{folder} holds {first} to {last} of this world, and its truth is as of {last}: write days that follow "
            f"from {last + timedelta(days=1)} on, or to another --out"
        )


def note_world(folder: Path, world: World, days: list[date], *, all_parquet: bool) -> None:
    """Write beside the files which world they are of, and from which day to which."""
    there = _noted(folder)
    first = there["first"] if there else str(days[0])
    noted = _what(world, all_parquet) | {"first": first, "last": str(days[-1])}
    (folder / WORLD_FILE).write_text(json.dumps(noted, indent=2) + "\n", encoding="utf-8")


def _what(world: World, all_parquet: bool) -> dict[str, Any]:
    return description(world) | {"all_parquet": all_parquet}


def _noted(folder: Path) -> dict[str, Any] | None:
    """What was written into the folder, whole; None: nothing, or not to its end."""
    try:
        noted = json.loads((folder / WORLD_FILE).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except ValueError:
        noted = None
    if not isinstance(noted, dict) or not {"first", "last"} <= noted.keys():
        raise WorldError(f"{folder / WORLD_FILE} is not of a world on disk: write to another --out")
    return noted


def find_world(folder: Path) -> WrittenWorld:
    """The world of a folder; WorldError when there is none, or none that a first night can begin with."""
    try:
        noted = json.loads((folder / WORLD_FILE).read_text(encoding="utf-8"))
        first, last = date.fromisoformat(noted.pop("first")), date.fromisoformat(noted.pop("last"))
        all_parquet, begins = noted.pop("all_parquet"), date.fromisoformat(noted["first_business_date"])
        world = World(
            seed=noted["seed"], people=noted["people"], banks=tuple(noted["banks"]), first_business_date=begins
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        raise WorldError(f"{folder} holds no world: write one with `python -m demo world --out {folder}`") from None
    if all_parquet:
        raise WorldError(f"{folder} was written with --parquet, which capture does not read: write it without")
    if first != begins:
        raise WorldError(f"{folder} begins on {first}, without the history: write it from {begins} on")
    days = [first + timedelta(days=offset) for offset in range((last - first).days + 1)]
    return WrittenWorld(world, noted | {"days": len(days) - 1}, days)


def is_served(folder: Path, wanted: dict[str, Any]) -> bool:
    """Whether the servers over the folder hold this world already; WorldError when they hold another one."""
    remembered = folder / WORLD_FILE
    if remembered.exists() and json.loads(remembered.read_text(encoding="utf-8")) != wanted:
        raise WorldError(
            f"{folder} holds another world: take another --folder, or first `python -m demo down --forget`"
        )
    return remembered.exists()


def remember(folder: Path, served: dict[str, Any]) -> None:
    """Note that the servers over the folder hold this world, whole."""
    (folder / WORLD_FILE).write_text(json.dumps(served) + "\n", encoding="utf-8")
