"""In which session a plan runs: few rows, joined to many, must not have the many interpreted."""

from __future__ import annotations

from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from jobs.road import Road
from schemas.cleaned.ended_orders import ENDED_ORDERS
from schemas.cleaned.statements import STATEMENTS
from schemas.features.promises import PROMISES
from tests.lake.few_and_many import MANY, REPLAY, road_to_three_orders


@pytest.fixture
def road(tmp_path: Path, compiling: SparkSession, spark: SparkSession, monkeypatch: pytest.MonkeyPatch) -> Road:
    monkeypatch.setattr("jobs.spark_sessions.ROWS_WORTH_COMPILING", MANY)
    made = road_to_three_orders(tmp_path)
    made.sessions.opened |= {"compiling": compiling, "interpreting": spark}
    return made


def test_a_replay_joins_many_rows_to_few_in_the_session_for_many(road: Road, tmp_path: Path) -> None:
    parents = road.resolver.inputs(PROMISES, REPLAY)
    rows_read = {parent.dataset: parent.rows for parent in parents}
    assert (rows_read[STATEMENTS], rows_read[ENDED_ORDERS]) == (0, MANY)
    assert parents[0].dataset == STATEMENTS, "the plan would run in the session of the few"
    assert not parents[0].manifests, "they are assembled for this replay"
    assert road.assemble(PROMISES, parents, REPLAY, tmp_path / "ancestors").sparkSession == road.spark
