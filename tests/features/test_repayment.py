"""repayment: days past due that no missing payment row can hide, and windows to the day."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from pyspark.sql import DataFrame

from jobs.features.repayment import build
from schemas.cleaned.instalments import INSTALMENTS
from schemas.cleaned.repayments import REPAYMENTS
from schemas.customers.identities import IDENTITIES
from schemas.features.repayment import REPAYMENT
from schemas.table import Table
from tests.conftest import TableMaker, rows
from tests.features.random_rows import AS_OF, Row

PARENTS: tuple[Table, ...] = REPAYMENT.built_from  # type: ignore[assignment]


def described(table: TableMaker, instalments: list[Row], repayments: list[Row], *columns: str) -> list[tuple[Any, ...]]:
    names = sorted({row["source_record_id"] for row in instalments})
    identities = [{"source_record_id": name, "customer_id": name.split(":")[1]} for name in names]
    return rows(built(table, instalments, repayments, identities, AS_OF), "customer_id", *columns)


def built(
    table: TableMaker,
    instalments: list[Row],
    repayments: list[Row],
    identities: list[Row],
    as_of: date,
) -> DataFrame:
    given = {INSTALMENTS: instalments, REPAYMENTS: repayments, IDENTITIES: identities}
    return build(*(table(parent, given[parent]) for parent in PARENTS), as_of=as_of)


def owed(name: str, days_before: int, settled_after: int | None = None, **more: Any) -> Row:
    """An instalment of 1000 cents due so many days before AS_OF, paid in full so many days after it was due, or not."""
    due_date = AS_OF - timedelta(days=days_before)
    settled_date = None if settled_after is None else due_date + timedelta(days=settled_after)
    return {
        "plan_id": f"plan of {name}",
        "instalment_number": 1_000 - days_before,
        "source_record_id": f"shop:{name}",
        "plan_opened_at": "2024-01-01",
        "due_date": due_date,
        "due_cents": 1_000,
        "paid_cents": 0 if settled_date is None else 1_000,
        "settled_date": settled_date,
        "schedule_version": 1,
        **more,
    }


def test_t19_who_only_missed_is_as_late_as_the_oldest_due_date_and_never_current(table: TableMaker) -> None:
    instalments = [
        *(owed("ann", days) for days in (95, 65, 35, 5)),
        *(owed("bob", days) for days in (89, 59)),
        owed("cem", 60),
        owed("dia", 59),
        owed("eve", 30),
        owed("fay", 29),
        owed("gus", 1),
        owed("hal", 0),
        owed("ida", -1),
        owed("kim", 90),
    ]
    assert described(table, instalments, [], "days_past_due", "days_past_due_bucket") == [
        ("ann", 95, "90+"),
        ("bob", 89, "60-89"),
        ("cem", 60, "60-89"),
        ("dia", 59, "30-59"),
        ("eve", 30, "30-59"),
        ("fay", 29, "1-29"),
        ("gus", 1, "1-29"),
        ("hal", 0, "current"),
        ("ida", 0, "current"),
        ("kim", 90, "90+"),
    ]


def test_t20_a_payment_taken_back_keeps_the_days_past_due_going(table: TableMaker) -> None:
    instalments = [
        owed("ann", 50),  # paid on the day and bounced: the cleaned instalment is not settled
        owed("bob", 50, settled_after=0, last_paid_at="2026-02-09"),
    ]
    taken_back = {"is_reversal": True, "amount_cents": -1_000}
    repayments = [
        {"repayment_id": "y1", "plan_id": "plan of ann", "paid_at": "2026-02-10", "amount_cents": 1_000},
        {"repayment_id": "y2", "plan_id": "plan of ann", "paid_at": "2026-02-12", **taken_back},
        {"repayment_id": "y3", "plan_id": "plan of ann", "paid_at": "2025-03-31 15:59:59", **taken_back},  # day 365
        {"repayment_id": "y4", "plan_id": "plan of ann", "paid_at": "2025-03-31 16:00:00", **taken_back},  # day 364
        {"repayment_id": "y5", "plan_id": "plan of ann", "paid_at": "2026-03-31 16:00:00", **taken_back},  # tomorrow
    ]
    found = described(table, instalments, repayments, "days_past_due", "reversal_count_365d", "days_since_last_payment")
    assert found == [("ann", 50, 2, None), ("bob", 0, 0, 50)]


def test_t2_a_payment_that_became_known_late_changes_only_the_rows_built_with_it(table: TableMaker) -> None:
    as_known_then = [owed("ann", 12), owed("bob", 40)]
    as_known_later = [owed("ann", 12, settled_after=0, last_paid_at="2026-03-19"), owed("bob", 40)]
    columns = ("days_past_due", "on_time_share_365d")
    assert described(table, as_known_then, [], *columns) == [("ann", 12, 0.0), ("bob", 40, 0.0)]
    assert described(table, as_known_later, [], *columns) == [("ann", 0, 1.0), ("bob", 40, 0.0)]


def test_t21_an_instalment_on_each_edge_of_a_window_is_counted_once(table: TableMaker) -> None:
    instalments = [
        owed("ann", 0, settled_after=0),
        owed("ann", 179, settled_after=2),
        owed("ann", 180, settled_after=30),
        owed("ann", 364, settled_after=7, is_rescheduled=True),
        owed("ann", 365, settled_after=200, is_rescheduled=True),
        owed("ann", -1),
        owed("ann", -30),
        owed("ann", -31),
    ]
    found = described(
        table,
        instalments,
        [],
        "days_past_due_max_180d",
        "days_past_due_max_365d",
        "late_instalment_count_365d",
        "on_time_share_365d",
        "rescheduled_count_365d",
        "due_cents_next_30d",
    )
    assert found == [("ann", 2, 30, 3, 0.25, 1, 2_000)]


def test_early_is_three_days_and_on_time_is_the_due_date_itself(table: TableMaker) -> None:
    instalments = [
        owed("ann", 10, settled_after=-3),
        owed("ann", 11, settled_after=-2),
        owed("ann", 12, settled_after=0),
        owed("ann", 13, settled_after=1),
        owed("bob", 0),  # due on the day and still unpaid: neither on time nor late
        owed("cem", -5, settled_after=-9),  # nothing due yet
    ]
    columns = ("early_share_365d", "on_time_share_365d", "late_instalment_count_365d", "days_past_due_max_180d")
    assert described(table, instalments, [], *columns) == [
        ("ann", 0.25, 0.75, 1, 1),
        ("bob", 0.0, 0.0, 0, 0),
        ("cem", None, None, 0, None),
    ]


def test_a_part_payment_lowers_what_is_owed_but_not_how_late_it_is(table: TableMaker) -> None:
    instalments = [
        owed("ann", 40, paid_cents=400, last_paid_at="2026-03-01 16:00:00"),
        owed("ann", -10, paid_cents=100),
        owed("bob", 40, settled_after=3, paid_cents=1_200, last_paid_at="2026-03-01 15:59:59"),
    ]
    columns = ("unpaid_due_cents", "due_cents_next_30d", "days_past_due", "days_since_last_payment")
    assert described(table, instalments, [], *columns) == [("ann", 600, 900, 40, 29), ("bob", 0, 0, 0, 30)]


def test_a_plan_is_counted_once_however_many_instalments_and_reversals_it_has(table: TableMaker) -> None:
    instalments = [
        *(owed("ann", days, plan_id="p1", plan_opened_at="2025-12-31 16:00:00") for days in (60, 30, 0)),  # day 89
        owed("ann", 61, plan_id="p2", plan_opened_at="2025-12-31 15:59:59"),  # day 90
        owed("ann", -29, plan_id="p3", plan_opened_at="2026-03-31 16:00:00"),  # tomorrow
    ]
    repayments = [
        {"repayment_id": f"y{number}", "plan_id": plan, "paid_at": "2026-03-01", "is_reversal": True}
        for number, plan in enumerate(("p1", "p1", "p2"))
    ]
    columns = ("plan_count", "plan_count_90d", "reversal_count_365d", "due_cents_next_30d")
    assert described(table, instalments, repayments, *columns) == [("ann", 2, 1, 3, 0)]


def test_terms_are_told_by_plan_and_a_date_that_was_moved_even_before_it_is_due(table: TableMaker) -> None:
    """ann has three instalments of one plan and one of another: each rate counts once. bob's only date was moved."""
    instalments = [
        *(owed("ann", days, plan_id="p1", annual_rate=0.0888) for days in (60, 30, 0)),
        owed("ann", 61, plan_id="p2", annual_rate=0.1488),
        owed(
            "bob", -29, annual_rate=0.0, is_rescheduled=True, rescheduled_at="2026-03-30 16:00:00", schedule_version=3
        ),
        owed("cem", 5, annual_rate=None),
    ]
    columns = ("annual_rate_mean", "days_since_last_rescheduled", "schedule_version_max")
    assert described(table, instalments, [], *columns) == [
        ("ann", 0.1188, None, 1),
        ("bob", 0.0, 0, 3),
        ("cem", None, None, 1),
    ]


