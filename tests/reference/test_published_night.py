"""What a real night published of a world with dirt, against the same in SQL from what that night had read."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.dataset as ds
import pytest

from jobs.inputs import Input, Resolver, night
from jobs.lake import Lake
from jobs.settings import read_settings
from jobs.storage import open_storage
from schemas.table import Table
from tests.alliance import Alliance
from tests.reference.answer import rows_of
from tests.reference.test_second_opinion import ANSWERED, ANSWERS, is_same, without_zone

SHOWN = 5


@pytest.mark.parametrize("family", ANSWERED, ids=lambda family: family.name)
def test_t2_a_night_of_a_world_with_dirt_holds_what_sql_finds_in_what_was_known_then(
    closed: Alliance, family: Table
) -> None:
    settings = read_settings(closed.environment("forward"))
    lake = Lake(open_storage(settings.lake, settings.s3_endpoint), settings.scratch)
    compared, differences = differences_in(lake, Resolver(lake, settings), family, closed.days[1])
    assert compared > 500
    assert differences[:SHOWN] == []


def differences_in(lake: Lake, resolver: Resolver, family: Table, day: date) -> tuple[int, list[str]]:
    """How many customers were compared, and every value in which the night and SQL differ."""
    answer = ANSWERS[family.name]
    columns = answer.columns(family)
    parents = {p.dataset.name: p for p in resolver.inputs(family, night(day)) if isinstance(p.dataset, Table)}
    known_by = {manifest.known_by for parent in parents.values() for manifest in parent.manifests}
    assert known_by == {day}, "the lake knows of later days"
    read = {name: without_zone(rows_in(lake, parent)) for name, parent in parents.items()}
    expected = rows_of(answer, family, read, day)
    published = rows_in(lake, resolver.published(family, night(day))).select(columns).sort_by("customer_id")
    found: list[tuple[Any, ...]] = list(zip(*(published[name].to_pylist() for name in columns), strict=True))
    assert [row[0] for row in found] == [row[0] for row in expected]
    return len(found), [
        f"{of_night[0]}: {name} is {one!r} in the night and {other!r} in SQL"
        for of_night, of_sql in zip(found, expected, strict=True)
        for name, one, other in zip(columns, of_night, of_sql, strict=True)
        if not is_same(one, other)
    ]


def rows_in(lake: Lake, read: Input) -> pa.Table:
    """Every row of the partitions that are read."""
    files: list[Path] = [
        path for manifest in read.manifests for path in lake.local_files(read.dates.partition(read.dataset), manifest)
    ]
    return ds.dataset([str(path) for path in files], format="parquet").to_table()
