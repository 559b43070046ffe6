"""Pairs that were not followed."""

from __future__ import annotations

from datetime import date

from pyspark.sql import DataFrame

from jobs.customers.identity_refusals import build
from schemas.cleaned.bank_customers import BANK_CUSTOMERS
from schemas.cleaned.shop_users import SHOP_USERS
from schemas.customers.record_pairs import RECORD_PAIRS
from tests.conftest import TableMaker, rows
from tests.customers.people import Row, at_banks, at_shop, customers, identified, pair, pairs_by_rules, record

AS_OF = date(2026, 4, 1)


def refusals(table: TableMaker, records: list[Row], pairs: list[Row], identities: DataFrame) -> DataFrame:
    users, bank_customers = table(SHOP_USERS, at_shop(records)), table(BANK_CUSTOMERS, at_banks(records))
    return build(users, bank_customers, table(RECORD_PAIRS, pairs), identities, as_of=AS_OF)


def test_every_pair_that_was_not_followed_is_told_with_both_customers_and_the_reason(table: TableMaker) -> None:
    records = [
        record("shop:ann", national_id="A", phone="1", born="1990-01-01"),
        record("shop:twin", national_id="B", phone="1", born="1990-01-01"),
        record("harbour:ann-or-twin", phone="1", born="1990-01-01"),
        record("harbour:bob", national_id="C"),
        record("shop:bob"),
        record("shop:cem"),
    ]
    said_no = pair("shop:bob", "shop:cem", "reviewed", None, decision="rejected")
    by_name = [pair(left, right, "phone_and_birth_date", 0.99) for left, right in (("harbour:bob", "shop:bob"),)]
    weaker = [pair("harbour:bob", "shop:cem", "phone_and_birth_date", 0.98)]
    pairs = [*pairs_by_rules(records), *by_name, *weaker, said_no]
    identities = identified(table, records, pairs=pairs, as_of=AS_OF)
    refused = refusals(table, records, pairs, identities)
    of = customers(identities)
    columns = ("left_record_id", "right_record_id", "left_customer_id", "right_customer_id", "reason")
    expected = [
        ("harbour:ann-or-twin", "shop:ann", "two_candidates"),
        ("harbour:ann-or-twin", "shop:twin", "two_candidates"),
        ("harbour:bob", "shop:cem", "reviewer_said_no"),
    ]
    assert rows(refused, *columns) == [(one, other, of[one], of[other], why) for one, other, why in expected]
    assert of["harbour:bob"] == of["shop:bob"]


def test_where_every_pair_was_followed_nothing_was_refused(table: TableMaker) -> None:
    records = [record(f"{partner}:ann", national_id="A") for partner in ("shop", "harbour")]
    for given in (records, []):
        identities = identified(table, given, as_of=AS_OF)
        assert rows(refusals(table, given, pairs_by_rules(given), identities), "reason") == []
