"""What a merge does to those who read identities: sums are conserved, and what keeps one of the two out keeps both."""

from __future__ import annotations

import re
from datetime import date
from importlib import import_module

import pytest
from pyspark.sql import DataFrame

from jobs.segments.suppression import suppressed
from jobs.segments.wishes import agreed_by_customer
from schemas.cleaned.accounts import ACCOUNTS
from schemas.cleaned.applications import APPLICATIONS
from schemas.cleaned.bank_customers import BANK_CUSTOMERS
from schemas.cleaned.consents import CONSENTS
from schemas.cleaned.contacts import CONTACTS
from schemas.cleaned.shop_users import SHOP_USERS
from schemas.features.promises import PROMISES
from schemas.features.purchase_value import PURCHASE_VALUE
from schemas.features.repayment import REPAYMENT
from schemas.measures import Feature
from schemas.table import Table
from tests.conftest import TableMaker, rows
from tests.customers.people import customers, identified, record
from tests.features.random_rows import AS_OF, RandomRows

NEXT = date(2026, 4, 1)


@pytest.fixture
def before_and_after(table: TableMaker) -> tuple[DataFrame, DataFrame]:
    """ann's record at the shop and at the bank are two people the night before, and one tonight; bob is bob."""
    apart = [record("shop:ann"), record("harbour:ann", national_id="A"), record("shop:bob", national_id="B")]
    before = identified(table, apart, as_of=AS_OF)
    merged = [{**row, "national_id_token": row["national_id_token"] or "A"} for row in apart]
    after = identified(table, merged, as_of=NEXT, previous=before)
    assert [len(set(customers(night).values())) for night in (before, after)] == [3, 2]
    return before, after


def sums_over_days(family: Table) -> list[str]:
    """The counts and sums of a family over rows that are its customers' own, whoever else is the same customer."""
    contract = vars(import_module(family.module)).values()
    declared = [one for given in contract if isinstance(given, tuple) for one in given if isinstance(one, Feature)]
    return [
        one.column.name
        for one in declared
        if one.is_sum and not re.search("instalments_ago|statements_ago|stacked", one.formula)
    ]


LEAST_SUMS = {PURCHASE_VALUE: 30, REPAYMENT: 10, PROMISES: 5}
"""How many sums a family has at least: fewer, and the test would compare next to nothing."""


@pytest.mark.parametrize(
    ("family", "least"),
    [pytest.param(family, least, id=family.name) for family, least in LEAST_SUMS.items()],
)
def test_t18_sums_over_people_are_the_same_before_and_after_a_merge(
    table: TableMaker, family: Table, least: int
) -> None:
    given = RandomRows(seed=3).rows
    parents: tuple[Table, ...] = family.built_from  # type: ignore[assignment]
    held = [row["source_record_id"] for parent in parents[:-1] for row in given[parent] if row.get("source_record_id")]
    names = sorted(set(held))
    apart = [record(name, national_id=name) for name in names]
    merged = [record(name, national_id="the same" if name in names[:4] else name) for name in names]
    before = identified(table, apart, as_of=AS_OF)
    after = identified(table, merged, as_of=AS_OF, previous=before)
    sums = sums_over_days(family)
    assert len(sums) >= least
    totals = []
    for identities in (before, after):
        tables = [identities if p.name == "identities" else table(p, given[p]) for p in parents]
        described = import_module(f"jobs.features.{family.name}").build(*tables, as_of=AS_OF)
        totals.append((rows(described.groupBy().sum(*sums), *(f"sum({name})" for name in sums)), described.count()))
    assert totals[0][0] == totals[1][0]
    assert sum(value != 0 for value in totals[0][0][0]) > least / 2
    assert totals[1][1] < totals[0][1]


def test_t30_whoever_is_kept_out_stays_out_when_merged_with_somebody_who_is_not(
    table: TableMaker, before_and_after: tuple[DataFrame, DataFrame]
) -> None:
    card = {"source_record_id": "harbour:ann", "account_type": "credit_card", "account_id": "1", "bank_code": "harbour"}
    given = {
        CONTACTS: [{"contact_id": f"m{n}", "source_record_id": "shop:ann", "sent_at": "2026-03-30"} for n in range(4)],
        APPLICATIONS: [],
        ACCOUNTS: [{**card, "opened_at": "2025-01-01"}],
        SHOP_USERS: [],
        BANK_CUSTOMERS: [],
    }
    wishes = [
        {"source_record_id": "shop:ann", "consent_status": "granted", "contact_channel": "sms"},
        {"source_record_id": "harbour:ann", "consent_status": "denied", "contact_channel": "sms"},
        {"source_record_id": "shop:bob", "consent_status": "granted", "contact_channel": "sms"},
    ]
    consents = table(CONSENTS, [{"consent_id": str(n), **wish} for n, wish in enumerate(wishes)])
    told = []
    for identities in before_and_after:
        of = customers(identities)
        contacts, applications, accounts, users, bank_customers = (table(*one) for one in given.items())
        kept_out = suppressed(contacts, applications, accounts, users, bank_customers, identities, NEXT)
        obstacles = {name: tuple(why) for name, *why in rows(kept_out, "customer_id", "holds_card", "contacted_often")}
        willing = agreed_by_customer(consents, identities, about="contact_channel", values=["sms"], as_of=NEXT)
        told.append(
            {
                record: (obstacles.get(customer), (customer, "sms") in rows(willing, "customer_id", "contact_channel"))
                for record, customer in of.items()
            }
        )
    assert told[0] == {
        "shop:ann": ((False, True), True),
        "harbour:ann": ((True, False), False),
        "shop:bob": (None, True),
    }
    assert told[1] == {
        "shop:ann": ((True, True), False),
        "harbour:ann": ((True, True), False),
        "shop:bob": (None, True),
    }
