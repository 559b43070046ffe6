"""The night whose values the tests explain, and how they publish what it is made of."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Final

from jobs.inputs import night
from jobs.lake import Lake
from jobs.settings import Settings, read_settings
from schemas.table import Table
from tests.conftest import GivenRows
from tests.published_rows import publish_rows

NIGHT: Final = date(2026, 4, 1)


def settings(folder: Path, first_night: date = NIGHT) -> Settings:
    return read_settings(
        {
            "NIGHTLEDGER_LAKE": str(folder / "lake"),
            "NIGHTLEDGER_SCRATCH": str(folder / "scratch"),
            "NIGHTLEDGER_FIRST_BUSINESS_DATE": str(first_night),
        }
    )


def publish(lake: Lake, table: Table, given: GivenRows, without: Sequence[str] = ()) -> None:
    publish_rows(lake, table, night(NIGHT), given, without=without)
