"""Vintages: a plan goes bad on the day on which it is sixty days past due, and not before."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import pytest

from demo.report_vintages import vintage_curves

ZONE = "Asia/Shanghai"
Payments = Sequence[tuple[str, str, int, str | None]]


def curve(payments: Payments, today: str = "2025-07-10") -> pd.Series:
    """Of plans of ann and bob opened on 10 January 2025, of 100 cents due on 15 February: 60 days later is 16 April."""
    plans = pd.DataFrame({"plan_id": ["ann", "bob"], "opened_at": pd.to_datetime(["2025-01-10"] * 2).tz_localize(ZONE)})
    owed = pd.DataFrame(
        {
            "plan_id": ["ann", "bob"],
            "instalment_number": 1,
            "schedule_version": 1,
            "due_date": pd.to_datetime("2025-02-15").date(),
            "due_cents": 100,
        }
    )
    names = ["plan_id", "paid_at", "amount_cents", "reverses_repayment_id"]
    paid = pd.DataFrame(list(payments), columns=names).assign(instalment_number=1)
    paid["paid_at"] = pd.to_datetime(paid.paid_at).dt.tz_localize(ZONE)
    [(half, found)] = vintage_curves(plans, owed, paid, pd.Timestamp(today)).items()
    assert half == "2025 H1"
    return found


@pytest.mark.parametrize(
    ("payments", "bad"),
    [
        ([("ann", "2025-02-15 10:00", 100, None), ("bob", "2025-04-15 23:59", 100, None)], 0.0),
        ([("ann", "2025-02-15 10:00", 100, None), ("bob", "2025-04-16 00:00", 100, None)], 0.5),
        ([("ann", "2025-02-15 10:00", 100, None), ("bob", "2025-02-15 10:00", 99, None)], 0.5),
        ([("ann", "2025-02-15 10:00", 100, None), ("ann", "2025-02-17 10:00", 100, "y1")], 1.0),
        ([], 1.0),
    ],
)
def test_a_plan_is_bad_when_the_sixtieth_day_comes_and_not_all_is_paid(payments: Payments, bad: float) -> None:
    found = curve(payments)
    assert list(found.index) == [0, 1, 2, 3, 4, 5]
    assert found[3] == 0.0  # 16 April is more than three months of thirty days and a half after 10 January
    assert found[4] == bad


def test_a_curve_ends_where_the_youngest_plan_does() -> None:
    assert list(curve([], today="2025-03-12").index) == [0, 1, 2]
    assert (curve([], today="2025-03-12") == 0).all()
