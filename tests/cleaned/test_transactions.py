"""Movements with scene and owner."""

from __future__ import annotations

from datetime import date

from jobs.cleaned.transactions import build
from schemas.captured.bank_accounts import BANK_ACCOUNTS
from schemas.captured.bank_merchants import BANK_MERCHANTS
from schemas.captured.bank_transactions import BANK_TRANSACTIONS
from tests.cleaned.layouts import in_every_layout
from tests.conftest import TableMaker, rows

AS_OF = date(2026, 3, 31)


def test_t10_each_movement_is_there_once_with_its_owner_whatever_the_layout(table: TableMaker) -> None:
    accounts = table(
        BANK_ACCOUNTS,
        [
            {"bank_code": "harbour", "account_id": "1", "bank_customer_id": "ann", "account_type": "savings"},
            {"bank_code": "meridian", "account_id": "1", "bank_customer_id": "bob"},
        ],
    )
    movements = [
        {"bank_code": "harbour", "transaction_id": "t1", "account_id": "1", "amount_cents": -5},
        {"bank_code": "harbour", "transaction_id": "t1", "account_id": "1", "amount_cents": -5},
        {"bank_code": "meridian", "transaction_id": "t1", "account_id": "1", "amount_cents": 7},
        {"bank_code": "meridian", "transaction_id": "t2", "account_id": "not delivered yet", "amount_cents": 9},
    ]
    for layout in in_every_layout(table, BANK_TRANSACTIONS, movements):
        found = build(layout, accounts, table(BANK_MERCHANTS, []), as_of=AS_OF)
        assert rows(found, "bank_code", "transaction_id", "source_record_id", "account_type", "amount_cents") == [
            ("harbour", "t1", "harbour:ann", "savings", -5),
            ("meridian", "t1", "meridian:bob", "current", 7),
            ("meridian", "t2", None, None, 9),
        ]


def test_the_scene_follows_the_movements_code_then_the_merchants_when_it_was_booked(table: TableMaker) -> None:
    merchants = table(
        BANK_MERCHANTS,
        [
            {"bank_code": "harbour", "merchant_id": "m", "mcc": "5411", "updated_at": "2026-01-01"},
            {"bank_code": "harbour", "merchant_id": "m", "mcc": "5812", "updated_at": "2026-03-01"},
            {"bank_code": "meridian", "merchant_id": "m", "mcc": "8062", "updated_at": "2026-03-01"},
        ],
    )
    movement = {"bank_code": "harbour", "merchant_id": "m", "booked_at": "2026-02-28"}
    transactions = table(
        BANK_TRANSACTIONS,
        [
            {**movement, "transaction_id": "1 own code", "mcc": "4511"},
            {**movement, "transaction_id": "2 before the change"},
            {**movement, "transaction_id": "3 at the change", "booked_at": "2026-03-01"},
            {**movement, "transaction_id": "4 before all we know", "bank_code": "meridian"},
            {**movement, "transaction_id": "5 unknown merchant", "merchant_id": "never delivered"},
            {**movement, "transaction_id": "6 unknown code", "mcc": "9999"},
            {**movement, "transaction_id": "7 no merchant", "merchant_id": None},
        ],
    )
    found = build(transactions, table(BANK_ACCOUNTS, []), merchants, as_of=AS_OF)
    assert rows(found, "transaction_id", "mcc", "scene") == [
        ("1 own code", "4511", "travel"),
        ("2 before the change", "5411", "retail"),
        ("3 at the change", "5812", "catering"),
        ("4 before all we know", "8062", "medical"),
        ("5 unknown merchant", None, "other"),
        ("6 unknown code", "9999", "other"),
        ("7 no merchant", None, None),
    ]


def test_without_movements_there_are_none(table: TableMaker) -> None:
    nothing = (table(contract, []) for contract in (BANK_TRANSACTIONS, BANK_ACCOUNTS, BANK_MERCHANTS))
    assert rows(build(*nothing, as_of=AS_OF), "transaction_id") == []
