"""What the README tells a newcomer to do works as it is written."""

from __future__ import annotations

import os
import random
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from types import CodeType
from typing import Any

import duckdb
import pytest

from demo.__main__ import _parser as demo_parser
from demo.keys import write_environment
from demo.processes import PROJECT_ROOT
from demo.tour import published, show
from jobs.run import _parser, _with_verb
from schemas.segments.customer_segments import SEGMENTS
from tests.alliance import Alliance
from tests.models.borrowers import borrowers

README = (PROJECT_ROOT / "README.md").read_text(encoding="utf-8")
MAKEFILE = (PROJECT_ROOT / "Makefile").read_text(encoding="utf-8")


def section(title: str) -> str:
    return README.split(f"## {title}\n")[1].split("\n## ")[0]


def commands_of(title: str) -> list[list[str]]:
    """The arguments of every `python -m jobs.run …` in the code of a section."""
    blocks = re.findall(r"```bash\n(.*?)```", section(title), flags=re.S)
    lines = [line for block in blocks for line in block.splitlines() if line.startswith("python -m jobs.run")]
    assert lines, f"no command in {title}"
    return [shlex.split(line, comments=True)[3:] for line in lines]


@pytest.mark.parametrize("arguments", commands_of("Run it by hand"), ids=" ".join)
def test_a_command_of_the_readme_runs_as_written(closed: Alliance, arguments: list[str]) -> None:
    closed.succeed("forward", *arguments)


def test_the_decisions_of_the_readme_are_taken_as_written_and_told_afterwards(closed: Alliance) -> None:
    closed.copy_lake("forward", "decided-by-readme")
    commands = commands_of("Sign a model, and decide on it")
    assert [arguments[0] for arguments in commands] == ["models", "promote", "shadow"]
    for arguments in commands:
        closed.succeed("decided-by-readme", *arguments)
    done = closed.run("decided-by-readme", "models")
    told = done.stdout + done.stderr
    assert "gains 0.03 in Gini" in told
    assert "try a month" in told


def snippets_of(name: str) -> list[CodeType]:
    """The blocks of Python in a section."""
    return [
        compile(block, "README.md", "exec") for block in re.findall(r"```python\n(.*?)```", section(name), flags=re.S)
    ]


