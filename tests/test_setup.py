"""`make` sets a machine up, or says in one line what to install: tried with the programs of other machines."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

from demo.processes import PROJECT_ROOT
from jobs.java import java_home

pytestmark = pytest.mark.meanwhile  # make and a shell, and no Spark

TOOLS = (
    "bash",
    "sh",
    "sed",
    "id",
    "rm",
    "mkdir",
    "cat",
    "chmod",
    "touch",
    "make",
    "echo",
    "test",
    "true",
    "cp",
    "dirname",
)
KEG = "opt/openjdk@17/libexec/openjdk.jdk/Contents/Home/bin/java"


HOSTILE = (
    "$(shell touch planted)",
    "2026-04-01$(touch planted)",
    "$(touch planted)",
    "`touch planted`",
    "; touch planted;",
    "'; touch planted; '",
    '"; touch planted; "',
    "$$(touch planted)",
    "x && touch planted",
    "../../planted",
)


def java(version: int) -> str:
    return f"echo 'openjdk version \"{version}.0.1\" 2024-01-16' >&2"


@dataclass
class Machine:
    """A machine with only the programs that it is given."""

    folder: Path

    def __post_init__(self) -> None:
        (self.folder / "bin").mkdir()
        for name in TOOLS:
            (self.folder / "bin" / name).symlink_to(str(shutil.which(name)))
        for name in ("Makefile", "requirements.lock"):
            shutil.copy(PROJECT_ROOT / name, self.folder / name)

    def program(self, path: str, script: str) -> None:
        file = self.folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
        file.chmod(0o700)

    def make(self, *given: str) -> tuple[int, list[str], list[str]]:
        """The exit code, what was said, and what make added to it."""
        done = subprocess.run(
            [str(self.folder / "bin" / "make"), "--no-print-directory", *given, f"BREW_PREFIXES={self.folder}/brew"],
            cwd=self.folder,
            env={"PATH": str(self.folder / "bin"), "HOME": str(self.folder), "SAID": str(self.folder / "asked")},
            capture_output=True,
            text=True,
            check=False,
        )
        return done.returncode, done.stdout.splitlines(), done.stderr.splitlines()

    def dry_run(self, target: str, **variables: str) -> str:
        """The commands that make would run."""
        command = [str(self.folder / "bin" / "make"), "-n", target]
        variables["PATH"] = str(self.folder / "bin")
        return subprocess.run(
            command, cwd=self.folder, env=variables, capture_output=True, text=True, check=True
        ).stdout

    @property
    def asked(self) -> list[str]:
        file = self.folder / "asked"
        return file.read_text(encoding="utf-8").splitlines() if file.exists() else []


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def has_apt(machine: Machine, **packages: int) -> None:
    """Debian or Ubuntu: apt-get knows those packages, and each brings a Java of that version."""
    for name, version in packages.items():
        machine.program(f"packages/{name.replace('_', '-')}", java(version))
    machine.program("bin/sudo", 'shift; exec "$@"')
    machine.program(
        "bin/apt-get",
        '[ "$1" = update ] && exit 0; for last; do :; done\n'
        'echo "$last" >> "$SAID"; cp "$HOME/packages/$last" "$HOME/bin/java"',
    )


def test_a_java_that_is_there_is_left_alone(machine: Machine) -> None:
    machine.program("bin/java", java(17))
    machine.program("bin/brew", 'echo "$@" >> "$SAID"')
    assert machine.make("java") == (0, [], [])
    assert machine.asked == []


@pytest.mark.parametrize(
    ("packages", "asked"),
    [
        ({"openjdk_21_jre_headless": 21, "default_jre_headless": 21}, ["openjdk-21-jre-headless"]),
        (
            {"openjdk_17_jre_headless": 17, "default_jre_headless": 11},
            ["openjdk-21-jre-headless", "openjdk-17-jre-headless"],
        ),
    ],
)
def test_where_the_default_java_is_too_old_a_newer_one_is_installed(
    machine: Machine, packages: dict[str, int], asked: list[str]
) -> None:
    machine.program("bin/java", java(11))
    has_apt(machine, **packages)
    assert machine.make("java") == (0, ["installing a Java runtime with apt-get"], [])
    assert machine.asked == asked


def test_a_java_of_homebrew_is_found_by_what_runs_after_its_installation(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine.program("bin/java", "echo 'Unable to locate a Java Runtime.' >&2; exit 1")  # as macOS has it
    machine.program("cellar/java", java(17))
    machine.program("bin/brew", f'mkdir -p "$(dirname "$HOME/brew/{KEG}")"; cp "$HOME/cellar/java" "$HOME/brew/{KEG}"')
    assert machine.make("java") == (0, ["installing a Java runtime with brew"], [])
    assert machine.make("java") == (0, [], [])
    monkeypatch.delenv("JAVA_HOME", raising=False)
    assert java_home([str(machine.folder / "brew")]) == str((machine.folder / "brew" / KEG).parents[1])
    monkeypatch.setenv("JAVA_HOME", "/mine")
    assert java_home([str(machine.folder / "brew")]) == "/mine"


@pytest.mark.parametrize("has_an_old_one", [True, False])
def test_without_a_way_to_a_java_one_line_says_what_to_install(machine: Machine, *, has_an_old_one: bool) -> None:
    if has_an_old_one:
        machine.program("bin/java", java(11))
        has_apt(machine)
    code, said, by_make = machine.make("java")
    assert code != 0
    assert said[-1].startswith("Spark needs Java 17 or newer: install it (Debian: apt-get install openjdk-17")
    assert [line for line in by_make if not line.startswith("make: ***")] == []


@pytest.mark.parametrize("python", [None, "echo 'ensurepip is not available' >&2; exit 1"])
def test_without_uv_and_without_a_way_to_it_one_line_says_what_to_install(machine: Machine, python: str | None) -> None:
    if python:
        machine.program("bin/python3", f"mkdir -p .tools; {python}")
    code, said, by_make = machine.make(".venv/ready")
    assert code != 0
    assert said[0].startswith("installing uv ")
    assert said[1].startswith("uv could not be installed: install it")
    assert len(said) == 2
    assert [line for line in by_make if not line.startswith("make: ***")] == []
    assert not (machine.folder / ".tools").exists()
    assert not (machine.folder / ".venv").exists()


@pytest.mark.parametrize("lake", ["", "{here}/.demo/lake", "/elsewhere/lake"])
def test_commands_meet_the_partners_of_the_demo_unless_the_settings_are_one_s_own(machine: Machine, lake: str) -> None:
    said = machine.dry_run("night", NIGHTLEDGER_LAKE=lake.format(here=machine.folder), BUSINESS_DATE="2026-04-01")
    assert ("demo with" in said) is not lake.startswith("/elsewhere")


@pytest.mark.parametrize(
    ("target", "variable"),
    [
        ("night", "BUSINESS_DATE"),
        ("train", "BUSINESS_DATE"),
        *(("backfill", name) for name in ("FROM", "TO")),
        *(("bench", name) for name in ("PEOPLE", "SEED", "ONLY")),
        *(("world", name) for name in ("PEOPLE", "SEED", "FROM", "TO", "OUT", "BANKS", "DIRT", "DRIFT")),
        *(("world-report", name) for name in ("PEOPLE", "SEED", "OUT", "BANKS", "DIRT", "DRIFT")),
    ],
)
def test_what_is_given_to_make_reaches_the_program_as_it_is_written_and_nothing_in_it_is_run(
    machine: Machine, target: str, variable: str
) -> None:
    machine.program("bin/java", java(17))
    machine.program(".venv/bin/python", 'printf "%s\n" "$@" >> "$SAID"')
    (machine.folder / ".venv" / "ready").touch()
    for value in HOSTILE:
        code, _, by_make = machine.make(target, f"{variable}={value}")
        assert (code, by_make) == (0, [])
        words = value.split() if variable == "ONLY" else [value]
        given = machine.asked
        assert [word for word in words if word not in given] == []
        assert not (machine.folder / "planted").exists(), value


def test_nothing_in_the_name_of_a_lake_is_run_by_make(machine: Machine) -> None:
    machine.dry_run("night", NIGHTLEDGER_LAKE=f"$(shell touch {machine.folder}/planted)", BUSINESS_DATE="2026-04-01")
    assert not (machine.folder / "planted").exists()
