"""No raw name, phone, e-mail, identity number or address of 50 people in anything the nights left behind."""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from demo.oracle import read_truth
from tests.alliance import SAID, Alliance

PEOPLE = 50

SHORT = 3
"""Values up to this length are looked for as whole words: a name of two characters may stand in a longer word."""


LEFT_BEHIND = {
    "forward": ("**/*.parquet", "**/_manifest.json", "_quarantine/**/*"),
    "forward-scratch": ("data_docs/**/*.html",),
    "by-airflow": ("**/*.parquet", "**/_manifest.json", "_quarantine/**/*"),
    "by-airflow-scratch": ("data_docs/**/*.html",),
    "airflow": ("database.sql", "logs/**/*.log"),
    "killed": ("**/*.parquet", "**/_manifest.json"),
    "killed-scratch": ("data_docs/**/*.html",),
    SAID: ("*.txt",),
}
"""Where the nights left something, and what must be among it: the lakes, the docs, the database, what was logged."""


def raw_values(alliance: Alliance) -> list[str]:
    planted = json.loads((alliance.truth / "planted_people.json").read_text(encoding="utf-8"))
    assert len(planted) == PEOPLE
    values = sorted({value for person in planted for value in person["raw_values"]})
    assert len(values) > PEOPLE * 3
    assert all(len(value) > 1 for value in values)
    assert any(len(value) == 2 for value in values), "a fifth of all names have two characters"
    return values


@cache
def escaped(needle: str) -> tuple[tuple[str, str], ...]:
    """How it reads in JSON and in HTML where they hold ASCII only, each beside a sign that a text is written so."""
    if needle.isascii():
        return ()
    return ("\\u", json.dumps(needle)[1:-1]), ("&#", needle.encode("ascii", "xmlcharrefreplace").decode())


def is_in(needle: str, text: str) -> bool:
    """Whether it stands there as it is."""
    if needle not in text:
        return False
    return len(needle) > SHORT or re.search(rf"(?<!\w){re.escape(needle)}(?!\w)", text) is not None


def is_any_in(needles: Sequence[str], text: str) -> bool:
    """Whether one of them stands there, as it is or escaped."""
    signs = {sign for sign in ("\\u", "&#") if sign in text}
    return any(
        is_in(needle, text) or any(sign in signs and form in text for sign, form in escaped(needle))
        for needle in needles
    )


def texts_in(path: Path) -> Iterator[str]:
    """Everything a reader could find in the file: every text of a Parquet file, unpacked gzip, plain bytes."""
    if path.suffix == ".parquet":
        yield from (text for column in pq.read_table(path).columns for text in texts_of(column))
    elif path.suffix == ".gz":
        yield gzip.decompress(path.read_bytes()).decode("utf-8", errors="replace")
    else:
        yield path.read_bytes().decode("utf-8", errors="replace")


def texts_of(column: pa.ChunkedArray) -> Iterator[str]:
    if pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
        yield "\n".join(value for value in column.unique().to_pylist() if value is not None)
    elif pa.types.is_binary(column.type):
        yield "\n".join(value.decode("utf-8", errors="replace") for value in column.unique().to_pylist() if value)
    elif pa.types.is_nested(column.type):
        yield json.dumps(column.to_pylist(), ensure_ascii=False, default=str)


def test_every_night_was_closed_while_the_truth_lay_elsewhere(closed: Alliance) -> None:
    assert read_truth(closed.truth, "people").num_rows == closed.world.people
    assert not (closed.partners.folder / "truth").exists()
    told = " ".join(closed.environment("forward").values())
    assert str(closed.truth.parent) not in told


@pytest.mark.parametrize("part", LEFT_BEHIND)
@pytest.mark.usefixtures("by_airflow", "killed")
def test_no_raw_value_of_fifty_people_is_left_anywhere(closed: Alliance, part: str) -> None:
    folder = closed.folder / part
    needles = raw_values(closed)
    files = [path for path in folder.rglob("*") if path.is_file() and not path.is_symlink()]
    assert [kind for kind in LEFT_BEHIND[part] if not any(path.is_file() for path in folder.glob(kind))] == []
    found = [
        str(path.relative_to(folder)) for path in files if any(is_any_in(needles, text) for text in texts_in(path))
    ]
    assert found == []


def test_the_search_finds_a_raw_value_that_is_there(closed: Alliance, tmp_path: Path) -> None:
    by_length = sorted(raw_values(closed), key=len)
    for needle in (by_length[0], by_length[-1]):
        columns = {"name": ["x", needle], "nested": [[], [needle]], "bytes": [b"", needle.encode()]}
        pq.write_table(pa.table(columns), tmp_path / "leak.parquet")
        assert sum(is_in(needle, text) for text in texts_in(tmp_path / "leak.parquet")) == 3
        (tmp_path / "said.txt").write_text(f"refused: {needle}, twice", encoding="utf-8")
        assert any(is_in(needle, text) for text in texts_in(tmp_path / "said.txt"))
        assert is_any_in([needle], json.dumps({"said": f"of {needle}"}))
        assert is_any_in([needle], f"<td>of {needle}</td>".encode("ascii", "xmlcharrefreplace").decode())
    assert not is_in(by_length[0], f"the place {by_length[0]}x")