def test_the_days_between_payments_are_told_and_a_payment_taken_back_is_one_that_was_made(table: TableMaker) -> None:
    instalments = [
        owed("ann", 40, settled_after=-10, paid_cents=1_200),
        owed("bob", 40),
        owed("bob", 100, settled_after=3),
    ]
    days = {
        "ann": ("2026-03-30", "2026-03-10 01:00", "2026-03-10 02:00", "2026-02-28", "2025-03-01"),
        "bob": ("2026-03-01",),
    }
    repayments: list[Row] = [
        {
            "repayment_id": f"{name}{at}",
            "plan_id": f"plan of {name}",
            "source_record_id": f"shop:{name}",
            "paid_at": at,
            "amount_cents": 100,
        }
        for name, moments in days.items()
        for at in moments
    ]
    taken_back = {"repayment_id": "back", "paid_at": "2026-03-20", "is_reversal": True, "amount_cents": -1}
    repayments.append({**repayments[0], **taken_back})
    gaps = (f"payment_gap_days_{kind}_365d" for kind in ("min", "max", "mean", "deviation"))
    found = described(
        table, instalments, repayments, *gaps, "days_before_due_mean_365d", "due_less_paid_cents_mean_365d"
    )
    assert found == [("ann", 10, 20, 15.0, 5.0, 10.0, -200.0), ("bob", None, None, None, None, 0.0, 500.0)]


def test_two_records_of_a_customer_are_described_together(table: TableMaker) -> None:
    instalments = [owed("ann", 40), owed("ann-again", 70)]
    identities = [
        {"source_record_id": record, "customer_id": "ann"} for record in ("shop:ann", "shop:ann-again", "harbour:ann")
    ]
    described_later = built(table, instalments, [], identities, date(2026, 4, 2))
    assert rows(described_later, "customer_id", "plan_count", "days_past_due", "unpaid_due_cents") == [
        ("ann", 2, 72, 2_000)
    ]
