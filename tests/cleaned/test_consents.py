"""Whose wish it is: a no counts for everyone it may mean, a yes for nobody it may not mean."""

from __future__ import annotations

from datetime import date
from typing import Any

from jobs.cleaned.consents import build
from schemas.captured.bank_customers import BANK_CUSTOMERS
from schemas.captured.consents import CONSENTS
from tests.cleaned.layouts import in_every_layout
from tests.conftest import TableMaker, rows

AS_OF = date(2026, 3, 31)
CUSTOMERS: list[dict[str, Any]] = [
    {"bank_code": "harbour", "bank_customer_id": "1", "kyc_level": 1},
    {"bank_code": "harbour", "bank_customer_id": "1", "kyc_level": 2, "updated_at": "2026-01-01"},
    {"bank_code": "meridian", "bank_customer_id": "1"},
    {"bank_code": "meridian", "bank_customer_id": "2"},
]


def test_a_denial_counts_for_every_customer_it_may_mean_and_a_grant_only_for_a_certain_one(table: TableMaker) -> None:
    at_bank = {"subject_type": "bank_customer"}
    wishes: list[dict[str, Any]] = [
        {**at_bank, "consent_id": "denied", "subject_id": "1", "consent_status": "denied"},
        {**at_bank, "consent_id": "revoked", "subject_id": "1", "consent_status": "revoked"},
        {**at_bank, "consent_id": "granted by one of two", "subject_id": "1", "consent_status": "granted"},
        {**at_bank, "consent_id": "granted", "subject_id": "2", "consent_status": "granted"},
        {**at_bank, "consent_id": "unknown", "subject_id": "9", "consent_status": "denied"},
        {"consent_id": "shop", "subject_type": "shop_user", "subject_id": "1", "consent_status": "granted"},
        {"consent_id": "shop", "subject_type": "shop_user", "subject_id": "1", "consent_status": "granted"},
    ]
    for layout in in_every_layout(table, CONSENTS, wishes):
        found = build(layout, table(BANK_CUSTOMERS, CUSTOMERS), as_of=AS_OF)
        assert rows(found, "consent_id", "source_record_id", "consent_status") == [
            ("denied", "harbour:1", "denied"),
            ("denied", "meridian:1", "denied"),
            ("granted", "meridian:2", "granted"),
            ("granted by one of two", "?:1", "granted"),
            ("revoked", "harbour:1", "revoked"),
            ("revoked", "meridian:1", "revoked"),
            ("shop", "shop:1", "granted"),
            ("unknown", "?:9", "denied"),
        ]


def test_without_wishes_there_are_none(table: TableMaker) -> None:
    assert rows(build(table(CONSENTS, []), table(BANK_CUSTOMERS, CUSTOMERS), as_of=AS_OF), "consent_id") == []
