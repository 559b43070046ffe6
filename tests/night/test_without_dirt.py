"""A world whose partners never err goes through a whole night: nothing is refused, nothing is lost."""

from __future__ import annotations

import json
import shutil
from collections import Counter
from collections.abc import Iterator

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
def clean(alliance: Alliance) -> Iterator[Alliance]:
    """Partners without dirt: their first day captured, their second closed with the model of the other alliance."""
    with alliance_of(PEOPLE, 1, Dirt.none()) as served:
        captured = [dataset.address for dataset in all_datasets() if dataset.layer == "captured"]
        served.succeed("clean", *captured, "--business-date", str(served.days[0]))
        shutil.copytree(alliance.lake("first") / "models", served.lake("clean") / "models")
        served.succeed("clean", "night", "--business-date", str(served.days[1]))
        yield served


def manifests(served: Alliance) -> dict[tuple[str, str], dict[str, object]]:
    """The manifest of every partition but the model's, by dataset and day."""
    found = served.lake("clean").glob("[!_]*/*/business_date=*/_manifest.json")
    parts = {path: (f"{path.parts[-4]}/{path.parts[-3]}", path.parts[-2].partition("=")[2]) for path in found}
    return {
        (address, day): json.loads(path.read_text(encoding="utf-8"))
        for path, (address, day) in parts.items()
        if not address.startswith("models/")
    }


def test_nothing_is_refused_and_nothing_is_a_repetition_in_a_whole_night(clean: Alliance) -> None:
    found = manifests(clean)
    night = {address for address, day in found if day == str(clean.days[1])}
    assert {"profiles/customer_profiles", "scores/customer_scores", "segments/customer_segments"} <= night
    captured = {key: of for key, of in found.items() if key[0].startswith("captured/")}
    assert len(captured) >= 40
    for name, manifest in captured.items():
        counts = manifest["counts"]
        assert isinstance(counts, dict)
        assert counts["quarantined"] == counts["duplicates"] == 0, name
        assert counts["rows_in"] == manifest["rows"], name
    assert not (clean.lake("clean") / "_quarantine").exists()


def test_nothing_is_lost_on_the_way_into_the_cleaned_layer(clean: Alliance) -> None:
    delivered: Counter[str] = Counter()
    cleaned: dict[str, int] = {}
    for (address, _), manifest in manifests(clean).items():
        rows = int(str(manifest["rows"]))
        if address.startswith("captured/"):
            delivered[address] += rows
        else:
            cleaned[address] = rows
    assert {address: cleaned[address] for address in ROW_FOR_ROW} == {
        address: delivered[source] for address, source in ROW_FOR_ROW.items()
    }
    assert all(cleaned[address] for address in ROW_FOR_ROW)
