"""Which source rows a measure rests on: the names of its condition, told over a parent's own columns.

A job tells its rows what a measure asks for (`is_inflow`, `instalments_ago`); here the same is told over the rows that
a night published, for one customer at a time, so that `explain` can show the rows behind a value without Spark. A test
computes every value once more from nothing but the rows shown.
"""
# ruff: noqa: S608 - every statement is made of our own contracts

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cache
from typing import Final

import duckdb
import pyarrow as pa

from schemas.cleaned.browsing_events import CLIENTS
from schemas.features.browsing import BOT_EVENTS, DAYS_BEFORE, LONGEST_SECONDS, SEASON_DAYS, SILENCE_SECONDS
from schemas.features.cash_flow import HALF_YEAR_DAYS, LONGEST_DAYS, MARKS, SALARY
from schemas.table import Table
from schemas.windows import MONTH_DAYS

DAY_OF: Final = {
    "cleaned/accounts": "opened_at",
    "cleaned/browsing_events": "occurred_at",
    "cleaned/credit_accounts": "opened_at",
    "cleaned/ended_orders": "ended_at",
    "cleaned/instalments": "due_date",
    "cleaned/purchase_lines": "paid_at",
    "cleaned/purchases": "paid_at",
    "cleaned/refunds": "refunded_at",
    "cleaned/repayments": "paid_at",
    "cleaned/statements": "statement_date",
    "cleaned/transactions": "booked_at",
    "cleaned/transfers": "transferred_at",
    "edges/identifier_holders": "first_seen_at",
    "edges/transfers": "last_transferred_at",
}
"""The column that decides in which window a row of a parent lies; other parents tell a state and are shown whole."""

DAY_OF_PLAN: Final = {**DAY_OF, "cleaned/instalments": "plan_opened_at"}
"""The same for measures over plans, whose days count from the opening."""


@dataclass(frozen=True)
class Told:
    """How a family reads a parent.

    names: what the family's conditions name, over the parent's columns and the names before; one that the parent has
    is replaced. source: which of the parent's rows are read, joined with what else tells of them. only: over the names,
    which rows are left. needs: the other parents that the source names.
    """

    names: Mapping[str, str] = field(default_factory=dict)
    source: str = ""
    only: str = "true"
    needs: tuple[str, ...] = ()


NEWEST_DUE_FIRST: Final = "ORDER BY is_due DESC, due_date DESC, plan_id DESC, instalment_number DESC"
NEWEST_BALANCE_FIRST: Final = (
    "PARTITION BY bank_code, account_id, source_record_id"
    " ORDER BY has_balance DESC, booked_at DESC, transaction_id DESC"
)
KINDS: Final = ("add_to_cart", "purchase")
ENDS: Final = "getvariable('ends_at')"

RECORDS: Final = f"(SELECT * FROM identities WHERE record_since < {ENDS})"
BY_AS_OF: Final = f"(SELECT * FROM instalments WHERE plan_opened_at < {ENDS})"
EARLIER_PLAN_STILL_OPEN: Final = (
    f"FROM (SELECT plan_id, min(plan_opened_at) AS opened_at, count(*) > count(settled_date) AS is_open,"
    f" max(settled_date) AS closed_date FROM {BY_AS_OF} GROUP BY plan_id) AS earlier"
    " WHERE (earlier.opened_at, earlier.plan_id) < (given.plan_opened_at, given.plan_id)"
    " AND (is_open OR earlier.closed_date > getvariable('as_of') - CAST(given.days_ago AS INT))"
)
STATEMENTS_WITH_LIMIT: Final = f"(SELECT * FROM statements WHERE published_at < {ENDS} AND credit_limit_cents > 0)"
REFUNDS_OF_PURCHASES: Final = (
    "(SELECT * FROM refunds JOIN (SELECT order_id, purchases AS purchase FROM purchases) USING (order_id))"
)

VISIT: Final = "OVER (PARTITION BY session_id, visit)"
IN_SESSION: Final = "OVER (PARTITION BY session_id ORDER BY occurred_at, event_id ROWS UNBOUNDED PRECEDING)"
PAYEE: Final = "OVER (PARTITION BY is_credit, payee, payee_bank)"
DEPOSIT: Final = "coalesce(account_type IN ('current', 'savings'), false)"
CREDIT_CARD: Final = "account_type = 'credit_card'"
OTHERS: Final = "FROM transactions WHERE account_id = given.counterparty_account_id"
CARD: Final = "transaction_type IN ('pos', 'online')"


def is_own(kind: str) -> str:
    """SQL: whether the other account is one of the customer's own of the kind: at the same bank, or at the only one."""
    of_kind = f"{OTHERS} AND {kind}"
    is_only = f"(SELECT count(DISTINCT bank_code) = 1 {OTHERS}) AND EXISTS ({of_kind})"
    return f"coalesce(bank_code IN (SELECT bank_code {of_kind}) OR ({is_only}), false)"


