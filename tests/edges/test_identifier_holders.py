"""Who was seen with which phone, address, device, recipient or card, and who lives where."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from pyspark.sql import DataFrame

from jobs.edges.identifier_holders import build
from schemas.captured.bank_accounts import BANK_ACCOUNTS
from schemas.captured.bank_customers import BANK_CUSTOMERS
from schemas.captured.shop_users import SHOP_USERS
from schemas.cleaned.purchases import PURCHASES
from schemas.customers.identities import IDENTITIES
from schemas.table import Table
from tests.conftest import GivenRows, TableMaker, rows
from tests.edges.test_shared_identifiers import SIGHTING_PARENTS, SIGHTINGS

AS_OF = date(2026, 3, 31)
NAMES = ("ann", "bob", "cem", "dia")
PEOPLE = [
    {"source_record_id": f"{partner}:{name}", "customer_id": name} for partner in ("shop", "harbour") for name in NAMES
]
DAYS = ("string(date(first_seen_at))", "string(date(last_seen_at))")


def built(table: TableMaker, given: dict[Table, GivenRows], partitions: int = 2, as_of: date = AS_OF) -> DataFrame:
    rows_of = {**given, IDENTITIES: PEOPLE}
    parents = (table(parent, rows_of.get(parent, [])).repartition(partitions) for parent in SIGHTING_PARENTS)
    return build(*parents, as_of=as_of)


@pytest.mark.parametrize("partitions", [1, 5])
def test_t1_t17_every_holder_is_listed_once_with_first_and_last_sighting(table: TableMaker, partitions: int) -> None:
    found = built(table, SIGHTINGS, partitions).selectExpr(
        "identifier_type", "identifier", "customer_id", *DAYS, "holder_count"
    )
    assert rows(found, *found.columns) == [
        ("address", "a1", "ann", "2026-03-31", "2026-03-31", 2),
        ("address", "a1", "bob", "2026-01-10", "2026-01-10", 2),
        ("device", "d1", "ann", "2026-02-01", "2026-02-01", 2),
        ("device", "d1", "bob", "2026-01-10", "2026-01-10", 2),
        ("device", "d2", "ann", "2026-02-05", "2026-02-05", 2),
        ("device", "d2", "bob", "2026-02-04", "2026-03-01", 2),
        ("household", "a1", "ann", "2026-03-31", "2026-03-31", 2),
        ("household", "a1", "bob", "2026-01-10", "2026-01-10", 2),
        ("phone", "p1", "ann", "2026-01-01", "2026-02-01", 2),
        ("phone", "p1", "cem", "2026-01-20", "2026-01-20", 2),
        ("recipient", "p1", "bob", "2026-01-10", "2026-01-10", 1),
    ]


def of_shop(phone: str, updated_at: str, captured: str = "2026-03-01", **more: str) -> dict[str, Any]:
    began = {"shop_user_id": "ann", "registered_at": "2024-05-05"}
    return {**began, "phone_token": phone, "updated_at": updated_at, "captured_date": captured, **more}


def test_a_phone_is_as_old_as_its_record_until_an_older_version_with_another_is_known(table: TableMaker) -> None:
    """What the first delivery shows may have stood there from the beginning; what is new later has not."""
    columns = ("identifier", *DAYS, "string(known_date)")

    def phone(*versions: dict[str, Any], as_of: date = AS_OF) -> list[tuple[Any, ...]]:
        found = built(table, {SHOP_USERS: versions}, as_of=as_of).selectExpr(*columns)
        return rows(found, *found.columns)

    first = of_shop("p1", "2025-01-01")
    assert phone(first) == [("p1", "2024-05-05", "2025-01-01", "2026-03-01")]
    moved = of_shop("p1", "2026-03-10", "2026-03-11", city_code="c2")
    assert phone(first, moved) == [("p1", "2024-05-05", "2026-03-10", "2026-03-01")]
    new = of_shop("p2", "2026-03-20", "2026-03-21")
    moved_again = of_shop("p2", "2026-03-25", "2026-03-26", city_code="c3")
    assert phone(first, moved, new, moved_again) == [("p2", "2026-03-20", "2026-03-25", "2026-03-21")]
    assert phone(first, moved, new, as_of=date(2026, 3, 15)) == [("p1", "2024-05-05", "2026-03-10", "2026-03-01")]


def test_a_card_belongs_to_all_whom_the_bank_has_named_and_the_second_since_then(table: TableMaker) -> None:
    card = {"bank_code": "harbour", "account_id": "k1", "account_type": "credit_card", "opened_at": "2025-01-01"}
    versions = [
        {**card, "bank_customer_id": "ann", "updated_at": "2025-06-01"},
        {**card, "bank_customer_id": "bob", "updated_at": "2026-02-01"},
        {**card, "bank_customer_id": "cem", "updated_at": "2026-04-01"},  # after the day
        {**card, "bank_customer_id": "dia", "updated_at": "2025-06-01", "account_type": "savings", "account_id": "s1"},
    ]
    found = built(table, {BANK_ACCOUNTS: versions}).selectExpr(
        "identifier_type", "identifier", "customer_id", *DAYS, "holder_count"
    )
    assert rows(found, *found.columns) == [
        ("card", "harbour/k1", "ann", "2025-01-01", "2025-06-01", 2),
        ("card", "harbour/k1", "bob", "2026-02-01", "2026-02-01", 2),
    ]


def test_t21_home_is_where_most_parcels_of_a_year_went_then_the_newest_then_the_larger_token(
    table: TableMaker,
) -> None:
    def parcels(name: str, address: str, *days: str) -> list[dict[str, str]]:
        return [
            {"source_record_id": f"shop:{name}", "shipping_address_token": address, "ordered_at": day} for day in days
        ]

    bought = [
        *parcels("ann", "old", "2025-03-31 15:59:59", "2025-03-31 15:59:58", "2025-03-30"),  # a second too early
        *parcels("ann", "home", "2025-03-31 16:00:00", "2026-01-01"),
        *parcels("ann", "office", "2026-03-01"),
        *parcels("bob", "before", "2026-01-01", "2026-01-02"),
        *parcels("bob", "after", "2026-02-01", "2026-02-02"),
        *parcels("cem", "a", "2026-02-01"),
        *parcels("cem", "b", "2026-02-01"),
        *parcels("dia", "gone", "2025-01-01"),
    ]
    found = built(table, {PURCHASES: bought}).where("identifier_type = 'household'")
    assert rows(found, "customer_id", "identifier") == [("ann", "home"), ("bob", "after"), ("cem", "b")]


def test_without_sightings_nobody_holds_anything(table: TableMaker) -> None:
    assert rows(built(table, {BANK_CUSTOMERS: []}), "customer_id") == []
