"""A world whose partners never err goes through capture and cleaning whole."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from demo.dirt_rates import Dirt
from schemas.catalogue import all_datasets
from tests.alliance import Alliance, alliance_of

PEOPLE = 600

ROW_FOR_ROW = {
    "cleaned/browsing_events": "captured/shop_events",
    "cleaned/refunds": "captured/shop_refunds",
    "cleaned/repayments": "captured/shop_credit_repayments",
    "cleaned/shop_users": "captured/shop_users",
    "cleaned/statements": "captured/bank_card_statements",
    "cleaned/transactions": "captured/bank_transactions",
}
"""What is cleaned without leaving anything out, but for errors; the others leave out versions and cancelled orders."""


@pytest.fixture(scope="module")
def clean() -> Iterator[Alliance]:
    """Partners without dirt, their first day captured and cleaned."""
    with alliance_of(PEOPLE, 0, Dirt.none()) as served:
        captured = [dataset.address for dataset in all_datasets() if dataset.layer == "captured"]
        served.succeed("clean", *captured, *ROW_FOR_ROW, "--business-date", str(served.days[0]))
        yield served


def manifests(lake: Path) -> dict[str, dict[str, object]]:
    found = lake.glob("[!_]*/*/business_date=*/_manifest.json")
    return {f"{path.parts[-4]}/{path.parts[-3]}": json.loads(path.read_text(encoding="utf-8")) for path in found}


def test_nothing_is_refused_and_nothing_is_a_repetition(clean: Alliance) -> None:
    captured = {name: of for name, of in manifests(clean.lake("clean")).items() if name.startswith("captured/")}
    assert len(captured) >= 20
    for name, manifest in captured.items():
        counts = manifest["counts"]
        assert isinstance(counts, dict)
        assert counts["quarantined"] == counts["duplicates"] == 0, name
        assert counts["rows_in"] == manifest["rows"], name
    assert not (clean.lake("clean") / "_quarantine").exists()


def test_nothing_is_lost_on_the_way_into_the_cleaned_layer(clean: Alliance) -> None:
    rows = {name: manifest["rows"] for name, manifest in manifests(clean.lake("clean")).items()}
    assert {cleaned: rows[cleaned] for cleaned in ROW_FOR_ROW} == {
        cleaned: rows[captured] for cleaned, captured in ROW_FOR_ROW.items()
    }
    assert all(rows[cleaned] for cleaned in ROW_FOR_ROW)
