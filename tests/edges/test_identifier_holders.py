"""Who was seen with which phone, address or device."""

from __future__ import annotations

from datetime import date

import pytest

from jobs.edges.identifier_holders import build
from schemas.cleaned.bank_customers import BANK_CUSTOMERS
from schemas.cleaned.browsing_events import BROWSING_EVENTS
from schemas.cleaned.purchases import PURCHASES
from schemas.cleaned.shop_users import SHOP_USERS
from schemas.customers.identities import IDENTITIES
from tests.conftest import TableMaker, rows
from tests.edges.test_shared_identifiers import SIGHTINGS

AS_OF = date(2026, 3, 31)
PARENTS = (PURCHASES, SHOP_USERS, BANK_CUSTOMERS, BROWSING_EVENTS)
NAMES = ("ann", "bob", "cem", "dia")


@pytest.mark.parametrize("partitions", [1, 5])
def test_t1_t17_every_holder_is_listed_once_with_first_and_last_sighting(table: TableMaker, partitions: int) -> None:
    people = [
        {"source_record_id": f"{partner}:{name}", "customer_id": name}
        for partner in ("shop", "harbour")
        for name in NAMES
    ]
    purchases, users, customers, events = (
        table(parent, SIGHTINGS.get(parent, [])).repartition(partitions) for parent in PARENTS
    )
    found = build(purchases, users, customers, events, table(IDENTITIES, people), as_of=AS_OF)
    days = ("string(date(first_seen_at))", "string(date(last_seen_at))")
    found = found.selectExpr("identifier", "customer_id", *days, "holder_count")
    assert rows(found, *found.columns) == [
        ("a1", "ann", "2026-03-31", "2026-03-31", 2),
        ("a1", "bob", "2026-01-10", "2026-01-10", 2),
        ("d1", "ann", "2026-02-01", "2026-02-01", 2),
        ("d1", "bob", "2026-01-10", "2026-01-10", 2),
        ("d2", "ann", "2026-02-05", "2026-02-05", 2),
        ("d2", "bob", "2026-02-04", "2026-03-01", 2),
        ("p1", "ann", "2026-01-01", "2026-02-01", 3),
        ("p1", "bob", "2026-01-10", "2026-01-10", 3),
        ("p1", "cem", "2026-01-20", "2026-01-20", 3),
    ]


def test_a_phone_stays_as_old_as_its_record_when_another_field_changes(table: TableMaker) -> None:
    first = {"phone_token": "p1", "city_code": "c1", "updated_at": "2025-01-01"}
    moved = {**first, "city_code": "c2", "updated_at": "2026-03-30"}
    for version, last_seen in ((first, "2025-01-01"), (moved, "2026-03-30")):
        users = [{**version, "source_record_id": "shop:ann", "registered_at": "2024-05-05"}]
        customers = [{**version, "source_record_id": "harbour:bob", "opened_at": "2024-06-06"}]
        people = [{"source_record_id": record, "customer_id": record[-3:]} for record in ("shop:ann", "harbour:bob")]
        purchases, events = table(PURCHASES, []), table(BROWSING_EVENTS, [])
        of_shop, of_bank = table(SHOP_USERS, users), table(BANK_CUSTOMERS, customers)
        found = build(purchases, of_shop, of_bank, events, table(IDENTITIES, people), as_of=AS_OF)
        found = found.selectExpr("customer_id", "string(date(first_seen_at))", "string(date(last_seen_at))")
        assert rows(found, *found.columns) == [("ann", "2024-05-05", last_seen), ("bob", "2024-06-06", last_seen)]


def test_without_sightings_nobody_holds_anything(table: TableMaker) -> None:
    purchases, users, customers, events, people = (table(parent, []) for parent in (*PARENTS, IDENTITIES))
    assert rows(build(purchases, users, customers, events, people, as_of=AS_OF), "customer_id") == []
