"""In which session a plan runs: few rows, joined to many, must not have the many interpreted."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from jobs.inputs import Dates, night
from jobs.lake import Lake
from jobs.road import Road
from jobs.settings import read_settings
from jobs.storage_local import LocalStorage
from schemas.cleaned.ended_orders import ENDED_ORDERS
from schemas.cleaned.statements import STATEMENTS
from schemas.customers.identities import IDENTITIES
from schemas.features.promises import PROMISES
from schemas.table import Table, ancestors
from tests.published_rows import publish_rows

DAY, LATER = date(2026, 3, 31), date(2026, 4, 1)
REPLAY = Dates(as_of=DAY, known_by=LATER)


@pytest.fixture
def road(tmp_path: Path, compiling: SparkSession, spark: SparkSession, monkeypatch: pytest.MonkeyPatch) -> Road:
    """A lake with three orders and nothing else, where three rows are many."""
    monkeypatch.setattr("jobs.road.ROWS_WORTH_COMPILING", 3)
    monkeypatch.setattr("jobs.road.VALUES_WORTH_COMPILING", 1_000)
    settings = read_settings(
        {
            "NIGHTLEDGER_LAKE": str(tmp_path / "lake"),
            "NIGHTLEDGER_SCRATCH": str(tmp_path / "scratch"),
            "NIGHTLEDGER_FIRST_BUSINESS_DATE": str(DAY),
        }
    )
    made = Road(settings, Lake(LocalStorage(tmp_path / "lake"), tmp_path / "scratch"))
    made._sessions |= {"compiling": compiling, "interpreting": spark}
    orders = [{"order_id": f"order {number}"} for number in range(3)]
    for table in (one for one in ancestors(PROMISES) if isinstance(one, Table) and one.layer == "captured"):
        publish_rows(made.lake, table, night(DAY), orders if table.name == "shop_orders" else [])
        publish_rows(made.lake, table, night(LATER), [])
    publish_rows(made.lake, IDENTITIES, night(LATER), [])
    return made


def test_a_replay_joins_many_rows_to_few_in_the_session_for_many(road: Road, tmp_path: Path) -> None:
    parents = road.resolver.inputs(PROMISES, REPLAY)
    rows_read = {parent.dataset: parent.rows for parent in parents}
    assert (rows_read[STATEMENTS], rows_read[ENDED_ORDERS]) == (0, 3)
    assert parents[0].dataset == STATEMENTS, "the plan would run in the session of the few"
    assert not parents[0].manifests, "they are assembled for this replay"
    assert road.assemble(PROMISES, parents, REPLAY, tmp_path / "ancestors").sparkSession == road.spark
