"""Customers of the banks as they were on the day."""

from __future__ import annotations

from datetime import date

from jobs.cleaned.bank_customers import build
from schemas.captured.bank_customers import BANK_CUSTOMERS
from schemas.captured.erasure_requests import ERASURE_REQUESTS
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
    columns = ("source_record_id", "bank_code", "bank_customer_id", "kyc_level")
    nobody = table(ERASURE_REQUESTS, [{"subject_type": "shop_user", "subject_id": "1"}])
    found = rows(build(customers, nobody, as_of=AS_OF), *columns)
    assert found == [("harbour:1", "harbour", "1", 2), ("meridian:1", "meridian", "1", 0)]


def test_t31_a_request_names_no_bank_and_is_honoured_at_all_that_have_a_customer_of_the_id(table: TableMaker) -> None:
    customers = [
        {"bank_code": bank, "bank_customer_id": name, "opened_at": "2025-01-01", "updated_at": "2025-01-01"}
        for bank, name in (("harbour", "1"), ("meridian", "1"), ("harbour", "1:2"), ("meridian", "2"))
    ]
    asked = table(ERASURE_REQUESTS, [{"subject_type": "bank_customer", "subject_id": one} for one in ("1", "1:2")])
    found = build(table(BANK_CUSTOMERS, customers), asked, as_of=AS_OF)
    assert rows(found, "source_record_id") == [("meridian:2",)]


def test_without_customers_there_are_none(table: TableMaker) -> None:
    assert rows(build(table(BANK_CUSTOMERS, []), table(ERASURE_REQUESTS, []), as_of=AS_OF), "source_record_id") == []
