"""A lake with three delivered orders and one customer, for roads to which three rows are many."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Final

from jobs.inputs import Dates, night
from jobs.lake import Lake
from jobs.road import Road
from jobs.settings import read_settings
from jobs.storage_local import LocalStorage
from schemas.customers.identities import IDENTITIES
from schemas.features.promises import PROMISES
from schemas.table import Table, ancestors
from tests.published_rows import publish_rows

MANY: Final = 3
DAY, LATER = date(2026, 3, 31), date(2026, 4, 1)
REPLAY = Dates(as_of=DAY, known_by=LATER)


def road_to_three_orders(folder: Path, remote: str = "") -> Road:
    """A road to the lake in the folder, in which nothing but what was captured is published; remote: its Spark."""
    settings = read_settings(
        {
            "NIGHTLEDGER_LAKE": str(folder / "lake"),
            "NIGHTLEDGER_SCRATCH": str(folder / "scratch"),
            "NIGHTLEDGER_FIRST_BUSINESS_DATE": str(DAY),
            "NIGHTLEDGER_SPARK_REMOTE": remote,
        }
    )
    road = Road(settings, Lake(LocalStorage(folder / "lake"), folder / "scratch"))
    orders = [
        {"order_id": f"order {number}", "shop_user_id": "ann", "order_status": "delivered", "captured_date": str(DAY)}
        for number in range(MANY)
    ]
    for table in (one for one in ancestors(PROMISES) if isinstance(one, Table) and one.layer == "captured"):
        publish_rows(road.lake, table, night(DAY), orders if table.name == "shop_orders" else [])
        publish_rows(road.lake, table, night(LATER), [])
    publish_rows(road.lake, IDENTITIES, night(LATER), [{"source_record_id": "shop:ann", "customer_id": "ann"}])
    return road