def unbooked(purchase: str = "") -> str:
    """SQL: whether no partner bank has booked the payment of the purchase as well."""
    before = f"coalesce({purchase}paid_at < getvariable('bank_since'), true)"
    return f"{purchase}payment_method <> 'bank_card' OR {before}"


TOLD: Final[Mapping[str, Mapping[str, Told]]] = {
    "browsing": {
        "cleaned/browsing_events": Told(
            source=f"(SELECT * FROM browsing_events WHERE days_ago < {SEASON_DAYS + DAYS_BEFORE})",
            names={
                "second": "epoch_us(occurred_at) // 1000000",
                "is_new": f"second - lag(second) {IN_SESSION} > {SILENCE_SECONDS}",
                "visit": f"count(*) FILTER (is_new) {IN_SESSION}",
                "days_ago": f"min(days_ago) {VISIT}",
                **{f"{kind}_count": f"count(*) FILTER (event_type = '{kind}') {VISIT}" for kind in KINDS},
                **{f"{client}_event_count": f"count(*) FILTER (client = '{client}') {VISIT}" for client in CLIENTS},
                "is_by_a_person": f"count(*) {VISIT} <= {BOT_EVENTS}"
                f" AND max(second) {VISIT} - min(second) {VISIT} <= {LONGEST_SECONDS}",
            },
            only=f"is_by_a_person AND days_ago < {SEASON_DAYS}",
        )
    },
    "cash_flow": {
        "cleaned/transactions": Told(
            names={
                "is_deposit": DEPOSIT,
                "is_own": is_own(DEPOSIT),
                "is_own_card": is_own(CREDIT_CARD),
                **MARKS,
                "is_salary": f"{MARKS[SALARY]} AND days_ago < {LONGEST_DAYS}",
                "has_balance": "is_deposit AND balance_after_cents IS NOT NULL",
                "is_newest_balance": f"has_balance AND row_number() OVER ({NEWEST_BALANCE_FIRST}) = 1",
                "is_credit": "amount_cents > 0",
                "payee": "coalesce(merchant_id, counterparty_account_id)",
                "payee_bank": "CASE WHEN merchant_id IS NOT NULL THEN bank_code END",
                "is_regular": f"NOT (is_own OR is_own_card) AND days_ago < {HALF_YEAR_DAYS} AND payee IS NOT NULL"
                " AND (amount_cents < 0 OR is_inflow)",
                "period_count": "CASE WHEN is_regular THEN"
                f" count(DISTINCT days_ago // {MONTH_DAYS}) FILTER (is_regular) {PAYEE} END",
                "smallest_cents": f"min(abs(amount_cents)) FILTER (is_regular) {PAYEE}",
                "largest_cents": f"max(abs(amount_cents)) FILTER (is_regular) {PAYEE}",
            },
        )
    },
    "identity": {
        "cleaned/accounts": Told(source=f"(SELECT * FROM accounts WHERE coalesce(closed_at >= {ENDS}, true))"),
        "cleaned/instalments": Told(source=BY_AS_OF),
        "customers/identities": Told(source=RECORDS),
        **{
            f"cleaned/{name}": Told(
                source=f"(SELECT * FROM {name} SEMI JOIN {RECORDS} USING (source_record_id))",
                needs=("customers/identities",),
            )
            for name in ("shop_users", "bank_customers")
        },
    },
    "promises": {
        "cleaned/statements": Told(
            source=STATEMENTS_WITH_LIMIT,
            names={
                "is_due": "due_date <= getvariable('as_of')",
                "statements_ago": "row_number() OVER (PARTITION BY bank_code, account_id"
                " ORDER BY statement_date DESC, statement_id DESC) - 1",
            },
        ),
    },
    "purchase_outlook": {"cleaned/refunds": Told(source=REFUNDS_OF_PURCHASES, needs=("cleaned/purchases",))},
    "purchase_value": {
        "cleaned/purchases": Told({"is_purchase": "true"}),
        "cleaned/refunds": Told({"is_purchase": "false"}, REFUNDS_OF_PURCHASES, needs=("cleaned/purchases",)),
    },
    "repayment": {
        "cleaned/instalments": Told(
            source=BY_AS_OF,
            names={
                "is_due": "due_date <= getvariable('as_of')",
                "days_late": "date_diff('day', due_date, coalesce(settled_date, getvariable('as_of')))",
                "days_since_paid": "last_paid_at",
                "instalments_ago": f"CASE WHEN is_due THEN row_number() OVER ({NEWEST_DUE_FIRST}) - 1 END",
                "is_closed": "bool_and(settled_date IS NOT NULL) OVER (PARTITION BY plan_id)",
                "closed_date": "CASE WHEN is_closed THEN max(settled_date) OVER (PARTITION BY plan_id) END",
                "is_stacked": f"EXISTS ({EARLIER_PLAN_STILL_OPEN})",
            },
        ),
        "cleaned/repayments": Told(
            source=f"(SELECT * FROM repayments WHERE NOT is_reversal OR plan_id IN (SELECT plan_id FROM {BY_AS_OF}))",
            names={"gap_days": "CASE WHEN NOT is_reversal AND amount_cents > 0 THEN days_ago END"},
            needs=("cleaned/instalments",),
        ),
    },
    "scenes": {
        "cleaned/purchases": Told(
            source=f"(SELECT * FROM purchases SEMI JOIN {RECORDS} USING (source_record_id))",
            names={"is_shop": "true", "is_refund": "false", "cents": "net_cents", "is_counted": unbooked()},
            needs=("customers/identities",),
        ),
        "cleaned/refunds": Told(
            source=f"(SELECT * FROM {REFUNDS_OF_PURCHASES} WHERE purchase.source_record_id IN"
            f" (SELECT source_record_id FROM {RECORDS}))",
            names={
                "is_shop": "true",
                "is_refund": "true",
                "cents": "-amount_cents",
                "is_counted": unbooked("purchase."),
                "scene": "purchase.scene",
            },
            needs=("cleaned/purchases", "customers/identities"),
        ),
        "cleaned/transactions": Told(
            source=f"(SELECT * FROM transactions SEMI JOIN {RECORDS} USING (source_record_id) WHERE {CARD})",
            needs=("customers/identities",),
            names={
                "is_shop": "false",
                "is_refund": "amount_cents > 0",
                "cents": "-amount_cents",
                "is_counted": "true",
                "scene": "coalesce(scene, 'other')",
            },
        ),
    },
}
"""Family, parent -> how the family reads the parent, where it is more than the parent's own columns."""

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
    ("repayment", "PLAN_MEASURES"): ("cleaned/instalments",),
    ("repayment", "PAYMENT_MEASURES"): ("cleaned/repayments",),
    ("repayment", "reversal_count_365d"): ("cleaned/repayments",),
    ("scenes", "MERCHANT_MEASURES"): ("cleaned/transactions",),
    ("scenes", "TRADE_MEASURES"): ("cleaned/transactions",),
}
"""Family, declaration or one of its columns -> the parents that the measures look at; else all that can be told."""

