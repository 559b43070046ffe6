"""A world whose partners never err goes through a whole night: nothing is refused, and nothing is lost."""

from __future__ import annotations

import json
import shutil
from collections import Counter
from collections.abc import Iterator

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from demo.dirt_rates import Dirt
from schemas.catalogue import all_datasets
from tests.alliance import Alliance, alliance_of

PEOPLE = 600

ROW_FOR_ROW = {
    "cleaned/browsing_events": "captured/shop_events",
    "cleaned/referrals": "captured/shop_referrals",
    "cleaned/refunds": "captured/shop_refunds",
    "cleaned/repayments": "captured/shop_credit_repayments",
    "cleaned/statements": "captured/bank_card_statements",
    "cleaned/transactions": "captured/bank_transactions",
}
"""What is cleaned without leaving anything out, but for errors; the others leave out versions and cancelled orders."""

ONE_FOR_EACH = {
    "cleaned/shop_users": ("captured/shop_users", ("shop_user_id",)),
    "cleaned/bank_customers": ("captured/bank_customers", ("bank_code", "bank_customer_id")),
    "cleaned/accounts": ("captured/bank_accounts", ("bank_code", "account_id")),
    "cleaned/applications": ("captured/bank_card_applications", ("bank_code", "application_id")),
    "cleaned/consents": ("captured/consents", ("consent_id",)),
    "cleaned/contacts": ("captured/contacts", ("contact_id",)),
    "cleaned/credit_accounts": ("captured/shop_credit_accounts", ("credit_account_id",)),
    "cleaned/instalments": ("captured/shop_credit_instalments", ("plan_id", "instalment_number")),
}
"""What keeps the newest version of all that was ever delivered, but for people who asked to be forgotten."""


@pytest.fixture(scope="module")
def clean(alliance: Alliance) -> Iterator[Alliance]:
    """Partners without dirt: who is who on their first day, and the second closed with the model of the alliance."""
    with alliance_of(PEOPLE, 1, Dirt.none()) as served:
        captured = [dataset.address for dataset in all_datasets() if dataset.layer == "captured"]
        whose = ["cleaned/shop_users", "cleaned/bank_customers", "customers/record_pairs", "customers/identities"]
        served.succeed("clean", *captured, *whose, "--business-date", str(served.days[0]))
        shutil.copytree(alliance.lake("first") / "models", served.lake("clean") / "models")
        served.succeed("clean", "night", "--business-date", str(served.days[1]))
        yield served


def manifests(served: Alliance) -> dict[tuple[str, str], dict[str, object]]:
    """The manifest of every partition but the model's, by dataset and day."""
    found = {}
    for path in served.lake("clean").glob("[!_]*/*/business_date=*/_manifest.json"):
        address, day = f"{path.parts[-4]}/{path.parts[-3]}", path.parts[-2].partition("=")[2]
        if not address.startswith("models/"):
            found[address, day] = json.loads(path.read_text(encoding="utf-8"))
    return found


def captured_rows(served: Alliance, address: str, columns: tuple[str, ...]) -> pa.Table:
    """Everything that was ever captured of it."""
    return pq.read_table(served.lake("clean") / address, columns=list(columns), partitioning=None)


def distinct(served: Alliance, address: str, key: tuple[str, ...]) -> int:
    """How many keys were ever captured."""
    rows = captured_rows(served, address, key)
    return int(
        pc.count_distinct(pc.binary_join_element_wise(*(rows[name].cast("string") for name in key), "/")).as_py()
    )


def test_a_whole_night_refuses_nothing_and_finds_no_repetition(clean: Alliance) -> None:
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


def test_nothing_is_lost_on_the_way_into_the_cleaned_layer_nor_anybody_on_the_way_to_a_segment(clean: Alliance) -> None:
    delivered: Counter[str] = Counter()
    tonight: dict[str, int] = {}
    for (address, day), manifest in manifests(clean).items():
        rows = int(str(manifest["rows"]))
        if address.startswith("captured/"):
            delivered[address] += rows
        elif day == str(clean.days[1]):
            tonight[address] = rows
    kept = {address: delivered[source] for address, source in ROW_FOR_ROW.items()}
    kept |= {address: distinct(clean, source, key) for address, (source, key) in ONE_FOR_EACH.items()}
    forgotten = Counter(
        captured_rows(clean, "captured/erasure_requests", ("subject_type",))["subject_type"].to_pylist()
    )
    kept["cleaned/shop_users"] -= forgotten["shop_user"]
    kept["cleaned/bank_customers"] -= forgotten["bank_customer"]
    assert {address: tonight[address] for address in kept} == kept
    assert all(kept.values())
    people = tonight["customers/customers"]
    assert tonight["customers/identities"] == tonight["cleaned/shop_users"] + tonight["cleaned/bank_customers"]
    assert people == tonight["profiles/customer_profiles"] > PEOPLE // 2
    assert people == tonight["segments/customer_segments"]
