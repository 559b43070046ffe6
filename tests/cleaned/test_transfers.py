"""Transfers between people we know, each once."""

from __future__ import annotations

from datetime import date
from typing import Any

from jobs.cleaned.transfers import build
from schemas.captured.bank_accounts import BANK_ACCOUNTS
from schemas.cleaned.transactions import TRANSACTIONS
from tests.conftest import TableMaker, rows

AS_OF = date(2026, 3, 31)
ACCOUNTS = [
    {"bank_code": "harbour", "account_id": "ann-1", "bank_customer_id": "ann"},
    {"bank_code": "harbour", "account_id": "ann-2", "bank_customer_id": "ann"},
    {"bank_code": "meridian", "account_id": "bob-1", "bank_customer_id": "bob"},
    {"bank_code": "harbour", "account_id": "twin", "bank_customer_id": "cem"},
    {"bank_code": "meridian", "account_id": "twin", "bank_customer_id": "dia"},
    {"bank_code": "pacific", "account_id": "eve-1", "bank_customer_id": "eve"},
]


def movement(name: str, other: str | None, cents: int, **more: Any) -> dict[str, Any]:
    what = {"transaction_type": "transfer_out", "counterparty_account_id": other, "amount_cents": cents}
    return {"bank_code": "harbour", "transaction_id": name, "source_record_id": "harbour:ann", **what, **more}


def test_t18_a_transfer_is_counted_once_from_the_payers_side_and_only_between_people_we_know(table: TableMaker) -> None:
    at_pacific = {"bank_code": "pacific", "source_record_id": "pacific:eve"}
    transactions = table(
        TRANSACTIONS,
        [
            movement("1 to another bank", "bob-1", -100),
            movement("1 as bob's bank books it", "ann-1", 100, transaction_type="transfer_in"),
            movement("2 to an own account", "ann-2", -200),
            movement("3 the id at the payer's own bank", "twin", -300),
            movement("4 an id of two other banks", "twin", -400, **at_pacific),
            movement("5 to nobody we know", "xa1", -500),
            movement("6 from nobody we know", "bob-1", -600, source_record_id=None),
            movement("7 card payment", "bob-1", -700, transaction_type="pos"),
            movement("8 given back", "bob-1", 800),
            movement("9 no other account", None, -900),
        ],
    )
    found = build(transactions, table(BANK_ACCOUNTS, ACCOUNTS), as_of=AS_OF)
    assert rows(found, "transaction_id", "payer_source_record_id", "payee_source_record_id", "amount_cents") == [
        ("1 to another bank", "harbour:ann", "meridian:bob", 100),
        ("2 to an own account", "harbour:ann", "harbour:ann", 200),
        ("3 the id at the payer's own bank", "harbour:ann", "harbour:cem", 300),
    ]


def test_without_movements_there_are_no_transfers(table: TableMaker) -> None:
    assert rows(build(table(TRANSACTIONS, []), table(BANK_ACCOUNTS, ACCOUNTS), as_of=AS_OF), "transaction_id") == []
