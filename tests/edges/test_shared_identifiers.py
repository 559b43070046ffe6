"""Who shares a phone, an address or a device with whom."""

from __future__ import annotations

from datetime import date
from itertools import combinations

import pytest
from pyspark.sql import DataFrame

from jobs.edges import identifier_holders
from jobs.edges.shared_identifiers import build
from jobs.relations.pairs import MAX_CUSTOMERS_SHARING
from schemas.captured.bank_accounts import BANK_ACCOUNTS
from schemas.captured.bank_customers import BANK_CUSTOMERS
from schemas.captured.shop_users import SHOP_USERS
from schemas.cleaned.browsing_events import BROWSING_EVENTS
from schemas.cleaned.purchases import PURCHASES
from schemas.customers.identities import IDENTITIES
from schemas.table import Table
from tests.conftest import GivenRows, TableMaker, rows

AS_OF = date(2026, 3, 31)
CROWD = [f"crowd-{number:02d}" for number in range(MAX_CUSTOMERS_SHARING + 1)]
SIGHTING_PARENTS = (PURCHASES, SHOP_USERS, BANK_CUSTOMERS, BANK_ACCOUNTS, BROWSING_EVENTS, IDENTITIES)
NAMES = ("ann", "bob", "cem", "dia", *CROWD)


def built(table: TableMaker, given: dict[Table, GivenRows], partitions: int = 1) -> DataFrame:
    identities = [
        {"source_record_id": f"{partner}:{name}", "customer_id": name}
        for partner in ("shop", "harbour")
        for name in NAMES
    ]
    rows_of = {**given, IDENTITIES: identities}
    parents = (table(parent, rows_of.get(parent, [])).repartition(partitions) for parent in SIGHTING_PARENTS)
    holders = identifier_holders.build(*parents, as_of=AS_OF)
    return build(holders, as_of=AS_OF)


SIGHTINGS: dict[Table, GivenRows] = {
    SHOP_USERS: [
        {
            "shop_user_id": "ann",
            "phone_token": "p1",
            "registered_at": "2026-01-01",
            "updated_at": "2026-01-15",
        },
        {"shop_user_id": "bob", "phone_token": None},
    ],
    BANK_CUSTOMERS: [
        {
            "bank_code": "harbour",
            "bank_customer_id": "ann",  # ann again: no pair
            "phone_token": "p1",
            "opened_at": "2026-01-05",
            "updated_at": "2026-02-01",
        },
        {
            "bank_code": "harbour",
            "bank_customer_id": "cem",
            "phone_token": "p1",
            "opened_at": "2026-01-20",
            "updated_at": "2026-04-05",
        },
    ],
    PURCHASES: [
        {
            "source_record_id": "shop:bob",
            "recipient_phone_token": "p1",  # bob has something sent to ann's phone
            "shipping_address_token": "a1",
            "device_id": "d1",
            "ordered_at": "2026-01-10",
        },
        {"source_record_id": "shop:ann", "shipping_address_token": "a1", "ordered_at": "2026-03-31 15:59:59"},
        {"source_record_id": "shop:dia", "shipping_address_token": "a1", "ordered_at": "2026-03-31 16:00:00"},  # T1
    ],
    BROWSING_EVENTS: [
        {"source_record_id": "shop:ann", "device_id": "d1", "occurred_at": "2026-02-01"},
        {"source_record_id": "shop:ann", "device_id": "d2", "occurred_at": "2026-02-05"},
        {"source_record_id": "shop:bob", "device_id": "d2", "occurred_at": "2026-02-04"},
        {"source_record_id": "shop:bob", "device_id": "d2", "occurred_at": "2026-03-01"},
        {"source_record_id": None, "device_id": "d1", "occurred_at": "2026-02-06"},
        {"source_record_id": "shop:nobody", "device_id": "d1", "occurred_at": "2026-02-06"},
    ],
}


@pytest.mark.parametrize("partitions", [1, 7])
def test_t1_t17_pairs_are_counted_from_when_both_used_it_to_when_either_did(table: TableMaker, partitions: int) -> None:
    found = built(table, SIGHTINGS, partitions)
    found = found.selectExpr(*found.columns[:5], "string(date(first_seen_at))", "string(date(last_seen_at))")
    assert rows(found, *found.columns) == [
        ("ann", "bob", "address", 1, 1.0, "2026-03-31", "2026-03-31"),
        ("ann", "bob", "device", 2, 2.0, "2026-02-01", "2026-03-01"),
        ("ann", "bob", "household", 1, 1.0, "2026-03-31", "2026-03-31"),
        ("ann", "cem", "phone", 1, 1.0, "2026-01-20", "2026-02-01"),
    ]


def test_t14_an_identifier_of_too_many_customers_ties_nobody_and_one_at_the_limit_everybody(table: TableMaker) -> None:
    at_limit = CROWD[:MAX_CUSTOMERS_SHARING]
    events = [
        *({"source_record_id": f"shop:{name}", "device_id": "kiosk"} for name in CROWD),
        *({"source_record_id": f"shop:{name}", "device_id": "tablet"} for name in at_limit),
        *({"source_record_id": f"shop:{name}", "device_id": "tablet"} for name in at_limit),  # seen twice, counted once
    ]
    found = built(table, {BROWSING_EVENTS: events})
    pairs = [(first, second, 1, 1 / 9) for first, second in combinations(at_limit, 2)]
    assert rows(found, "first_customer_id", "second_customer_id", "identifier_count", "tie_weight") == pairs


def test_without_sightings_nobody_is_tied(table: TableMaker) -> None:
    assert rows(built(table, {}), "first_customer_id") == []
