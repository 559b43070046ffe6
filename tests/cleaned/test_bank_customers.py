"""Customers of the banks as they were on the day."""

from __future__ import annotations

from datetime import date

from jobs.cleaned.bank_customers import build
from schemas.captured.bank_customers import BANK_CUSTOMERS
from tests.conftest import TableMaker, rows

AS_OF = date(2026, 3, 31)


def test_the_same_id_at_two_banks_is_two_customers_each_in_its_version_in_force(table: TableMaker) -> None:
    at_harbour = {
        "bank_code": "harbour",
        "bank_customer_id": "1",
        "opened_at": "2025-01-01",
        "updated_at": "2025-01-01",
    }
    customers = table(
        BANK_CUSTOMERS,
        [
            {**at_harbour, "kyc_level": 1},
            {**at_harbour, "kyc_level": 2, "updated_at": "2026-03-31 15:59:59"},
            {**at_harbour, "kyc_level": 3, "updated_at": "2026-03-31 16:00:00"},  # T1: the next local day
            {**at_harbour, "kyc_level": 0, "bank_code": "meridian"},
            {**at_harbour, "bank_customer_id": "2", "opened_at": "2026-03-31 16:00:00"},
        ],
    )
    found = rows(build(customers, as_of=AS_OF), "source_record_id", "bank_code", "bank_customer_id", "kyc_level")
    assert found == [("harbour:1", "harbour", "1", 2), ("meridian:1", "meridian", "1", 0)]


def test_without_customers_there_are_none(table: TableMaker) -> None:
    assert rows(build(table(BANK_CUSTOMERS, []), as_of=AS_OF), "source_record_id") == []
