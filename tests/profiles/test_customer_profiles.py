"""customer_profiles: every customer known by the day once, with every family's columns."""

from __future__ import annotations

from datetime import date

from jobs.profiles.customer_profiles import build
from schemas.customers.customers import CUSTOMERS
from schemas.families import FAMILIES
from schemas.features.cash_flow import CASH_FLOW
from schemas.features.promises import PROMISES
from schemas.features.purchase_value import PURCHASE_VALUE
from schemas.features.repayment import REPAYMENT
from schemas.profiles.customer_profiles import CUSTOMER_PROFILES, SIDES
from schemas.table import Table
from tests.conftest import GivenRows, TableMaker, rows

AS_OF = date(2026, 3, 31)


def families(table: TableMaker, given: dict[Table, GivenRows]) -> list:  # type: ignore[type-arg]
    return [table(family, given.get(family, [])) for family in FAMILIES]


def test_a_customer_without_a_row_in_a_family_holds_null_there_and_keeps_the_other_families(table: TableMaker) -> None:
    customers = table(CUSTOMERS, [{"customer_id": name} for name in ("ann", "bob", "cem")])
    given: dict[Table, GivenRows] = {
        PURCHASE_VALUE: [
            {"customer_id": "ann", "purchase_count_30d": 3},
            {"customer_id": "bob", "purchase_count_30d": 0},
            {"customer_id": "a customer nobody lists", "purchase_count_30d": 9},
        ],
        REPAYMENT: [{"customer_id": "bob", "days_past_due": 12}],
    }
    profiles = build(customers, *families(table, given), as_of=AS_OF)
    assert rows(profiles, "customer_id", "purchase_count_30d", "days_past_due") == [
        ("ann", 3, None),
        ("bob", 0, 12),
        ("cem", None, None),
    ]


def test_t3_a_customer_of_tomorrow_has_no_profile_today(table: TableMaker) -> None:
    customers = table(
        CUSTOMERS,
        [
            {"customer_id": "ann", "known_since_date": "2026-03-31"},
            {"customer_id": "bob", "known_since_date": "2026-04-01"},
        ],
    )
    profiles = build(customers, *families(table, {}), as_of=AS_OF)
    assert rows(profiles, "customer_id") == [("ann",)]


def test_every_column_of_every_family_is_in_the_profile_and_may_be_null_there(table: TableMaker) -> None:
    profiles = build(table(CUSTOMERS, []), *families(table, {}), as_of=AS_OF)
    assert set(profiles.columns) >= set(CUSTOMER_PROFILES.column_names)
    for family in FAMILIES:
        for column in family.columns:
            if column.name != "customer_id":
                in_profile = CUSTOMER_PROFILES.column(column.name)
                assert in_profile.type == column.type
                assert family.grain in in_profile.missing


def test_a_family_that_is_added_needs_no_edit_of_the_job(table: TableMaker) -> None:
    new_family = table(PURCHASE_VALUE, [{"customer_id": "ann", "purchase_count_30d": 3}])
    others = [table(family, []) for family in FAMILIES if family is not PURCHASE_VALUE]
    profiles = build(table(CUSTOMERS, [{"customer_id": "ann"}]), *others, new_family, as_of=AS_OF)
    assert rows(profiles, "customer_id", "purchase_count_30d") == [("ann", 3)]


def test_who_is_known_from_few_sides_has_a_thin_profile_and_nothing_due_is_no_burden(table: TableMaker) -> None:
    customers = table(CUSTOMERS, [{"customer_id": name} for name in ("ann", "bob", "cem", "dia")])
    given: dict[Table, GivenRows] = {
        # who knows somebody, holds a number or is somebody's neighbour is not known for that
        **{family: [{"customer_id": "cem"}] for family in FAMILIES if family not in SIDES},
        PURCHASE_VALUE: [
            {"customer_id": "ann", "purchase_count_365d": 1},
            {"customer_id": "bob", "purchase_count_365d": 1},
            {"customer_id": "cem", "purchase_count_365d": 0},  # bought long ago
        ],
        CASH_FLOW: [
            {"customer_id": "ann", "inflow_cents_sum_180d": 600_000},
            {"customer_id": "bob", "inflow_cents_sum_180d": 600_000},
        ],
        PROMISES: [
            {"customer_id": "ann", "credit_line_cents_sum": 1_000_000},
            {"customer_id": "bob", "credit_line_cents_sum": 1_000_000},  # nothing is known of what he owes
            {"customer_id": "dia", "credit_line_cents_sum": 0},  # blocked
        ],
        REPAYMENT: [
            {"customer_id": "ann", "due_cents_next_30d": 25_000, "outstanding_cents": 250_000},
            {"customer_id": "dia", "due_cents_next_30d": 25_000, "outstanding_cents": 250_000},
        ],
    }
    profiles = build(customers, *families(table, given), as_of=AS_OF)
    ratios = ("debt_service_ratio", "debt_to_inflow_ratio", "credit_line_utilisation_ratio")
    assert rows(profiles, "customer_id", "known_side_count", "is_thin_profile", *ratios) == [
        ("ann", 3, False, 0.25, 2.5, 0.25),
        ("bob", 2, True, None, None, None),
        ("cem", 0, True, None, None, None),
        ("dia", 1, True, None, None, None),
    ]
