"""What holds for every family: nothing after the day is seen, the order of rows cannot show, empty stays empty."""

from __future__ import annotations

from importlib import import_module

import pytest

from schemas.cleaned.accounts import ACCOUNTS
from schemas.cleaned.browsing_events import BROWSING_EVENTS
from schemas.cleaned.credit_accounts import CREDIT_ACCOUNTS
from schemas.cleaned.ended_orders import ENDED_ORDERS
from schemas.cleaned.instalments import INSTALMENTS
from schemas.cleaned.purchase_lines import PURCHASE_LINES
from schemas.cleaned.purchases import PURCHASES
from schemas.cleaned.refunds import REFUNDS
from schemas.cleaned.repayments import REPAYMENTS
from schemas.cleaned.statements import STATEMENTS
from schemas.cleaned.transactions import TRANSACTIONS
from schemas.cleaned.transfers import TRANSFERS as PAYMENTS
from schemas.customers.identities import IDENTITIES
from schemas.edges.favours import FAVOURS
from schemas.edges.identifier_holders import IDENTIFIER_HOLDERS
from schemas.edges.shared_identifiers import SHARED_IDENTIFIERS
from schemas.edges.transfers import TRANSFERS
from schemas.families import FAMILIES
from schemas.table import Table
from tests.conftest import TableMaker, rows
from tests.features.random_rows import AS_OF, RandomRows

MOMENT_OF = {
    ACCOUNTS: "opened_at",
    BROWSING_EVENTS: "occurred_at",
    CREDIT_ACCOUNTS: "opened_at",
    ENDED_ORDERS: "ended_at",
    FAVOURS: "first_seen_at",
    IDENTIFIER_HOLDERS: "first_seen_at",
    IDENTITIES: "record_since",
    INSTALMENTS: "plan_opened_at",
    PAYMENTS: "transferred_at",
    PURCHASES: "paid_at",
    PURCHASE_LINES: "paid_at",
    REFUNDS: "refunded_at",
    REPAYMENTS: "paid_at",
    SHARED_IDENTIFIERS: "first_seen_at",
    STATEMENTS: "published_at",
    TRANSACTIONS: "booked_at",
    TRANSFERS: "first_transferred_at",
}


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.name)
def test_t1_t17_neither_rows_after_as_of_nor_the_order_of_rows_nor_partitions_nor_compiled_plans_show(
    table: TableMaker, compiled_table: TableMaker, family: Table
) -> None:
    build = import_module(f"jobs.features.{family.name}").build
    parents: tuple[Table, ...] = family.built_from  # type: ignore[assignment]
    random_rows = RandomRows(seed=1)
    by_as_of = random_rows.by(parents, moments=MOMENT_OF)
    with_future = {parent: random_rows.rows[parent] for parent in parents}
    for parent in MOMENT_OF.keys() & set(parents):
        assert len(with_future[parent]) > len(by_as_of[parent]), f"no row of {parent.address} lies in the future"

    seen = build(*(table(parent, by_as_of[parent]) for parent in parents), as_of=AS_OF)
    spread = (compiled_table(parent, with_future[parent][::-1]).repartition(3) for parent in parents)
    seen_with_all_that = build(*spread, as_of=AS_OF)

    described = rows(seen, *family.column_names)
    assert len(described) >= 4
    assert rows(seen_with_all_that, *family.column_names) == described


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.name)
def test_without_any_row_a_family_is_empty_and_has_the_types_of_its_contract(table: TableMaker, family: Table) -> None:
    build = import_module(f"jobs.features.{family.name}").build
    built = build(*(table(parent, []) for parent in family.built_from), as_of=AS_OF)  # type: ignore[arg-type]
    assert rows(built, *family.column_names) == []
    types = dict(built.select(*family.column_names).dtypes)
    assert types == {column.name: column.type for column in family.columns}
