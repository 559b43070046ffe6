"""Pairs of records by exact tokens."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from jobs.customers.record_pairs import MATCH_PROBABILITIES, MAX_RECORDS_SHARING, build
from schemas.cleaned.bank_customers import BANK_CUSTOMERS
from schemas.cleaned.shop_users import SHOP_USERS
from tests.conftest import TableMaker, rows
from tests.customers.people import Row, at_banks, at_shop, record

AS_OF = date(2026, 4, 1)


def pairs(table: TableMaker, records: list[Row], *columns: str, partitions: int = 1) -> list[tuple[Any, ...]]:
    users = table(SHOP_USERS, at_shop(records)).repartition(partitions)
    bank_customers = table(BANK_CUSTOMERS, at_banks(records)).repartition(partitions)
    found = build(users, bank_customers, as_of=AS_OF)
    return rows(found, "left_record_id", "right_record_id", *columns)


@pytest.mark.parametrize("partitions", [1, 7])
def test_t17_two_records_are_a_pair_by_the_first_rule_that_holds_in_whatever_layout(
    table: TableMaker, partitions: int
) -> None:
    records = [
        record("shop:ann", national_id="A", phone="1", born="1990-01-01"),
        record("harbour:ann", national_id="A", phone="1", born="1990-01-01"),
        record("meridian:ann", phone="1", born="1990-01-01"),
        record("shop:twin", national_id="B", phone="1", born="1990-01-01"),
        record("shop:cem", phone="1", born="1992-01-01"),  # shares a phone, was born on another day
        record("shop:dia", phone="3"),
        record("harbour:dia", phone="3"),  # without birth date a phone ties nobody
        record("harbour:eve"),
        record("shop:eve"),  # nothing given ties nobody
    ]
    columns = ("matched_by", "match_probability", "decision", "reason")
    by_phone = ("phone_and_birth_date", MATCH_PROBABILITIES["phone_and_birth_date"])
    conflict = (*by_phone, "rejected", "conflicting_national_id")
    in_order = records if partitions == 1 else records[::-1]
    assert pairs(table, in_order, *columns, partitions=partitions) == [
        ("harbour:ann", "meridian:ann", *by_phone, "automatic", None),
        ("harbour:ann", "shop:ann", "national_id", MATCH_PROBABILITIES["national_id"], "automatic", None),
        ("harbour:ann", "shop:twin", *conflict),
        ("meridian:ann", "shop:ann", *by_phone, "automatic", None),
        ("meridian:ann", "shop:twin", *by_phone, "automatic", None),
        ("shop:ann", "shop:twin", *conflict),
    ]


def test_t15_a_token_on_too_many_records_ties_nobody_and_contradicts_nobody(table: TableMaker) -> None:
    allowed, too_many = range(MAX_RECORDS_SHARING), range(MAX_RECORDS_SHARING + 1)
    records = [
        *(record(f"shop:kiosk-{i}", phone="k", born="1970-01-01") for i in too_many),
        *(record(f"shop:zeros-{i}", national_id="0") for i in too_many),
        *(record(f"shop:one-{i}", national_id="1") for i in allowed),
        *(record(f"shop:pair-{i}", phone="p", born="1980-01-01") for i in allowed),
        record("harbour:ann", national_id="A", phone="9", born="1990-01-01"),
        record("shop:zeros-0", national_id="0", phone="9", born="1990-01-01"),
    ]
    found = pairs(table, [row for n, row in enumerate(records) if n != len(too_many)], "decision")
    assert len(found) == 2 * 45 + 1
    assert ("harbour:ann", "shop:zeros-0", "automatic") in found


def test_without_records_there_are_no_pairs(table: TableMaker) -> None:
    assert pairs(table, []) == []
