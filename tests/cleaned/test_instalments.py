"""What is due and what had been paid by the day: each scenario is one instalment of 1 000 cents with a telling name."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from pyspark.sql import DataFrame

from jobs.cleaned.instalments import build
from schemas.captured.shop_credit_accounts import SHOP_CREDIT_ACCOUNTS
from schemas.captured.shop_credit_instalments import SHOP_CREDIT_INSTALMENTS
from schemas.captured.shop_credit_plans import SHOP_CREDIT_PLANS
from schemas.cleaned.repayments import REPAYMENTS
from tests.cleaned.layouts import PARTITIONS
from tests.conftest import TableMaker, rows

AS_OF = date(2026, 3, 31)

Row = dict[str, Any]


def due(plan: str, due_date: str = "2026-03-10", version: int = 1, published: str = "2026-01-01", **more: Any) -> Row:
    return {
        "plan_id": plan,
        "instalment_number": 1,
        "schedule_version": version,
        "due_date": due_date,
        "published_at": published,
        "due_cents": 1_000,
        **more,
    }


def pay(plan: str, paid_at: str, cents: int = 1_000, name: str = "a", reverses: str | None = None) -> Row:
    return {
        "repayment_id": f"{plan} {name}",
        "plan_id": plan,
        "instalment_number": 1,
        "paid_at": paid_at,
        "amount_cents": -cents if reverses else cents,
        "is_reversal": reverses is not None,
        "reverses_repayment_id": f"{plan} {reverses}" if reverses else None,
    }


def built(table: TableMaker, versions: list[Row], payments: list[Row], partitions: int = 1) -> DataFrame:
    accounts = table(SHOP_CREDIT_ACCOUNTS, [{"credit_account_id": "c1", "shop_user_id": "ann"}])
    names = sorted({row["plan_id"] for row in versions} - {"unknown plan"})
    plans = table(SHOP_CREDIT_PLANS, [{"plan_id": name, "credit_account_id": "c1"} for name in names])
    return build(
        table(SHOP_CREDIT_INSTALMENTS, versions).repartition(partitions),
        plans,
        accounts,
        table(REPAYMENTS, payments).repartition(partitions),
        as_of=AS_OF,
    )


def test_the_due_date_in_force_never_moves_once_it_has_passed(table: TableMaker) -> None:
    versions = [
        due("never moved"),
        due("moved in time"),
        due("moved in time", "2026-04-10", version=2, published="2026-03-10 15:59:59"),  # the due day's last second
        due("moved too late"),
        due("moved too late", "2026-04-10", version=2, published="2026-03-10 16:00:00"),
        due("late twice"),  # the refused second version opens no door for a third
        due("late twice", "2026-04-10", version=2, published="2026-03-12"),
        due("late twice", "2026-05-10", version=3, published="2026-03-20"),
        due("moved twice in time"),
        due("moved twice in time", "2026-03-25", version=2, published="2026-03-05"),
        due("moved twice in time", "2026-04-25", version=3, published="2026-03-20"),
        due("moved after the day", "2026-04-05"),  # T1: published in April, not known in March
        due("moved after the day", "2026-05-05", version=2, published="2026-03-31 16:00:00"),
        due("not published yet", published="2026-03-31 16:00:00"),
        due("second delivery", captured_date="2026-01-01"),
        due("second delivery", "2026-03-11", captured_date="2026-01-02"),
        due("other amount only"),
        due("other amount only", version=2, published="2026-03-01", due_cents=800),
    ]
    found = built(table, versions, []).selectExpr(
        "plan_id",
        "string(due_date)",
        "string(first_due_date)",
        "due_cents",
        "schedule_version",
        "is_rescheduled",
        "string(date(rescheduled_at))",
    )
    assert rows(found, *found.columns) == [
        ("late twice", "2026-03-10", "2026-03-10", 1_000, 1, False, None),
        ("moved after the day", "2026-04-05", "2026-04-05", 1_000, 1, False, None),
        ("moved in time", "2026-04-10", "2026-03-10", 1_000, 2, True, "2026-03-10"),
        ("moved too late", "2026-03-10", "2026-03-10", 1_000, 1, False, None),
        ("moved twice in time", "2026-04-25", "2026-03-10", 1_000, 3, True, "2026-03-20"),
        ("never moved", "2026-03-10", "2026-03-10", 1_000, 1, False, None),
        ("other amount only", "2026-03-10", "2026-03-10", 800, 2, False, None),
        ("second delivery", "2026-03-11", "2026-03-11", 1_000, 1, False, None),
    ]


PAYMENTS = [
    pay("on the last second", "2026-03-31 15:59:59"),
    pay("after the day", "2026-03-31 16:00:00"),
    pay("in two parts", "2026-03-05", 400),
    pay("in two parts", "2026-03-08 16:00:00", 600, "b"),  # the 9th, local
    pay("in part", "2026-03-05", 999),
    pay("bounced", "2026-03-05"),
    pay("bounced", "2026-03-07", name="r", reverses="a"),
    pay("bounced after the day", "2026-03-05"),
    pay("bounced after the day", "2026-04-01", name="r", reverses="a"),
    pay("bounced, then paid", "2026-03-05"),
    pay("bounced, then paid", "2026-03-07", name="r", reverses="a"),
    pay("bounced, then paid", "2026-03-20", name="b"),
    pay("paid twice, once given back", "2026-03-05"),
    pay("paid twice, once given back", "2026-03-06", name="b"),
    pay("paid twice, once given back", "2026-03-09", name="r", reverses="b"),
    pay("paid and reversed in one moment", "2026-03-05"),
    pay("paid and reversed in one moment", "2026-03-09", name="z"),
    pay("paid and reversed in one moment", "2026-03-09", name="r", reverses="z"),
    pay("unknown plan", "2026-03-05"),
]
PAID = [
    ("after the day", 0, None, None),
    ("bounced", 0, None, None),  # T20: what came back was never paid
    ("bounced after the day", 1_000, "2026-03-05", "2026-03-05"),
    ("bounced, then paid", 1_000, "2026-03-20", "2026-03-20"),
    ("in part", 999, "2026-03-05", None),
    ("in two parts", 1_000, "2026-03-08", "2026-03-09"),
    ("never paid", 0, None, None),  # T19: no payment row, and yet a row here
    ("on the last second", 1_000, "2026-03-31", "2026-03-31"),
    ("paid and reversed in one moment", 1_000, "2026-03-05", "2026-03-05"),
    ("paid twice, once given back", 1_000, "2026-03-05", "2026-03-05"),
    ("unknown plan", 1_000, "2026-03-05", "2026-03-05"),
]


@pytest.mark.parametrize("partitions", PARTITIONS)
def test_t19_t20_an_instalment_counts_as_paid_only_while_payments_less_reversals_cover_it(
    table: TableMaker, partitions: int
) -> None:
    payments = PAYMENTS if partitions == 1 else PAYMENTS[::-1]
    versions = [due(name) for name, *_ in PAID]
    found = built(table, versions, payments, partitions).selectExpr(
        "plan_id", "paid_cents", "string(date(last_paid_at)) as last_paid", "string(settled_date)"
    )
    assert rows(found, *found.columns) == PAID


def test_an_instalment_of_a_plan_not_delivered_yet_is_due_all_the_same(table: TableMaker) -> None:
    found = built(table, [due("known plan"), due("unknown plan")], [])
    assert rows(found, "plan_id", "source_record_id", "instalment_count", "due_cents") == [
        ("known plan", "shop:ann", 0, 1_000),
        ("unknown plan", None, None, 1_000),
    ]


def test_an_instalment_over_nothing_is_settled_from_its_publication(table: TableMaker) -> None:
    found = built(table, [due("waived", due_cents=0, published="2026-01-05 16:00:00")], [])
    assert rows(found, "settled_date", "paid_cents") == [(date(2026, 1, 6), 0)]


def test_without_a_schedule_nothing_is_due(table: TableMaker) -> None:
    assert rows(built(table, [], [pay("ann", "2026-03-05")]), "plan_id") == []
