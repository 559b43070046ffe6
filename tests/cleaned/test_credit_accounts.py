"""The shop's lines of instalment credit as they were on the day."""

from __future__ import annotations

from datetime import date

from jobs.cleaned.credit_accounts import build
from schemas.captured.shop_credit_accounts import SHOP_CREDIT_ACCOUNTS
from tests.conftest import TableMaker, rows

AS_OF = date(2026, 3, 31)
OPENED = {"opened_at": "2025-01-01", "updated_at": "2025-01-01", "shop_user_id": "ann"}


def test_t1_a_line_counts_from_the_night_it_was_opened_and_a_new_limit_from_its_version(table: TableMaker) -> None:
    lines = table(
        SHOP_CREDIT_ACCOUNTS,
        [
            {**OPENED, "credit_account_id": "a1", "limit_cents": 100},
            {**OPENED, "credit_account_id": "a1", "limit_cents": 200, "updated_at": "2026-03-31 15:59:59"},
            {**OPENED, "credit_account_id": "a1", "limit_cents": 300, "updated_at": "2026-03-31 16:00:00"},
            {**OPENED, "credit_account_id": "b1", "opened_at": "2026-03-31 15:59:59", "shop_user_id": "bob"},
            {**OPENED, "credit_account_id": "c1", "opened_at": "2026-03-31 16:00:00", "shop_user_id": "cem"},
        ],
    )
    assert rows(build(lines, as_of=AS_OF), "credit_account_id", "source_record_id", "limit_cents") == [
        ("a1", "shop:ann", 200),
        ("b1", "shop:bob", 0),
    ]


def test_a_version_delivered_twice_is_one_line_and_the_later_delivery_counts(table: TableMaker) -> None:
    line = {**OPENED, "credit_account_id": "a1"}
    lines = table(
        SHOP_CREDIT_ACCOUNTS,
        [
            {**line, "limit_cents": 500, "captured_date": "2026-03-30"},
            {**line, "limit_cents": 0, "account_status": "frozen", "captured_date": "2026-03-31"},
        ],
    )
    assert rows(build(lines, as_of=AS_OF), "limit_cents", "account_status") == [(0, "frozen")]


def test_without_lines_there_are_none(table: TableMaker) -> None:
    assert rows(build(table(SHOP_CREDIT_ACCOUNTS, []), as_of=AS_OF), "credit_account_id") == []
