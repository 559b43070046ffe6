"""Who is who: records are named after the person they belong to in truth, with the partner behind a colon."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import date
from typing import Any

import pytest
from pyspark.sql import DataFrame

from jobs.customers.identities import build
from jobs.customers.linking import MAX_RECORDS_SHARING
from schemas.cleaned.bank_customers import BANK_CUSTOMERS
from schemas.cleaned.shop_users import SHOP_USERS
from schemas.customers.identities import IDENTITIES
from tests.conftest import TableMaker, rows

AS_OF = date(2026, 4, 1)

Row = dict[str, Any]


def record(name: str, national_id: str | None = None, phone: str | None = None, born: str | None = None) -> Row:
    return {"source_record_id": name, "national_id_token": national_id, "phone_token": phone, "birth_date": born}


def built(
    table: TableMaker, records: Sequence[Row], previous: DataFrame | None = None, partitions: int = 1
) -> DataFrame:
    at_shop = [row for row in records if row["source_record_id"].startswith("shop:")]
    at_banks = [row for row in records if row not in at_shop]
    users = table(SHOP_USERS, at_shop).repartition(partitions)
    return build(users, table(BANK_CUSTOMERS, at_banks).repartition(partitions), previous=previous, as_of=AS_OF)


def people(identities: DataFrame) -> list[set[str]]:
    """The records of each customer, in the order of their smallest record."""
    by_customer: dict[str, set[str]] = {}
    for name, customer in rows(identities, "source_record_id", "customer_id"):
        by_customer.setdefault(customer, set()).add(name)
    return sorted(by_customer.values(), key=min)


TWO_RULES = [
    record("shop:ann", national_id="A", phone="1", born="1990-01-01"),
    record("harbour:ann", national_id="A"),
    record("meridian:ann", phone="1", born="1990-01-01"),
    record("shop:bob", phone="2", born="1991-01-01"),
    record("harbour:bob", phone="2", born="1991-01-01"),
    record("shop:cem", phone="2", born="1992-01-01"),  # shares a phone, was born on another day
    record("shop:dia", phone="3"),
    record("harbour:dia", phone="3"),  # without birth date a phone ties nobody
    record("harbour:eve"),
    record("shop:eve"),  # nothing given ties nobody
]


@pytest.mark.parametrize("partitions", [1, 7])
def test_t17_records_are_tied_by_national_id_and_by_phone_and_birth_date_in_whatever_layout(
    table: TableMaker, partitions: int
) -> None:
    records = TWO_RULES if partitions == 1 else TWO_RULES[::-1]
    found = rows(built(table, records, partitions=partitions), "source_record_id", "customer_id", "matched_by")
    customers = {name: customer for name, customer, _ in found}
    assert {name: rule for name, _, rule in found} == {
        "shop:ann": "national_id",
        "harbour:ann": "national_id",
        "meridian:ann": "phone_and_birth_date",
        "shop:bob": "phone_and_birth_date",
        "harbour:bob": "phone_and_birth_date",
        **dict.fromkeys(("shop:cem", "shop:dia", "harbour:dia", "shop:eve", "harbour:eve"), "alone"),
    }
    assert customers["shop:ann"] == customers["harbour:ann"] == customers["meridian:ann"]
    assert customers["shop:bob"] == customers["harbour:bob"]
    assert len(set(customers.values())) == 7


def test_two_national_ids_never_become_one_person_not_even_through_a_third_record(table: TableMaker) -> None:
    records = [
        record("shop:ann", national_id="A", phone="1", born="1990-01-01"),
        record("shop:twin", national_id="B", phone="1", born="1990-01-01"),
        record("harbour:ann-or-twin", phone="1", born="1990-01-01"),
        record("harbour:bob", national_id="C", phone="2", born="1991-01-01"),
        record("meridian:bob", national_id="C", phone="3", born="1991-01-01"),
        record("shop:bob", phone="2", born="1991-01-01"),
        record("shop:bob-new-phone", phone="3", born="1991-01-01"),
    ]
    assert people(built(table, records)) == [
        {"harbour:ann-or-twin"},
        {"harbour:bob", "meridian:bob", "shop:bob", "shop:bob-new-phone"},
        {"shop:ann"},
        {"shop:twin"},
    ]


def test_t15_a_token_on_too_many_records_ties_nobody(table: TableMaker) -> None:
    allowed, too_many = range(MAX_RECORDS_SHARING), range(MAX_RECORDS_SHARING + 1)
    records = [
        *(record(f"shop:kiosk-{i}", phone="k", born="1970-01-01") for i in too_many),
        *(record(f"shop:zeros-{i}", national_id="0") for i in too_many),
        *(record(f"shop:one-{i}", national_id="1") for i in allowed),
        *(record(f"shop:pair-{i}", phone="p", born="1980-01-01") for i in allowed),
    ]
    sizes = Counter(len(person) for person in people(built(table, records)))
    assert sizes == {1: 2 * (MAX_RECORDS_SHARING + 1), MAX_RECORDS_SHARING: 2}


def night_before(table: TableMaker, customers: dict[str, tuple[str, str]]) -> DataFrame:
    """Last night's identities: record -> customer and the day the customer id was given."""
    return table(
        IDENTITIES,
        [
            {"source_record_id": name, "customer_id": customer, "customer_since_date": since}
            for name, (customer, since) in customers.items()
        ],
    )


