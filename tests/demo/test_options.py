"""The command line: every figure of a world can be asked for, and nonsense is refused in one line."""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
from dataclasses import fields
from datetime import date
from pathlib import Path

import pytest

from demo import __main__ as command
from demo.dirt_rates import Dirt
from demo.drift import Drift
from demo.options import add_world_options, description, dirt_of, drift_of, world_of
from demo.oracle import read_truth
from demo.processes import PROJECT_ROOT
from demo.world import World


def asked(*arguments: str) -> World:
    parser = argparse.ArgumentParser()
    add_world_options(parser)
    return world_of(parser.parse_args(arguments))


def test_without_options_the_usual_world_is_meant() -> None:
    assert asked() == World()


def test_banks_dirt_and_drift_can_be_asked_for() -> None:
    world = asked("--banks", "harbour,meridian,summit", "--dirt", "none,late_rows=0.05", "--drift", "2026-01-01")
    assert world.banks == ("harbour", "meridian", "summit")
    assert world.dirt == Dirt(**{**vars(Dirt.none()), "late_rows": 0.05})
    assert world.drift == Drift(date(2026, 1, 1))
    assert json.loads(json.dumps(description(world))) == description(world)
    assert description(world) != description(asked())


def test_single_deliveries_can_go_wrong_and_a_drift_has_figures_of_its_own() -> None:
    dirt = dirt_of("usual,missing_days=referrals@2026-04-01,missing_days=orders@2026-04-02,"
                   "time_zone_shifts=contacts@2026-04-01,changed_types=orders.gross_cents@2026-04-03")  # fmt: skip
    assert dirt.missing_days == (("referrals", date(2026, 4, 1)), ("orders", date(2026, 4, 2)))
    assert dirt.time_zone_shifts == (("contacts", date(2026, 4, 1)),)
    assert dirt.changed_types == (("orders", "gross_cents", date(2026, 4, 3)),)
    assert dirt.late_rows == Dirt().late_rows
    drift = drift_of("2026-01-01,income_factor=0.7,strain_factor=3,new_channel_share=0,recoded_category=5541:4121")
    assert drift == Drift(date(2026, 1, 1), 0.7, 3.0, 0.0, ("5541", "4121"))


SETTINGS_OF_DIRT = {
    **{kind.name: "0.05" for kind in fields(Dirt) if kind.type == "float"},
    "missing_days": "referrals@2026-04-01",
    "time_zone_shifts": "contacts@2026-04-01",
    "changed_types": "orders.gross_cents@2026-04-01",
}


@pytest.mark.parametrize("kind", [kind.name for kind in fields(Dirt)])
def test_every_kind_of_dirt_is_one_setting_that_changes_no_other_kind(kind: str) -> None:
    asked_for = asked("--dirt", f"none,{kind}={SETTINGS_OF_DIRT[kind]}").dirt
    assert {name for name, value in vars(asked_for).items() if value != vars(Dirt.none())[name]} == {kind}


def test_make_hands_banks_dirt_and_drift_on_to_the_world_and_to_its_page() -> None:
    shown = subprocess.run(
        [str(shutil.which("make")), "--dry-run", "world", "world-report"],
        cwd=PROJECT_ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    for command_line in ("demo world ", "demo world-report "):
        line = next(line for line in shown.splitlines() if command_line in line)
        assert all(option in line for option in ('"${BANKS:-harbour,meridian}"', '"${DIRT:-usual}"', '"$DRIFT"'))


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--people", "3"], "people: at least 50"),
        (["--days", "-1"], "--days -1"),
        (["--seed", "-7"], "seed: 0 or more"),
        (["--history-months", "100000"], "history_months: 1 to 240"),
        (["--banks", ""], "banks: at least one"),
        (["--banks", "Harbour"], "banks: codes like harbour"),
        (["--banks", "harbour,harbour"], "banks: at least one, each once"),
        (["--dirt", "filthy"], "begin with usual or none"),
        (["--dirt", "usual,lateness=0.1"], "'lateness' is not one of"),
        (["--dirt", "usual,late_rows"], "'late_rows' is not one of"),
        (["--dirt", "usual,late_rows=much"], "a number like 0.05"),
        (["--dirt", "usual,late_rows=nan"], "late_rows must be shares"),
        (["--dirt", "none,missing_days=gossip@2026-04-01"], "no such delivery"),
        (["--dirt", "none,missing_days=orders@soon"], "a day like 2026-04-01"),
        (["--dirt", "none,changed_types=orders@2026-04-01"], "orders.gross_cents@2026-04-01"),
        (["--dirt", "none,changed_types=orders.order_status@2026-04-01"], "orders.gross_cents@2026-04-01"),
        (["--dirt", "none,time_zone_shifts=order_items@2026-04-01"], "no such delivery"),
        (["--drift", "tomorrow"], "a day like 2026-04-01"),
        (["--drift", "20260101"], "a day like 2026-04-01"),
        (["--drift", "2026-01-15"], "the first day of a month"),
        (["--drift", "2026-01-01,strain_factor=-1"], "strain_factor: 0 to 20"),
        (["--drift", "2026-01-01,recoded_category=5814"], "two of the merchants' codes"),
    ],
)
def test_nonsense_is_refused_in_one_line_that_names_it(
    arguments: list[str], says: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command.main(["world", "--out", str(tmp_path / "out"), *arguments]) == 2
    said = capsys.readouterr().err
    assert said.startswith("demo: ")
    assert says in said
    assert said.count("\n") == 1
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("day", ["20260401", "2026-W14-3", "2026-02-30", "../x", "$(touch planted)"])
@pytest.mark.parametrize("option", ["--from", "--to"])
def test_days_of_a_world_are_written_as_everywhere(
    option: str, day: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        command.main(["world", "--out", str(tmp_path / "out"), option, day])
    assert ended.value.code == 2
    assert f"argument {option}: business_date" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_a_world_of_three_banks_and_one_kind_of_dirt_is_written(tmp_path: Path) -> None:
    options = ["--people", "300", "--history-months", "3", "--banks", "harbour,meridian,summit"]
    dirt = ["--dirt", "none,exact_duplicates=0.05", "--drift", "2026-03-01"]
    assert command.main(["world", "--out", str(tmp_path), "--days", "0", *options, *dirt]) == 0
    assert sorted(path.name for path in (tmp_path / "bank").iterdir()) == ["harbour", "meridian", "summit"]
    assert set(read_truth(tmp_path / "truth", "flaws")["kind"].to_pylist()) == {"exact_duplicate"}
