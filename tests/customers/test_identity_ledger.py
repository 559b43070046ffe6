"""What the ledger tells of a night."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

import pytest
from pyspark.sql import DataFrame

from jobs.customers import identity_refusals
from jobs.customers.identity_ledger import build
from schemas.cleaned.bank_customers import BANK_CUSTOMERS
from schemas.cleaned.shop_users import SHOP_USERS
from schemas.customers.identities import IDENTITIES
from schemas.customers.identity_ledger import IDENTITY_LEDGER
from schemas.customers.record_pairs import RECORD_PAIRS
from tests.conftest import TableMaker, rows
from tests.customers.people import Row, at_banks, at_shop, customers, identified, pair, record

AS_OF = date(2026, 4, 1)
PARTNERS = ("shop", "harbour", "meridian")

BEFORE = {
    "shop:ann": "c-ann",
    "harbour:ann": "c-ann",
    "meridian:ann": "c-ann-too",  # turns out to be ann, with her phone
    "shop:ann-too": "c-ann-too",
    "shop:bob": "c-bob",
    "harbour:bob": "c-bob",
    "meridian:bob": "c-bob",  # turns out to be somebody else: the ids say so
    "meridian:cem": "c-cem",
    "shop:cem": "c-cem",  # nothing ties it to cem any more
    "shop:dia": "c-dia",
    "shop:gone": "c-gone",
    "harbour:ann-gone": "c-ann-too",  # goes with its customer
    "shop:eve": "c-eve",  # asks to be forgotten
}
NOT_SHOWN = ("shop:gone", "harbour:ann-gone", "shop:eve")
RECORDS = [record(name) for name in (*BEFORE, "meridian:dia", "shop:new", "harbour:new") if name not in NOT_SHOWN]
PAIRS = [
    pair("harbour:ann", "shop:ann", "national_id", 0.999),
    pair("meridian:ann", "shop:ann", "phone_and_birth_date", 0.99),
    pair("harbour:ann", "meridian:ann", "phone_and_birth_date", 0.98),
    pair("meridian:ann", "shop:ann-too", "national_id", 0.999),
    pair("harbour:bob", "shop:bob", "national_id", 0.999),
    pair("meridian:bob", "shop:bob", "phone_and_birth_date", 0.98),
    pair("meridian:dia", "shop:dia", "phone_and_birth_date", 0.99),
    pair("harbour:new", "shop:new", "national_id", 0.999),
]
WITH_IDS = {"harbour:bob": "B", "shop:bob": "B", "meridian:bob": "not B"}


def night(table: TableMaker, partitions: int = 1) -> tuple[DataFrame, DataFrame]:
    """The identities of the night and its ledger."""
    records = [{**row, "national_id_token": WITH_IDS.get(row["source_record_id"])} for row in RECORDS]
    previous = [
        {"source_record_id": name, "customer_id": customer, "customer_since_date": "2026-03-01"}
        for name, customer in BEFORE.items()
    ]
    return of_night(table, records[::-1] if partitions > 1 else records, PAIRS, table(IDENTITIES, previous), partitions)


def of_night(
    table: TableMaker, records: Sequence[Row], pairs: Sequence[Row], previous: DataFrame | None, partitions: int = 1
) -> tuple[DataFrame, DataFrame]:
    identities = identified(
        table, records, pairs=pairs, previous=previous, as_of=AS_OF, partitions=partitions, asked=["shop:eve"]
    ).localCheckpoint()
    record_pairs = table(RECORD_PAIRS, pairs).repartition(partitions)
    users, bank_customers = table(SHOP_USERS, at_shop(records)), table(BANK_CUSTOMERS, at_banks(records))
    refusals = identity_refusals.build(users, bank_customers, record_pairs, identities, as_of=AS_OF)
    return identities, build(identities, record_pairs, refusals, identities_before=previous, as_of=AS_OF)


def test_t16_every_creation_join_merge_and_split_is_told_with_its_evidence(table: TableMaker) -> None:
    identities, ledger = night(table)
    of = customers(identities)
    new, not_bob, not_cem = of["shop:new"], of["meridian:bob"], of["shop:cem"]
    assert len({new, not_bob, not_cem} - set(BEFORE.values())) == 3
    columns = ("source_record_id", "change_type", "from_customer_id", "to_customer_id")
    by_phone = ("phone_and_birth_date", 0.99, "meridian:ann", "shop:ann")
    evidence = ("matched_by", "match_probability", "left_record_id", "right_record_id", "split_reason")
    nothing = (None, None, None, None)
    assert rows(ledger, *columns, *evidence) == sorted(
        [
            ("shop:cem", "split", "c-cem", not_cem, *nothing, "no_pair"),
            ("harbour:new", "create", None, new, "national_id", 0.999, "harbour:new", "shop:new", None),
            ("meridian:ann", "merge", "c-ann-too", "c-ann", *by_phone, None),
            ("meridian:bob", "split", "c-bob", not_bob, *nothing, "conflicting_national_id"),
            ("meridian:dia", "join", None, "c-dia", "phone_and_birth_date", 0.99, "meridian:dia", "shop:dia", None),
            ("shop:ann-too", "merge", "c-ann-too", "c-ann", *by_phone, None),
            ("harbour:ann-gone", "merge", "c-ann-too", "c-ann", *by_phone, None),
            ("shop:eve", "erase", "c-eve", None, *nothing, None),
            ("shop:new", "create", None, new, "national_id", 0.999, "harbour:new", "shop:new", None),
        ],
        key=str,
    )
    assert {day for (day,) in rows(ledger, "changed_date")} == {AS_OF}


def test_t16_the_ledger_of_the_night_leads_from_the_map_before_to_the_map_after(table: TableMaker) -> None:
    identities, ledger = night(table)
    changes = dict(rows(ledger, "source_record_id", "to_customer_id"))
    led_to = {name: customer for name, customer in {**BEFORE, **changes}.items() if customer is not None}
    assert led_to == customers(identities)
    assert set(BEFORE) - set(led_to) == {"shop:eve"}
    for name, before, after in rows(ledger, "source_record_id", "from_customer_id", "to_customer_id"):
        assert BEFORE.get(name) == before != after


@pytest.mark.parametrize("partitions", [3])
def test_t17_neither_the_order_of_the_rows_nor_their_partitions_show(table: TableMaker, partitions: int) -> None:
    (_, ledger), (_, spread) = night(table), night(table, partitions)
    assert rows(spread, *IDENTITY_LEDGER.column_names) == rows(ledger, *IDENTITY_LEDGER.column_names)


def test_the_first_night_creates_everyone_and_a_night_without_news_writes_nothing(table: TableMaker) -> None:
    records = [*(record(f"{partner}:ann") for partner in PARTNERS), record("shop:bob")]
    pairs: list[dict[str, Any]] = [pair("harbour:ann", "meridian:ann", "national_id", 0.999)]
    first, ledger = of_night(table, records, pairs, None)
    assert rows(ledger, "change_type") == [("create",)] * 4
    _, quiet = of_night(table, records, pairs, first)
    assert rows(quiet, "source_record_id") == []
    _, nobody = of_night(table, [], [], None)
    assert rows(nobody, "source_record_id") == []


def test_a_customer_whose_records_all_part_is_split_even_where_none_stays(table: TableMaker) -> None:
    records = [record(f"{partner}:x", national_id=partner) for partner in PARTNERS]
    previous = [
        {"source_record_id": f"{p}:x", "customer_id": "c-x", "customer_since_date": "2026-03-01"} for p in PARTNERS
    ]
    by_phone = [pair("harbour:x", "shop:x", "phone_and_birth_date", 0.99)]
    _, ledger = of_night(table, records, by_phone, table(IDENTITIES, previous))
    assert rows(ledger, "source_record_id", "change_type", "split_reason") == [
        ("meridian:x", "split", "no_pair"),
        ("shop:x", "split", "conflicting_national_id"),
    ], "the smallest record keeps the id"
