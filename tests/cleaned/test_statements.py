"""Card statements and what had been paid towards them by the day."""

from __future__ import annotations

from datetime import date
from typing import Any

from pyspark.sql import DataFrame

from jobs.cleaned.statements import build
from schemas.captured.bank_accounts import BANK_ACCOUNTS
from schemas.captured.bank_card_payments import BANK_CARD_PAYMENTS
from schemas.captured.bank_card_statements import BANK_CARD_STATEMENTS
from tests.conftest import GivenRows, TableMaker, rows

AS_OF = date(2026, 3, 31)
HARBOUR = {"bank_code": "harbour", "account_id": "card"}
MARCH = {**HARBOUR, "statement_id": "march", "statement_date": "2026-03-05", "due_date": "2026-03-25"}


def built(table: TableMaker, statements: GivenRows, payments: GivenRows, versions: GivenRows = ({},)) -> DataFrame:
    accounts = table(BANK_ACCOUNTS, [{**HARBOUR, "bank_customer_id": "ann", **version} for version in versions])
    return build(table(BANK_CARD_STATEMENTS, statements), table(BANK_CARD_PAYMENTS, payments), accounts, as_of=AS_OF)


def test_t21_a_payment_counts_from_the_day_after_the_statement_to_the_due_date_or_the_day(table: TableMaker) -> None:
    across_months = {"statement_id": "across months", "statement_date": "2026-03-25", "due_date": "2026-04-14"}
    statements = [MARCH, {**MARCH, **across_months}]
    moments = {  # local moments; each payment is a power of two, so that the sum says which ones counted
        "on the statement date": ("2026-03-05 23:59:59+08:00", 1),
        "on the next day": ("2026-03-06 00:00:00+08:00", 2),
        "on the due date": ("2026-03-25 23:59:59+08:00", 4),
        "after the due date, for the next": ("2026-03-26 00:00:00+08:00", 8),
        "on the day": ("2026-03-31 23:59:59+08:00", 16),
        "after the day": ("2026-04-01 00:00:00+08:00", 32),
    }
    payments: list[dict[str, Any]] = [
        {**HARBOUR, "payment_id": name, "paid_at": moment, "amount_cents": cents}
        for name, (moment, cents) in moments.items()
    ]
    repeated = [payments[1], {**payments[1], "bank_code": "meridian"}, {**payments[1], "account_id": "another"}]
    found = built(table, statements, payments + repeated)
    assert rows(found, "statement_id", "paid_cents") == [("across months", 8 + 16), ("march", 2 + 4)]


def test_t1_a_statement_exists_from_its_publication_and_may_wait_for_its_account(table: TableMaker) -> None:
    statements: list[dict[str, Any]] = [
        {**MARCH, "published_at": "2026-03-31 15:59:59", "balance_cents": 100, "captured_date": "2026-03-30"},
        {**MARCH, "published_at": "2026-03-31 15:59:59", "balance_cents": 200, "captured_date": "2026-03-31"},
        {**MARCH, "statement_id": "tomorrow", "published_at": "2026-03-31 16:00:00"},
        {**MARCH, "statement_id": "not ours yet", "account_id": "unknown"},
        {**MARCH, "statement_id": "due before it closed", "due_date": "2026-02-25"},
    ]
    found = built(table, statements, [])
    assert rows(found, "statement_id", "source_record_id", "balance_cents", "paid_cents") == [
        ("due before it closed", "harbour:ann", 0, 0),
        ("march", "harbour:ann", 200, 0),
        ("not ours yet", None, 0, 0),
    ]


def test_a_statement_keeps_the_limit_that_was_in_force_when_it_closed(table: TableMaker) -> None:
    statements = [
        {**MARCH, "statement_id": day, "statement_date": day}
        for day in ("2026-01-05", "2026-02-05", "2026-02-06", "2026-03-05")
    ]
    limits = {
        "2026-01-20 00:00:00": 100,
        "2026-02-05 15:59:59": 200,  # the last second of 5 February in Shanghai
        "2026-02-05 16:00:00": 300,
        "2026-03-20 00:00:00": None,
    }
    versions = [{"updated_at": at, "credit_limit_cents": cents} for at, cents in limits.items()]
    repeated = {**versions[2], "captured_date": "2026-03-01", "credit_limit_cents": 350}  # the later delivery counts
    found = built(table, statements, [], [*versions, repeated])
    assert rows(found, "statement_id", "credit_limit_cents") == [
        ("2026-01-05", 100),
        ("2026-02-05", 200),
        ("2026-02-06", 350),
        ("2026-03-05", 350),
    ]


def test_without_statements_there_are_none(table: TableMaker) -> None:
    assert rows(built(table, [], []), "statement_id") == []
