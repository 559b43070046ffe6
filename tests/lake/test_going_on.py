"""A family that goes on from the night before: only from what the same code made, and never with another result."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from jobs.inputs import Dates, digests_of, night
from jobs.lake import Lake
from jobs.road import Outcome, Road
from jobs.settings import NEVER, Settings, read_settings
from jobs.storage_local import LocalStorage
from schemas.captured.shop_order_items import SHOP_ORDER_ITEMS
from schemas.captured.shop_orders import SHOP_ORDERS
from schemas.captured.shop_refunds import SHOP_REFUNDS
from schemas.cleaned.purchases import PURCHASES
from schemas.customers.identities import IDENTITIES
from schemas.features.purchase_value import PURCHASE_VALUE
from schemas.table import Table
from tests.features.nights_of_buyers import NIGHTS, facts, known_on
from tests.features.random_rows import Row
from tests.published_rows import publish_rows

FIRST, SECOND, THIRD = NIGHTS[8:11]
REPLAY = Dates(as_of=SECOND, known_by=THIRD)
GOES_ON = "goes on from the night before"


def settings(folder: Path) -> Settings:
    return read_settings(
        {
            "NIGHTLEDGER_LAKE": str(folder / "lake"),
            "NIGHTLEDGER_SCRATCH": str(folder / "scratch"),
            "NIGHTLEDGER_FIRST_BUSINESS_DATE": str(FIRST),
            "NIGHTLEDGER_INCREMENTAL_FROM_ROWS": "1",
        }
    )


@pytest.fixture
def road(tmp_path: Path, spark: SparkSession) -> Road:
    """A road on which the parents of three nights are published."""
    lake, known = Lake(LocalStorage(tmp_path / "lake"), tmp_path / "scratch"), facts(seed=7)
    made = Road(settings(tmp_path), lake)
    made.sessions.opened["compiling"] = spark
    for day in (FIRST, SECOND, THIRD):
        for table in (SHOP_ORDERS, SHOP_ORDER_ITEMS, SHOP_REFUNDS):
            publish(lake, night(day), {table: []})
        for table, rows in known_on(day, known).items():
            publish(lake, night(day), {table: rows}, made if table is not IDENTITIES else None)
    publish(lake, REPLAY, {PURCHASES: known_on(THIRD, known)[PURCHASES]})
    return made


def publish(lake: Lake, dates: Dates, known: Mapping[Table, list[Row]], road: Road | None = None) -> None:
    """Publish rows, on a road as if it had built them from what is published."""
    for table, given in known.items():
        built_from = digests_of(road.resolver.inputs(table, dates)) if road else {}
        publish_rows(lake, table, dates, given, road._origin(table, dates, built_from) if road else None)


def test_t10_a_night_that_goes_on_from_the_one_before_has_the_same_bytes_as_one_that_does_not(
    road: Road, caplog: pytest.LogCaptureFixture
) -> None:
    def built(dates: Dates) -> tuple[Outcome, int]:
        caplog.clear()
        with caplog.at_level(logging.INFO, logger="nightledger"):
            outcome = road.publish(PURCHASE_VALUE, dates, force=True)
        return outcome, sum(GOES_ON in record.getMessage() for record in caplog.records)

    assert built(night(FIRST))[1] == 0  # there is no night before
    going_on, times = built(night(SECOND))
    assert (times, going_on.manifest.rows > 20) == (1, True)

    road.code_versions[PURCHASE_VALUE.address] = "changed since"
    assert built(night(THIRD))[1] == 0
    road.code_versions.clear()
    assert built(night(THIRD))[1] == 1

    assert built(REPLAY)[1] == 0

    publish(road.lake, night(SECOND), {SHOP_ORDERS: [{"order_id": "late"}]})  # the day was captured anew since
    road.resolver.forget(night(SECOND).partition(SHOP_ORDERS))
    assert built(night(THIRD))[1] == 0

    road.settings = replace(road.settings, incremental_from_rows=NEVER)
    in_full, times = built(night(SECOND))
    assert times == 0
    assert in_full.manifest.digest == going_on.manifest.digest
    assert in_full.manifest.build_id == going_on.manifest.build_id
