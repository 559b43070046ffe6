"""Bank accounts as they were on the day."""

from __future__ import annotations

from datetime import UTC, date, datetime

from jobs.cleaned.accounts import build
from schemas.captured.bank_accounts import BANK_ACCOUNTS
from tests.conftest import TableMaker, rows

AS_OF = date(2026, 3, 31)
OPENED = {"bank_code": "harbour", "opened_at": "2025-01-01", "updated_at": "2025-01-01"}


def test_t1_an_account_is_closed_only_from_the_day_it_was_closed(table: TableMaker) -> None:
    closed_at = datetime(2026, 3, 31, 15, 59, 59, tzinfo=UTC).replace(tzinfo=None)
    accounts = table(
        BANK_ACCOUNTS,
        [
            {**OPENED, "account_id": "ann", "closed_at": "2026-03-31 15:59:59", "updated_at": "2026-03-31 15:59:59"},
            {**OPENED, "account_id": "bob", "closed_at": "2026-03-31 16:00:00", "updated_at": "2026-03-31 16:00:00"},
            {**OPENED, "account_id": "cem", "opened_at": "2026-03-31 16:00:00"},
        ],
    )
    assert rows(build(accounts, as_of=AS_OF), "account_id", "closed_at") == [("ann", closed_at), ("bob", None)]


def test_a_raised_limit_counts_from_its_version_and_the_owner_is_named_with_the_bank(table: TableMaker) -> None:
    ann = {**OPENED, "account_id": "a1", "bank_customer_id": "ann"}
    accounts = table(
        BANK_ACCOUNTS,
        [
            {**ann, "credit_limit_cents": 100},
            {**ann, "credit_limit_cents": 200, "updated_at": "2026-03-31"},
            {**ann, "credit_limit_cents": 300, "updated_at": "2026-04-01"},
            {**ann, "bank_code": "meridian", "bank_customer_id": "bob"},
        ],
    )
    assert rows(build(accounts, as_of=AS_OF), "source_record_id", "credit_limit_cents") == [
        ("harbour:ann", 200),
        ("meridian:bob", None),
    ]


def test_without_accounts_there_are_none(table: TableMaker) -> None:
    assert rows(build(table(BANK_ACCOUNTS, []), as_of=AS_OF), "account_id") == []
