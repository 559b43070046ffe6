"""Payments and reversals with their owners."""

from __future__ import annotations

from datetime import date

from jobs.cleaned.repayments import build
from schemas.captured.shop_credit_accounts import SHOP_CREDIT_ACCOUNTS
from schemas.captured.shop_credit_plans import SHOP_CREDIT_PLANS
from schemas.captured.shop_credit_repayments import SHOP_CREDIT_REPAYMENTS
from tests.conftest import TableMaker, rows

AS_OF = date(2026, 3, 31)


def test_t20_a_reversal_is_a_negative_payment_and_every_row_keeps_its_place(table: TableMaker) -> None:
    accounts = table(
        SHOP_CREDIT_ACCOUNTS,
        [
            {"credit_account_id": "c1", "shop_user_id": "ann", "limit_cents": 1},
            {"credit_account_id": "c1", "shop_user_id": "ann", "limit_cents": 2, "updated_at": "2026-03-01"},
        ],
    )
    plans = table(
        SHOP_CREDIT_PLANS,
        [
            {"plan_id": "p1", "credit_account_id": "c1"},
            {"plan_id": "p2", "credit_account_id": "a line not delivered yet"},
        ],
    )
    repayments = table(
        SHOP_CREDIT_REPAYMENTS,
        [
            {"repayment_id": "1", "plan_id": "p1", "amount_cents": 500},
            {"repayment_id": "2", "plan_id": "p1", "amount_cents": 500, "reverses_repayment_id": "1"},
            {"repayment_id": "2", "plan_id": "p1", "amount_cents": 500, "reverses_repayment_id": "1"},
            {"repayment_id": "3", "plan_id": "p2", "amount_cents": 300},
            {"repayment_id": "4", "plan_id": "a plan not delivered yet", "amount_cents": 200},
        ],
    )
    found = build(repayments, plans, accounts, as_of=AS_OF)
    assert rows(found, "repayment_id", "source_record_id", "amount_cents", "is_reversal") == [
        ("1", "shop:ann", 500, False),
        ("2", "shop:ann", -500, True),
        ("3", None, 300, False),
        ("4", None, 200, False),
    ]


def test_without_repayments_there_are_none(table: TableMaker) -> None:
    nothing = (table(contract, []) for contract in (SHOP_CREDIT_REPAYMENTS, SHOP_CREDIT_PLANS, SHOP_CREDIT_ACCOUNTS))
    assert rows(build(*nothing, as_of=AS_OF), "repayment_id") == []
