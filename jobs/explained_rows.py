"""Which source rows a measure rests on: the names of its condition, told over a parent's own columns.

A job tells its rows what a measure asks for (`is_inflow`, `instalments_ago`); here the same is told over the rows that
a night published, for one customer at a time, so that `explain` can show the rows behind a value without Spark.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

import duckdb
import pyarrow as pa

from schemas.features.cash_flow import MARKS
from schemas.table import Table

Names = Mapping[str, str]

DEPOSIT: Final = "coalesce(account_type IN ('current', 'savings'), false)"
OWN: Final = "coalesce(counterparty_account_id IN (SELECT account_id FROM given WHERE account_type IN ({})), false)"
PAYEE: Final = "is_credit, coalesce(merchant_id, counterparty_account_id)"
AS_OF: Final = "getvariable('as_of')"
UNBOOKED: Final = "payment_method <> 'bank_card' OR coalesce(paid_at < getvariable('bank_since'), true)"
NEWEST_DUE_FIRST: Final = "ORDER BY is_due DESC, due_date DESC, plan_id DESC, instalment_number DESC"
KINDS: Final = ("view", "search", "add_to_cart", "checkout", "purchase")

NAMES: Final[Mapping[str, Mapping[str, Names]]] = {
    "browsing": {
        "cleaned/browsing_events": {
            f"{kind}_count": f"count(*) FILTER (event_type = '{kind}') OVER (PARTITION BY session_id)" for kind in KINDS
        }
    },
    "cash_flow": {
        "cleaned/transactions": {
            "is_deposit": DEPOSIT,
            "is_own": OWN.format("'current', 'savings'"),
            "is_own_card": OWN.format("'credit_card'"),
            **MARKS,
            "is_credit": "amount_cents > 0",
            "is_regular": "NOT (is_own OR is_own_card) AND days_ago BETWEEN 0 AND 179"
            " AND (amount_cents < 0 OR is_inflow)",
            "period": "CASE WHEN is_regular THEN days_ago // 30 END",
            "period_count": f"CASE WHEN is_regular THEN count(DISTINCT period) OVER (PARTITION BY {PAYEE}) END",
            "smallest_cents": f"min(CASE WHEN is_regular THEN abs(amount_cents) END) OVER (PARTITION BY {PAYEE})",
            "largest_cents": f"max(CASE WHEN is_regular THEN abs(amount_cents) END) OVER (PARTITION BY {PAYEE})",
        }
    },
    "promises": {
        "cleaned/statements": {
            "is_due": f"due_date <= {AS_OF}",
            "statements_ago": "row_number() OVER (PARTITION BY bank_code, account_id "
            "ORDER BY statement_date DESC, statement_id DESC) - 1",
        },
    },
    "purchase_value": {
        "cleaned/purchases": {"is_purchase": "true"},
        "cleaned/refunds": {"is_purchase": "false"},
    },
    "repayment": {
        "cleaned/instalments": {
            "is_due": f"due_date <= {AS_OF}",
            "days_late": f"date_diff('day', due_date, coalesce(settled_date, {AS_OF}))",
            "days_since_paid": "last_paid_at",
            "instalments_ago": f"CASE WHEN is_due THEN row_number() OVER ({NEWEST_DUE_FIRST}) - 1 END",
            "is_closed": "bool_and(settled_date IS NOT NULL) OVER (PARTITION BY plan_id)",
            "closed_date": "CASE WHEN is_closed THEN max(settled_date) OVER (PARTITION BY plan_id) END",
        },
        "cleaned/repayments": {"gap_days": "CASE WHEN NOT is_reversal AND amount_cents > 0 THEN days_ago END"},
    },
    "scenes": {
        "cleaned/purchases": {"is_shop": "true", "is_refund": "false", "cents": "net_cents", "is_counted": UNBOOKED},
        "cleaned/refunds": {"is_shop": "true", "is_refund": "true", "cents": "-amount_cents", "is_counted": "true"},
        "cleaned/transactions": {
            "is_shop": "false",
            "is_refund": "false",
            "cents": "-amount_cents",
            "is_counted": "transaction_type IN ('pos', 'online')",
        },
    },
}
"""Family, parent -> what the family's conditions name and the parent has no column for, over the parent's columns."""

READ_BY: Final[Mapping[tuple[str, str], tuple[str, ...]]] = {
    ("identity", "RECORD_MEASURES"): ("customers/identities", "cleaned/shop_users", "cleaned/bank_customers"),
    ("identity", "ACCOUNT_MEASURES"): ("cleaned/accounts",),
    ("identity", "PLAN_MEASURES"): ("cleaned/instalments",),
    ("identity", "ADDRESS_MEASURES"): ("cleaned/purchases",),
    ("identity", "DEVICE_MEASURES"): ("cleaned/browsing_events",),
    ("promises", "STATEMENT_MEASURES"): ("cleaned/statements",),
    ("promises", "LINE_MEASURES"): ("cleaned/credit_accounts",),
    ("promises", "ORDER_MEASURES"): ("cleaned/ended_orders",),
    ("purchase_value", "DAY_MEASURES"): ("cleaned/purchases",),
    ("purchase_value", "MEDIAN_MEASURES"): ("cleaned/purchases",),
    ("repayment", "INSTALMENT_MEASURES"): ("cleaned/instalments",),
    ("repayment", "PLAN_MEASURES"): ("cleaned/instalments", "cleaned/repayments"),
    ("repayment", "PAYMENT_MEASURES"): ("cleaned/repayments",),
    ("scenes", "MERCHANT_MEASURES"): ("cleaned/transactions",),
    ("scenes", "TRADE_MEASURES"): ("cleaned/transactions",),
}
"""Family, declaration -> the parents that its measures look at; of one that is not listed, all of the family."""

WORD: Final = re.compile(r"(?<![\w'])[a-z_][a-z0-9_]*(?![\w'(])")
KEYWORDS: Final = frozenset({"true", "false"})


def names_of(condition: str) -> frozenset[str]:
    """The columns that a condition names; its keywords are written in capitals."""
    return frozenset(WORD.findall(re.sub(r"'[^']*'", "", condition))) - KEYWORDS


def can_tell(family: Table, parent: Table, condition: str) -> bool:
    """Whether every name of the condition is a column of the parent, or is told for it."""
    told = {"days_ago", *parent.column_names, *NAMES.get(family.name, {}).get(parent.address, {})}
    return names_of(condition) <= told


def rows_meant(rows: pa.Table, family: Table, parent: Table, condition: str, given: Mapping[str, object]) -> pa.Table:
    """Those of a customer's rows, with `days_ago` beside their columns, for which the condition holds.

    given: what the names ask for beside the rows, `as_of` and `bank_since`.
    """
    source = "given"
    for name, sql in NAMES.get(family.name, {}).get(parent.address, {}).items():
        source = f"(SELECT *, {sql} AS {name} FROM {source})"  # noqa: S608 - each name may build on those before
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        for name, value in given.items():
            connection.execute(f"SET VARIABLE {name} = $value", {"value": value})
        connection.register("given", rows.append_column("position", pa.array(range(rows.num_rows), pa.int64())))
        found = connection.execute(
            f"SELECT position FROM {source} WHERE {condition} ORDER BY position"  # noqa: S608 - all from our contracts
        ).fetchall()
    return rows.take(pa.array([position for (position,) in found], pa.int64()))
