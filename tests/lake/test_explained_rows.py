"""explain shows the rows that a value rests on, and no other: what a job leaves out is left out there, too."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from jobs.explain import explain, feature_of, parents_read
from jobs.explained_rows import can_tell
from jobs.lake import Lake
from jobs.storage_local import LocalStorage
from schemas.cleaned.accounts import ACCOUNTS
from schemas.cleaned.bank_customers import BANK_CUSTOMERS
from schemas.cleaned.browsing_events import BROWSING_EVENTS
from schemas.cleaned.instalments import INSTALMENTS
from schemas.cleaned.purchases import PURCHASES
from schemas.cleaned.refunds import REFUNDS
from schemas.cleaned.shop_users import SHOP_USERS
from schemas.cleaned.transactions import TRANSACTIONS
from schemas.customers.identities import IDENTITIES
from schemas.features.browsing import BOT_EVENTS, BROWSING
from schemas.features.cash_flow import CASH_FLOW
from schemas.features.identity import IDENTITY, RECORD_MEASURES
from schemas.features.purchase_value import PURCHASE_VALUE
from schemas.features.scenes import SCENES_OF_LIFE
from tests.lake.explained_night import NIGHT, publish, settings
from tests.lake.explained_world import ExplainedWorld, total_of
from tests.reference.answer import is_same
from tests.reference.answers import ANSWERED, ANSWERS

RESTS_ON_MORE = {
    **dict.fromkeys(
        ("inflow_cents_sum_30d_last_year", "outflow_cents_sum_30d_last_year"),
        "cash_flow has no row of somebody who moved nothing in the last 180 days",
    ),
    **dict.fromkeys(
        ("own_transfer_cents_sum_90d", "days_since_last_salary"),
        "whether the other account is an own one is told by the movements on it, at whichever bank",
    ),
    "price_level_mean_365d": "what is usual is told by what others pay",
    **dict.fromkeys(
        (
            *(f"payment_gap_days_{what}_365d" for what in ("mean", "deviation", "min", "max")),
            *("reversal_count_365d", "stacked_plan_count", "stacked_plan_count_365d"),
        ),
        "repayment has a row of those with a plan only, and an earlier plan tells whether one is stacked",
    ),
}
"""Columns of which the family asks more than the rows that make the value, and what."""


@pytest.fixture
def shopper(tmp_path: Path) -> Lake:
    """dia, known to harbour since March, sent back what she bought; eve pays rent and puts money aside."""

    def moment(days: int, hour: int = 4) -> datetime:
        return datetime(2026, 4, 1, hour, tzinfo=UTC) - timedelta(days=days)

    made = Lake(LocalStorage(tmp_path / "lake"), tmp_path / "scratch")
    dia, records = {"source_record_id": "shop:dia"}, ("shop:dia", "harbour:dia", "harbour:eve", "meridian:eve")
    publish(
        made,
        IDENTITIES,
        [{"source_record_id": r, "customer_id": r.split(":")[1], "record_since": moment(31)} for r in records],
    )
    publish(
        made,
        PURCHASES,
        [
            {**dia, "order_id": order, "paid_at": moment(days), "net_cents": cents, "scene": scene}
            | {"payment_method": method}
            for order, days, cents, scene, method in (
                ("flight", 9, 300, "travel", "wallet"),
                ("hotel", 8, 50, "travel", "bank_card"),  # harbour has booked it, too
                ("book", 40, 20, "education", "bank_card"),  # before harbour knew her
                ("ferry", 100, 70, "travel", "wallet"),
            )
        ],
    )
    publish(
        made,
        REFUNDS,
        [
            {**dia, "refund_id": f"of {order}", "order_id": order, "refunded_at": moment(2), "amount_cents": cents}
            for order, cents in (("flight", 300), ("hotel", 50), ("book", 5), ("ferry", 70), ("cancelled", 900))
        ],
    )
    paid = {"source_record_id": "harbour:dia", "booked_at": moment(8), "transaction_type": "online"}
    current, savings = (
        {"source_record_id": f"{bank}:eve", "bank_code": bank, "account_id": kind, "account_type": kind}
        for bank, kind in (("harbour", "current"), ("meridian", "savings"))
    )
    publish(
        made,
        TRANSACTIONS,
        [
            {**paid, "transaction_id": "hotel", "amount_cents": -50, "scene": "travel"},
            {**paid, "transaction_id": "of no scene", "amount_cents": -11},
            {**paid, "transaction_id": "cash", "amount_cents": -13, "transaction_type": "cash", "scene": "other"},
            {**current, "transaction_id": "salary", "booked_at": moment(400), "amount_cents": 90}
            | {"transaction_type": "salary", "balance_after_cents": 95},
            *(
                {**of, "transaction_id": f"{what} {month}", "booked_at": moment(30 * month), "amount_cents": cents}
                | {"merchant_id" if what == "given back" else "counterparty_account_id": other}
                | {"balance_after_cents": month if what in ("rent", "saved") else None}
                for month in range(6)
                for what, of, cents, other in (
                    ("rent", current, -30, "landlord"),
                    ("put aside", current, -20, "savings"),
                    ("saved", savings, 20, "current"),
                    ("given back", current, 5, "merchant"),
                )
            ),
        ],
    )
    seen = {
        "by a person": [moment(3, 15), moment(3, 15) + timedelta(minutes=20)],
        "over midnight": [moment(4, 15) + timedelta(minutes=50), moment(4, 16) + timedelta(minutes=5)],
        "by a bot": [moment(2) + timedelta(seconds=second) for second in range(BOT_EVENTS + 1)],
        "without an end": [moment(10) + timedelta(minutes=30 * number) for number in range(50)],
    }
    publish(
        made,
        BROWSING_EVENTS,
        [
            {**dia, "event_id": f"{session} {number}", "session_id": session, "occurred_at": at, "event_type": "view"}
            for session, moments in seen.items()
            for number, at in enumerate(moments)
        ],
    )
    for family in (BROWSING, CASH_FLOW, PURCHASE_VALUE, SCENES_OF_LIFE):
        publish(made, family, [{"customer_id": "dia"}, {"customer_id": "eve"}])
    return made


def shown_of(customer_id: str, column: str, lake: Lake, folder: Path) -> list[str]:
    """The ids of the rows shown, whatever they are of."""
    explained = explain(customer_id, column, NIGHT, lake, settings(folder))
    return [row[parent.key[-1]] for parent, rows in explained.rows for row in rows.to_pylist()]


def test_a_refund_is_shown_with_the_scene_of_its_purchase_and_where_that_is_counted(
    shopper: Lake, tmp_path: Path
) -> None:
    expected = {
        "travel_spend_cents_sum_90d": ["flight", "of flight", "of ferry", "hotel"],
        "education_spend_cents_sum_90d": ["book", "of book"],
        "other_spend_cents_sum_90d": ["of no scene"],
        "all_spend_cents_sum_90d": ["flight", "book", "of flight", "of book", "of ferry", "hotel", "of no scene"],
        "shop_spend_cents_sum_90d": [
            *("hotel", "flight", "book"),
            *("of flight", "of hotel", "of book", "of ferry"),
        ],
        "travel_payment_count_365d": ["flight", "ferry", "hotel"],
    }
    for column, ids in expected.items():
        assert shown_of("dia", column, shopper, tmp_path) == ids, column


def test_the_refund_of_an_order_that_was_cancelled_is_not_shown(shopper: Lake, tmp_path: Path) -> None:
    refunded = ["of flight", "of hotel", "of book", "of ferry"]
    assert shown_of("dia", "refund_count_90d", shopper, tmp_path) == refunded
    bought = ["hotel", "flight", "book"]
    assert shown_of("dia", "net_spend_cents_sum_90d", shopper, tmp_path) == [*bought, *refunded]
    assert "of cancelled" not in shown_of("dia", "monetary_quintile", shopper, tmp_path)


def test_neither_bots_nor_sessions_without_an_end_are_shown_and_a_session_counts_on_the_day_it_ended(
    shopper: Lake, tmp_path: Path
) -> None:
    by_people = ["by a person 1", "by a person 0", "over midnight 1", "over midnight 0"]
    for column in ("view_count_90d", "session_count_7d", "days_since_last_event", "night_share_90d"):
        assert shown_of("dia", column, shopper, tmp_path) == by_people, column


def test_a_record_that_began_after_the_day_and_what_a_partner_says_of_it_is_not_shown(
    shopper: Lake, tmp_path: Path
) -> None:
    since = {"shop:dia": NIGHT, "harbour:dia": NIGHT + timedelta(days=1)}
    publish(
        shopper,
        IDENTITIES,
        [
            {
                "source_record_id": record,
                "customer_id": "dia",
                "record_since": datetime(*day.timetuple()[:3], tzinfo=UTC),
            }
            for record, day in since.items()
        ],
    )
    publish(shopper, SHOP_USERS, [{"source_record_id": "shop:dia"}])
    publish(shopper, BANK_CUSTOMERS, [{"source_record_id": "harbour:dia"}])
    for parent in (ACCOUNTS, INSTALMENTS):
        publish(shopper, parent, [{}])
    publish(shopper, IDENTITY, [{"customer_id": "dia"}])
    assert shown_of("dia", "record_count", shopper, tmp_path) == ["shop:dia", "shop:dia"]


def test_of_movements_those_are_shown_that_the_job_reads_and_of_balances_the_newest(
    shopper: Lake, tmp_path: Path
) -> None:
    rent, given_back = ([f"{what} {month}" for month in range(6)] for what in ("rent", "given back"))
    expected = {
        "recurring_cents_sum_180d": rent,
        "regular_income_cents_sum_180d": [],
        "outflow_cents_sum_180d": [movement for one in zip(rent, given_back, strict=True) for movement in one],
        "days_since_last_salary": [],
        "balance_cents_last": ["rent 0", "saved 0"],
    }
    for column, ids in expected.items():
        assert shown_of("eve", column, shopper, tmp_path) == ids, column


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> ExplainedWorld:
    return ExplainedWorld(tmp_path_factory.mktemp("explained"))


def test_what_is_shown_of_a_value_is_enough_to_compute_it_once_more(world: ExplainedWorld) -> None:
    compared = 0
    for family in ANSWERED:
        again = world.values_of_what_is_shown(family)
        for shown in (shown for shown in world.shown if shown.family is family):
            told = {feature.column.name for feature in shown.features} & set(ANSWERS[family.name].columns(family))
            for name in told - RESTS_ON_MORE.keys():
                value, computed = shown.values[name], again.get(shown.number, {}).get(name)
                assert is_same(value, computed) or not (value or computed), (name, shown.customer_id, value, computed)
                compared += bool(value)
    assert compared > 300


def test_what_is_shown_of_a_sum_or_a_count_adds_up_to_it(world: ExplainedWorld) -> None:
    added: dict[str, int | None] = {}
    for shown in world.shown:
        for feature in shown.features:
            total = total_of(feature, shown.rows)
            if total is not None:
                value = shown.values[feature.column.name] or 0
                assert total == value, (feature.column.name, shown.customer_id, shown.rows)
                added[feature.column.name] = value or added.get(feature.column.name)
    assert len(added) > 160
    assert len([name for name, value in added.items() if value]) > 130


def test_every_condition_can_be_told_over_a_parent_of_its_family() -> None:
    for family in ANSWERED:
        for feature in filter(None, (feature_of(family, name) for name in family.column_names)):
            parents = parents_read(family, feature)
            assert any(can_tell(family, parent, feature.rows) for parent in parents) or feature in RECORD_MEASURES, (
                feature
            )
