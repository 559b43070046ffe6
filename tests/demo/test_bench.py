"""The tables of `make bench` say what they were measured on."""

from __future__ import annotations

import ast
import os
import re
from pathlib import Path

import psutil

from demo.machine import this_machine
from demo.processes import PROJECT_ROOT

TABLE = re.compile(r"\|---")


def functions_with_a_table() -> dict[str, str]:
    """The source of every function of a benchmark that writes the head of a table, by module and name."""
    found: dict[str, str] = {}
    for path in (*sorted((PROJECT_ROOT / "demo").glob("bench*.py")), PROJECT_ROOT / "tests/reference/race.py"):
        source = path.read_text(encoding="utf-8")
        for node in ast.parse(source).body:
            if isinstance(node, ast.FunctionDef):
                text = ast.get_source_segment(source, node) or ""
                if TABLE.search(text):
                    found[f"{Path(path).stem}.{node.name}"] = text
    return found


def test_t40_every_table_of_figures_says_how_much_was_measured_on_which_machine_and_with_which_seed() -> None:
    tables = functions_with_a_table()
    assert len(tables) >= 7
    for name, text in tables.items():
        assert "this_machine()" in text, name
        assert "seed" in text.lower(), name
        assert re.search(r"rows|people|customers|records", text), name


def test_t40_the_machine_is_told_by_its_cores_and_its_memory() -> None:
    cores, memory = re.fullmatch(r"(\d+) cores, (\d+) GiB", this_machine()).groups()  # type: ignore[union-attr]
    assert int(cores) == os.cpu_count()
    assert abs(int(memory) - psutil.virtual_memory().total / 2**30) <= 0.5