WORD: Final = re.compile(r"(?<![\w'])[a-z_][a-z0-9_]*(?![\w'(])")
KEYWORDS: Final = frozenset({"true", "false"})


def names_of(condition: str) -> frozenset[str]:
    """The columns that a condition names; its keywords are written in capitals."""
    return frozenset(WORD.findall(re.sub(r"'[^']*'", "", condition))) - KEYWORDS


def told_of(family: Table, parent: Table) -> Told:
    """How the family reads the parent."""
    return TOLD.get(family.name, {}).get(parent.address) or Told()


def can_tell(family: Table, parent: Table, condition: str) -> bool:
    """Whether every name of the condition is a column of the parent, or is told for it."""
    day = ("days_ago",) if parent.address in DAY_OF else ()
    return names_of(condition) <= {*day, *parent.column_names, *told_of(family, parent).names}


@dataclass(frozen=True)
class Moment:
    """What conditions ask for beside the rows: the day, when it ends, and since when a bank knows the customer."""

    as_of: date
    ends_at: datetime
    bank_since: datetime | None = None


@cache
def database() -> duckdb.DuckDBPyConnection:
    """One database in memory: to open another takes longer than to ask it, and what a cursor is given goes with it."""
    return duckdb.connect()


def rows_meant(
    rows_of: Mapping[Table, pa.Table], family: Table, parent: Table, condition: str, moment: Moment
) -> pa.Table:
    """Those of a customer's rows of the parent that the family reads and for which the condition holds.

    rows_of: the customer's rows of the parent and of those that it needs, with `days_ago` where they have a day.
    """
    told, rows = told_of(family, parent), rows_of[parent]
    source = told.source or parent.name
    columns = set(rows.column_names)
    for name, sql in told.names.items():  # each may build on those before
        told_too = f"* REPLACE ({sql} AS {name})" if name in columns else f"*, {sql} AS {name}"
        source = f"(SELECT {told_too} FROM {source} AS given)"
        columns.add(name)
    with database().cursor() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        for name, value in vars(moment).items():
            connection.execute(f"SET VARIABLE {name} = $value", {"value": value})
        for table, of_table in rows_of.items():
            position = pa.array(range(of_table.num_rows), pa.int64())
            connection.register(table.name, of_table.append_column("position", position))
        found = connection.execute(
            f"SELECT position FROM {source} WHERE {told.only} AND ({condition}) ORDER BY position"
        ).fetchall()
    return rows.take(pa.array([position for (position,) in found], pa.int64()))