def test_t16_a_customer_keeps_its_id_as_records_come_go_and_move(table: TableMaker) -> None:
    previous = night_before(
        table,
        {
            "shop:ann": ("c-ann", "2026-03-01"),
            "shop:bob": ("c-bob", "2026-03-02"),
            "harbour:bob": ("c-bob", "2026-03-02"),
            "meridian:bob": ("c-other", "2026-01-01"),  # older, and with fewer of bob's records
            "shop:cem": ("c-young", "2026-03-09"),
            "harbour:cem": ("c-old", "2026-03-08"),  # as many records: the older id stays
            "shop:dia": ("c-same-b", "2026-03-01"),
            "harbour:dia": ("c-same-a", "2026-03-01"),  # as old: the smaller id stays
            "shop:eve": ("c-eve", "2026-03-01"),
            "harbour:eve": ("c-eve", "2026-03-01"),
            "meridian:eve": ("c-eve", "2026-03-01"),  # turns out to be somebody else
            "shop:gone": ("c-gone", "2026-02-01"),
        },
    )
    records = [
        record("shop:ann", national_id="A"),
        record("harbour:ann", national_id="A"),
        *(record(f"{partner}:bob", national_id="B") for partner in ("shop", "harbour", "meridian")),
        *(record(f"{partner}:cem", national_id="C") for partner in ("shop", "harbour")),
        *(record(f"{partner}:dia", national_id="D") for partner in ("shop", "harbour")),
        *(record(f"{partner}:eve", national_id="E") for partner in ("shop", "harbour")),
        record("meridian:eve", national_id="not eve"),
        record("shop:new"),
    ]
    found = {
        name: (customer, str(since))
        for name, customer, since in rows(
            built(table, records, previous), "source_record_id", "customer_id", "customer_since_date"
        )
    }
    assert found["shop:ann"] == found["harbour:ann"] == ("c-ann", "2026-03-01")
    assert {found[f"{partner}:bob"] for partner in ("shop", "harbour", "meridian")} == {("c-bob", "2026-03-02")}
    assert found["shop:cem"] == found["harbour:cem"] == ("c-old", "2026-03-08")
    assert found["shop:dia"] == found["harbour:dia"] == ("c-same-a", "2026-03-01")
    assert found["shop:eve"] == found["harbour:eve"] == ("c-eve", "2026-03-01")
    assert found["shop:gone"] == ("c-gone", "2026-02-01")
    new_ids = {found["meridian:eve"], found["shop:new"]}
    assert len(new_ids) == 2
    assert all(len(customer) == 25 and since == str(AS_OF) for customer, since in new_ids)
    assert set(found) == {row["source_record_id"] for row in records} | {"shop:gone"}


def test_a_previous_id_goes_to_one_cluster_only_even_when_two_hold_as_many_of_its_records(table: TableMaker) -> None:
    previous = night_before(table, {f"shop:{name}": ("c-both", "2026-03-01") for name in ("ann", "bob")})
    records = [record("shop:bob", national_id="B"), record("shop:ann", national_id="A")]
    found = dict(rows(built(table, records, previous), "source_record_id", "customer_id"))
    assert found["shop:ann"] == "c-both"  # the smaller record
    assert found["shop:bob"] != "c-both"


def test_t16_the_next_night_with_equal_records_changes_nothing(table: TableMaker) -> None:
    first = build(
        table(SHOP_USERS, [row for row in TWO_RULES if row["source_record_id"].startswith("shop:")]),
        table(BANK_CUSTOMERS, [row for row in TWO_RULES if not row["source_record_id"].startswith("shop:")]),
        previous=None,
        as_of=date(2026, 3, 31),
    )
    columns = ("source_record_id", "customer_id", "matched_by", "record_since", "customer_since_date")
    assert rows(built(table, TWO_RULES, previous=first), *columns) == rows(first, *columns)


def test_without_records_there_is_nobody(table: TableMaker) -> None:
    assert rows(built(table, []), "source_record_id") == []