@pytest.fixture
def after_the_demo(closed: Alliance, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of the project as `make demo` leaves it, with a lake that was made otherwise."""
    variables = closed.environment("forward", NIGHTLEDGER_LAKE=str(tmp_path / ".demo" / "lake"))
    (tmp_path / ".venv" / "bin").mkdir(parents=True)
    (tmp_path / ".venv" / "bin" / "activate").write_text(
        f"PATH={Path(sys.executable).parent}:$PATH\n", encoding="utf-8"
    )
    write_environment(tmp_path / ".demo" / "environment", variables)
    (tmp_path / ".demo" / "lake").symlink_to(closed.lake("forward"))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_first_commands_after_the_demo_run_as_written(after_the_demo: Path) -> None:
    (block,) = re.findall(r"```bash\n(.*?)```", section("Ask the result"), flags=re.S)
    done = subprocess.run(
        [str(shutil.which("bash")), "-euo", "pipefail", "-c", block],
        env={"PATH": os.environ["PATH"], "HOME": str(after_the_demo), "PYTHONPATH": str(PROJECT_ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    files = done.stdout.splitlines()
    assert files
    assert all(Path(line).is_relative_to(after_the_demo / ".demo" / "lake") and Path(line).is_file() for line in files)


@pytest.mark.usefixtures("after_the_demo")
def test_the_query_of_the_readme_runs_as_written(capsys: pytest.CaptureFixture[str]) -> None:
    (query,) = snippets_of("Ask the result")
    exec(query, {})  # noqa: S102
    told = capsys.readouterr().out
    assert [segment for segment in SEGMENTS if f" {segment} " in told], "a small world need not have all of them"


def test_the_demo_ends_with_three_customers_and_every_segment(
    closed: Alliance, capsys: pytest.CaptureFixture[str]
) -> None:
    lake, night = closed.lake("forward"), closed.days[1]
    show(lake, night)
    told = capsys.readouterr().out
    (segments,) = duckdb.sql(
        "SELECT list(DISTINCT segment) FROM read_parquet($files)",
        params={"files": published(lake, "segments/customer_segments", night)},
    ).fetchall()[0]
    assert len(segments) > 3
    assert [segment for segment in segments if segment not in told] == []
    assert len(re.findall(r"c[0-9a-f]{24}", told)) == 3


def test_every_command_that_is_named_is_one_the_programs_understand() -> None:
    """In blocks and in the text; what stands for something of the reader's own is a word like any other."""
    named = re.findall(r"python -m (jobs\.run|demo)( [^`\n]*)", README)
    commands = [(module, shlex.split(re.split(r"\s{3,}", arguments)[0], comments=True)) for module, arguments in named]
    assert len({words[0] for module, words in commands if module == "jobs.run"}) > 12
    for module, words in commands:
        given = ["2026-03-31" if word.startswith("$") else word for word in words]
        if module == "demo":
            demo_parser().parse_args(given)
        else:
            assert _parser().parse_args(_with_verb(given)).command


def test_the_models_of_any_table_in_the_readme_run_as_written(capsys: pytest.CaptureFixture[str]) -> None:
    loans = (
        borrowers(300)
        .rename(columns={"observation_date": "month", "customer_id": "borrower", "is_default": "defaulted"})
        .drop(columns="true_probability")
    )
    loans.loc[loans.index % 20 == 0, "on_time_share_365d"] = -999
    found: dict[str, Any] = {"loans": loans, "new_loans": loans.drop(columns="defaulted").tail(50)}
    any_table, _ = snippets_of("Sign a model, and decide on it")
    exec(any_table, found)  # noqa: S102
    assert {"days_past_due", "balance_cents_last"} <= {one["name"] for one in found["scorecard"]["features"]}
    assert found["scorecard"]["special_codes"] == found["challenger"]["challenger.json"]["special_codes"] == [-999.0]
    assert capsys.readouterr().out.count("default_probability") == 2


def test_the_models_of_repeat_buying_fit_the_readmes_table(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    chance, lines = random.Random(3), ["frequency,recency,age,monetary"]
    for _ in range(400):
        rate, leaving, last, moment, repeats = chance.gammavariate(0.6, 0.2), chance.betavariate(0.8, 2.4), 0.0, 0.0, 0
        while (moment := moment + chance.expovariate(rate)) <= 39 and (repeats == 0 or chance.random() > leaving):
            last, repeats = moment, repeats + 1
        value = chance.gammavariate(6.25 * max(repeats, 1), 15.44 / chance.gammavariate(3.74, 1)) / max(repeats, 1)
        lines.append(f"{repeats},{last},39,{value if repeats else 0}")
    buyers = tmp_path / "buyers.csv"
    buyers.write_text("\n".join(lines), encoding="utf-8")
    told: dict[str, Any] = {"BUYERS": str(buyers)}
    _, repeat_buying = snippets_of("Sign a model, and decide on it")
    exec(repeat_buying, told)  # noqa: S102
    assert re.fullmatch(
        r"r [\d.]+ alpha [\d.]+ a [\d.]+ b [\d.]+ LL -[\d.]+\np [\d.]+ q [\d.]+ v [\d.]+\n", capsys.readouterr().out
    )
    assert told["buying"].is_inside_bounds
    assert told["buyers"].bought_next.min() >= 0


def test_every_make_target_that_is_named_exists_and_says_what_it_does() -> None:
    named = set(re.findall(r"`?make ([a-z]+)", README)) - {"it"}
    explained = set(re.findall(r"^([a-z]+):.*## ", MAKEFILE, flags=re.M))
    assert named <= explained
    wanted = {
        "help",
        "demo",
        "test",
        "check",
        "night",
        "train",
        "backfill",
        "airflow",
        "doctor",
        "dictionary",
        "clean",
        "bench",
    }
    assert wanted <= explained


def test_continuous_integration_calls_the_test_command_of_the_readme() -> None:
    assert (PROJECT_ROOT / ".ci" / "run").read_text(encoding="utf-8").splitlines()[-1] == "make test"
    assert "make test" in README


def test_every_setting_that_is_read_is_explained() -> None:
    sources = [*(PROJECT_ROOT / "jobs").rglob("*.py"), *(PROJECT_ROOT / "dags").rglob("*.py")]
    read = {
        name for path in sources for name in re.findall(r"NIGHTLEDGER_[A-Z_]*[A-Z]", path.read_text(encoding="utf-8"))
    }
    explained = README.replace("`, `_", "`, `NIGHTLEDGER_").replace("<CODE>", "CODE")
    missing = {name for name in read if name not in explained and not name.startswith("NIGHTLEDGER_BANK_")}
    assert missing == set()
