"""promises: cards, lines of credit and orders, of customers with a plan and without."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from pyspark.sql import DataFrame

from jobs.features.promises import build
from schemas.cleaned.credit_accounts import CREDIT_ACCOUNTS
from schemas.cleaned.ended_orders import ENDED_ORDERS
from schemas.cleaned.statements import STATEMENTS
from schemas.customers.identities import IDENTITIES
from schemas.features.promises import PROMISES
from schemas.table import Table
from tests.conftest import TableMaker, rows
from tests.features.random_rows import AS_OF, Row

PARENTS: tuple[Table, ...] = PROMISES.built_from  # type: ignore[assignment]
NAMES = ("ann", "bob", "cem", "dia")


def built(table: TableMaker, given: Mapping[Table, list[Row]]) -> DataFrame:
    """As of AS_OF; ann has a second record."""
    records = {f"{partner}:{name}": name for partner in ("shop", "harbour") for name in NAMES}
    identities = [
        {"source_record_id": record, "customer_id": name}
        for record, name in {**records, "shop:ann-again": "ann"}.items()
    ]
    filled = {**given, IDENTITIES: identities}
    return build(*(table(parent, filled.get(parent, [])) for parent in PARENTS), as_of=AS_OF)


def order(name: str, ended_at: str, ending: str = "delivered", **more: Any) -> Row:
    method = more.pop("payment_method", "cash_on_delivery")
    return {
        "order_id": f"{name} {ended_at}",
        "source_record_id": f"shop:{name}",
        "ended_at": ended_at,
        "ending": ending,
        "payment_method": method,
        "net_cents": 7,
        **more,
    }


def test_who_has_a_card_a_line_or_an_order_only_is_known_by_it_and_not_by_the_others(table: TableMaker) -> None:
    statement = {
        "bank_code": "harbour",
        "account_id": "a",
        "statement_id": "s",
        "source_record_id": "harbour:ann",
        "statement_date": date(2026, 3, 1),
        "due_date": date(2026, 3, 21),
        "published_at": "2026-03-02",
        "balance_cents": 300,
        "credit_limit_cents": 1_200,
        "minimum_due_cents": 50,
        "paid_cents": 50,
    }
    line = {"credit_account_id": "c", "opened_at": "2026-03-31 15:59:59", "limit_cents": 2_000}
    found = built(
        table,
        {
            STATEMENTS: [
                statement,
                {**statement, "statement_id": "s-1", "statement_date": date(2026, 2, 1), "balance_cents": 1_201},
                {**statement, "statement_id": "s-2", "statement_date": date(2026, 1, 1), "balance_cents": 1_200},
            ],
            CREDIT_ACCOUNTS: [
                {**line, "source_record_id": "shop:bob"},
                {**line, "source_record_id": "shop:dia", "opened_at": "2026-03-31 16:00:00"},  # tomorrow
            ],
            ENDED_ORDERS: [order("cem", "2026-03-01"), order("dia", "2026-03-31 16:00:00")],
        },
    )
    over_limit = "over_limit_statement_count_365d"
    assert rows(found, "customer_id", over_limit) == [("ann", 1), ("bob", 0), ("cem", 0)]
    columns = ("card_utilisation_ratio_last_1", "minimum_paid_share_365d", "credit_line_cents_sum")
    assert rows(found, "customer_id", *columns, "refused_delivery_count", "cancelled_order_share_365d") == [
        ("ann", 0.25, 1.0, None, 0, None),
        ("bob", None, None, 2_000, 0, None),
        ("cem", None, None, None, 0, 0.0),
    ]


def test_lines_of_two_records_are_one_and_a_blocked_one_grants_nothing(table: TableMaker) -> None:
    line = {"opened_at": "2024-01-01", "limit_cents": 2_000}
    lines = [
        {**line, "credit_account_id": "a1", "source_record_id": "shop:ann"},
        {**line, "credit_account_id": "a2", "source_record_id": "shop:ann-again"},
        {**line, "credit_account_id": "c1", "source_record_id": "shop:cem", "limit_cents": 0},
        {**line, "credit_account_id": "x1", "source_record_id": "shop:nobody"},
    ]
    found = built(table, {CREDIT_ACCOUNTS: lines})
    assert rows(found, "customer_id", "credit_line_cents_sum") == [("ann", 4_000), ("cem", 0)]


def test_t1_t34_a_refusal_at_the_door_is_counted_once_on_its_local_day(table: TableMaker) -> None:
    doors = {"ann": ("2025-03-31 15:59:59", "2025-03-31 16:00:00", "2026-03-31 15:59:59"), "bob": ("2026-03-31 16:00",)}
    orders = [
        *(order(name, at, "refused") for name, moments in doors.items() for at in moments),
        order("bob", "2026-01-01", payment_method="wallet"),
        order("ann-again", "2026-01-01", net_cents=90),
        order("cem", "2025-01-01", "refused"),
        order("cem", "2026-01-01", "cancelled"),  # nobody came to the door
        order("cem", "2026-01-02", "refused", payment_method="wallet"),  # paid before
    ]
    columns = ("refused_delivery_count", "refused_delivery_count_365d", "refused_delivery_cents_sum_365d")
    told = ("refused_delivery_share_365d", "days_since_last_refused_delivery")
    assert rows(built(table, {ENDED_ORDERS: orders}), "customer_id", *columns, *told) == [
        ("ann", 3, 2, 14, 2 / 3, 0),
        ("bob", 0, 0, 0, None, None),
        ("cem", 1, 0, 0, None, 454),
    ]


def test_cancelled_orders_are_counted_over_all_that_ended_however_they_were_to_be_paid(table: TableMaker) -> None:
    orders = [
        order("ann", "2026-03-31", "cancelled", payment_method="wallet", is_paid=True),
        order("ann", "2025-12-31", "cancelled"),  # the 91st day
        order("ann", "2025-12-31 16:00:00", "refused"),
        order("ann-again", "2025-12-01"),
        order("ann", "2025-03-31", "cancelled", is_paid=True),  # a year and a day ago
        order("bob", "2026-03-31"),
        order("cem", "2024-03-31", "cancelled"),
    ]
    counts = ("cancelled_order_count", "cancelled_order_count_365d", "cancelled_order_count_90d")
    told = ("cancelled_paid_order_count_365d", "cancelled_order_share_365d", "days_since_last_cancelled_order")
    assert rows(built(table, {ENDED_ORDERS: orders}), "customer_id", *counts, *told) == [
        ("ann", 3, 2, 1, 1, 0.5, 0),
        ("bob", 0, 0, 0, 0, 0.0, None),
        ("cem", 1, 0, 0, 0, None, 730),
    ]
