"""explain: the meaning, the formula and exactly the source rows behind a published value."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from jobs.errors import ExitCode
from jobs.explain import OlderNightError, UnknownColumnError, UnknownCustomerError, explain, feature_of, parents_read
from jobs.explained_rows import can_tell
from jobs.inputs import night
from jobs.lake import Lake
from jobs.settings import Settings, read_settings
from jobs.storage_local import LocalStorage
from schemas.cleaned.accounts import ACCOUNTS
from schemas.cleaned.bank_customers import BANK_CUSTOMERS
from schemas.cleaned.browsing_events import BROWSING_EVENTS
from schemas.cleaned.credit_accounts import CREDIT_ACCOUNTS
from schemas.cleaned.ended_orders import ENDED_ORDERS
from schemas.cleaned.instalments import INSTALMENTS
from schemas.cleaned.purchases import PURCHASES
from schemas.cleaned.refunds import REFUNDS
from schemas.cleaned.repayments import REPAYMENTS
from schemas.cleaned.shop_users import SHOP_USERS
from schemas.cleaned.statements import STATEMENTS
from schemas.cleaned.transactions import TRANSACTIONS
from schemas.cleaned.transfers import TRANSFERS as PAYMENTS
from schemas.customers.identities import IDENTITIES
from schemas.edges.favours import FAVOURS
from schemas.edges.identifier_holders import IDENTIFIER_HOLDERS
from schemas.edges.shared_identifiers import SHARED_IDENTIFIERS
from schemas.edges.transfers import TRANSFERS
from schemas.features.browsing import BOT_EVENTS, BROWSING
from schemas.features.cash_flow import CASH_FLOW
from schemas.features.default_influence import DEFAULT_INFLUENCE
from schemas.features.identifier_risk import IDENTIFIER_RISK
from schemas.features.identity import IDENTITY, RECORD_MEASURES
from schemas.features.money_flows import MONEY_FLOWS
from schemas.features.neighbourhood import NEIGHBOURHOOD
from schemas.features.promises import PROMISES
from schemas.features.purchase_value import PURCHASE_VALUE
from schemas.features.repayment import REPAYMENT
from schemas.features.scenes import SCENES_OF_LIFE
from schemas.profiles.customer_profiles import CUSTOMER_PROFILES
from schemas.table import Table
from tests.conftest import GivenRows
from tests.lake.explained_world import ExplainedWorld, total_of
from tests.published_rows import publish_rows
from tests.reference.answer import is_same
from tests.reference.answers import ANSWERED, ANSWERS

NIGHT = date(2026, 4, 1)

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


def settings(folder: Path) -> Settings:
    return read_settings(
        {
            "NIGHTLEDGER_LAKE": str(folder / "lake"),
            "NIGHTLEDGER_SCRATCH": str(folder / "scratch"),
            "NIGHTLEDGER_FIRST_BUSINESS_DATE": str(NIGHT),
        }
    )


def publish(lake: Lake, table: Table, given: GivenRows, without: Sequence[str] = ()) -> None:
    publish_rows(lake, table, night(NIGHT), given, without=without)


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    made = Lake(LocalStorage(tmp_path / "lake"), tmp_path / "scratch")
    publish(made, IDENTITIES, [{"source_record_id": f"shop:{n}", "customer_id": n} for n in ("ann", "bob")])
    moments = {
        "first day": datetime(2026, 3, 2, 16, tzinfo=UTC),  # midnight of 3 March in Shanghai: day 29 before
        "too early": datetime(2026, 3, 2, 15, 59, 59, tzinfo=UTC),
        "last second": datetime(2026, 4, 1, 15, 59, 59, tzinfo=UTC),
        "tomorrow": datetime(2026, 4, 1, 16, tzinfo=UTC),
    }
    bought = [{"order_id": o, "source_record_id": "shop:ann", "paid_at": at} for o, at in moments.items()]
    publish(made, PURCHASES, [*bought, {**bought[0], "order_id": "of bob", "source_record_id": "shop:bob"}])
    publish(made, REFUNDS, [{"refund_id": "r", "source_record_id": "shop:bob", "refunded_at": moments["first day"]}])
    publish(made, PURCHASE_VALUE, [{"customer_id": "ann", "purchase_count_30d": 2}])
    return made


def test_a_value_is_told_with_its_meaning_its_formula_and_the_rows_of_its_window(lake: Lake, tmp_path: Path) -> None:
    explained = explain("ann", "purchase_count_30d", NIGHT, lake, settings(tmp_path))
    assert explained.value == 2
    of_parent = {parent.name: rows for parent, rows in explained.rows}
    assert of_parent["purchases"]["order_id"].to_pylist() == ["last second", "first day"]
    assert of_parent["refunds"].num_rows == 0
    text = "\n".join(explained.lines())
    assert "purchase_count_30d = 2" in text
    assert "purchases paid in the last 30 days" in text
    assert "2026-03-03 to 2026-04-01" in text
    assert "count(1) FILTER (WHERE is_purchase AND days_ago BETWEEN 0 AND 29)" in text
    assert "_token" not in text


def test_a_lifetime_value_rests_on_every_row_up_to_the_day(lake: Lake, tmp_path: Path) -> None:
    explained = explain("ann", "days_since_first_purchase", NIGHT, lake, settings(tmp_path))
    [orders] = [rows["order_id"].to_pylist() for parent, rows in explained.rows if parent == PURCHASES]
    assert orders == ["last second", "first day", "too early"]


def test_what_is_not_there_is_named(lake: Lake, tmp_path: Path) -> None:
    with pytest.raises(UnknownColumnError, match="purchase_count_30d"):
        explain("ann", "purchase_number", NIGHT, lake, settings(tmp_path))
    with pytest.raises(UnknownCustomerError, match=r"features/purchase_value 2026-04-01: has no row"):
        explain("bob", "purchase_count_30d", NIGHT, lake, settings(tmp_path))


@pytest.fixture
def tied(lake: Lake) -> Lake:
    """ann holds a phone with bob, pays bob and owes; every token is spelled so that it would be seen."""
    token = {"identifier": "PLANTED", "identifier_type": "phone"}
    publish(lake, IDENTIFIER_HOLDERS, [{**token, "customer_id": "ann"}, {**token, "customer_id": "bob"}])
    publish(lake, SHARED_IDENTIFIERS, [{"first_customer_id": "ann", "second_customer_id": "bob"}])
    pairs = [("ann", "bob"), ("bob", "ann"), ("bob", "cem")]
    publish(lake, TRANSFERS, [{"payer_customer_id": one, "payee_customer_id": other} for one, other in pairs])
    publish(lake, FAVOURS, [{"giver_customer_id": "bob", "receiver_customer_id": "ann"}])
    days = {"in": datetime(2026, 3, 20, tzinfo=UTC), "before": datetime(2026, 2, 20, tzinfo=UTC)}
    paid = [
        {"payer_source_record_id": "shop:ann", "transaction_id": name, "transferred_at": d} for name, d in days.items()
    ]
    publish(lake, PAYMENTS, [*paid, {**paid[0], "payer_source_record_id": "harbour:bob", "transaction_id": "of bob"}])
    plan = {"source_record_id": "shop:ann", "due_date": date(2026, 5, 1), "plan_opened_at": days["in"]}
    old = {**plan, "plan_id": "old", "due_date": date(2026, 3, 20), "plan_opened_at": datetime(2025, 12, 1, tzinfo=UTC)}
    publish(lake, INSTALMENTS, [{**plan, "plan_id": "new"}, old])
    publish(
        lake,
        ENDED_ORDERS,
        [
            {"source_record_id": "shop:ann", "order_id": name, "ended_at": days["before"], "ending": name}
            | {"payment_method": "cash_on_delivery"}
            for name in ("refused", "cancelled", "delivered")
        ],
    )
    for parent in (REPAYMENTS, STATEMENTS, ACCOUNTS, CREDIT_ACCOUNTS):
        publish(lake, parent, [{}])  # one row of nobody
    for family in (DEFAULT_INFLUENCE, IDENTIFIER_RISK, MONEY_FLOWS, NEIGHBOURHOOD, PROMISES, REPAYMENT):
        publish(lake, family, [{"customer_id": "ann"}])
    return lake


def test_a_night_from_before_a_column_says_how_to_get_it(tmp_path: Path) -> None:
    made = Lake(LocalStorage(tmp_path / "lake"), tmp_path / "scratch")
    publish(made, PURCHASE_VALUE, [{"customer_id": "ann"}], without=["recency_quintile_of_cohort"])
    with pytest.raises(OlderNightError) as caught:
        explain("ann", "recency_quintile_of_cohort", NIGHT, made, settings(tmp_path))
    assert str(caught.value) == (
        "features/purchase_value 2026-04-01: built before it had recency_quintile_of_cohort; build it again: "
        "python -m jobs.run features/purchase_value --business-date 2026-04-01"
    )
    assert caught.value.exit_code == ExitCode.BAD_INPUT


def test_no_family_tells_a_token_and_those_about_others_tell_ties_instead_of_the_own_instalments(
    tied: Lake, tmp_path: Path
) -> None:
    columns = {
        "default_influence": {"edges/transfers": 2, "edges/shared_identifiers": 1},
        "identifier_default_share_max": {"edges/identifier_holders": 1},
        "late_neighbour_share": {"edges/transfers": 2, "edges/shared_identifiers": 1, "edges/favours": 1},
        "passed_on_share_30d": {"cleaned/transfers": 1},
        "plan_count_30d": {"cleaned/instalments": 1},
    }
    for column, expected in columns.items():
        explained = explain("ann", column, NIGHT, tied, settings(tmp_path))
        found = {parent.address: rows.num_rows for parent, rows in explained.rows}
        text = "\n".join(explained.lines())
        assert {address: found[address] for address in expected} == expected, column
        assert "PLANTED" not in text
        assert ("cleaned/instalments" in found) == (column == "plan_count_30d")
        assert "cleaned/accounts" not in found, "a neighbour has the card"
    [opened] = [rows["plan_id"].to_pylist() for parent, rows in explained.rows if parent == INSTALMENTS]
    assert opened == ["new"]


def test_what_is_still_to_come_is_shown_where_a_value_rests_on_it(tied: Lake, tmp_path: Path) -> None:
    instalments = {
        "remaining_instalment_share": ["new", "old"],
        "outstanding_cents": ["new", "old"],
        "due_cents_next_30d": ["new"],
        "unpaid_due_cents": ["old"],
    }
    for column, expected in instalments.items():
        explained = explain("ann", column, NIGHT, tied, settings(tmp_path))
        found = dict(explained.rows)
        assert found[INSTALMENTS]["plan_id"].to_pylist() == expected, column
        assert REPAYMENTS not in found, "no instalment"


def test_of_the_orders_that_ended_those_are_shown_that_the_number_means(tied: Lake, tmp_path: Path) -> None:
    expected = {
        "refused_delivery_count_365d": ["refused"],
        "refused_delivery_share_365d": ["refused", "delivered"],
        "cancelled_order_count_365d": ["cancelled"],
        "cancelled_order_share_365d": ["refused", "cancelled", "delivered"],
    }
    for column, orders in expected.items():
        [(parent, found)] = explain("ann", column, NIGHT, tied, settings(tmp_path)).rows
        assert (parent, sorted(found["order_id"].to_pylist())) == (ENDED_ORDERS, sorted(orders)), column


@pytest.fixture
def busy(lake: Lake) -> Lake:
    """ann moved money, looked around and owes three instalments, within the windows that are asked for and before."""

    def moment(days: int) -> datetime:
        return datetime(2026, 4, 1, 4, tzinfo=UTC) - timedelta(days=days)

    own = {"source_record_id": "shop:ann"}
    publish(
        lake,
        TRANSACTIONS,
        [
            {**own, "transaction_id": name, "account_type": kind, "amount_cents": cents, "booked_at": moment(days)}
            for name, kind, cents, days in (
                ("salary", "current", 500, 10),
                ("rent", "current", -300, 10),
                ("card", "credit_card", 70, 10),
                ("old", "current", 500, 90),
            )
        ],
    )
    kinds = ("view", "login", "view")
    publish(
        lake,
        BROWSING_EVENTS,
        [
            {
                **own,
                "event_id": f"{kind} {days}",
                "event_type": kind,
                "occurred_at": moment(days),
                "session_id": str(days),
            }
            for kind, days in zip(kinds, (1, 2, 90), strict=True)
        ],
    )
    due = [NIGHT - timedelta(days=days) for days in (5, 35, 65)]
    plan = {**own, "plan_id": "p", "plan_opened_at": moment(95)}
    publish(
        lake,
        INSTALMENTS,
        [{**plan, "instalment_number": 3 - n, "due_date": d} for n, d in enumerate(due)],
    )
    for parent in (REPAYMENTS, STATEMENTS, ACCOUNTS, CREDIT_ACCOUNTS, ENDED_ORDERS):
        publish(lake, parent, [{}])
    for family in (CASH_FLOW, BROWSING, REPAYMENT, SCENES_OF_LIFE):
        publish(lake, family, [{"customer_id": "ann"}])
    publish(lake, CUSTOMER_PROFILES, [{"customer_id": "ann", "known_side_count": 4, "due_cents_next_30d": 25}])
    return lake


def test_a_formula_shows_the_rows_of_its_own_window_that_its_own_condition_means(busy: Lake, tmp_path: Path) -> None:
    expected = {
        ("inflow_variation_180d", TRANSACTIONS, "transaction_id"): ["salary", "old"],
        ("inflow_cents_sum_90d", TRANSACTIONS, "transaction_id"): ["salary"],
        ("outflow_count_90d", TRANSACTIONS, "transaction_id"): ["rent"],
        ("night_share_90d", BROWSING_EVENTS, "event_id"): ["view 1", "login 2"],
        ("hour_entropy_90d", BROWSING_EVENTS, "event_id"): ["view 1", "login 2"],
        ("view_count_90d", BROWSING_EVENTS, "event_id"): ["view 1"],
        ("days_past_due_max_last_1", INSTALMENTS, "instalment_number"): [3],
        ("on_time_share_last_3", INSTALMENTS, "instalment_number"): [3, 2, 1],
        ("over_30_days_late_instalment_count_90d", INSTALMENTS, "instalment_number"): [2, 1],
        ("top_scene_365d", PURCHASES, "order_id"): ["last second", "first day", "too early"],
    }
    for (column, parent, name), ids in expected.items():
        explained = explain("ann", column, NIGHT, busy, settings(tmp_path))
        assert dict(explained.rows)[parent][name].to_pylist() == ids, column


def test_a_value_of_the_profile_alone_is_told_by_the_values_it_is_made_of(busy: Lake, tmp_path: Path) -> None:
    explained = explain("ann", "debt_service_ratio", NIGHT, busy, settings(tmp_path))
    assert [(family.name, name, value) for family, name, value in explained.parts] == [
        ("cash_flow", "inflow_cents_sum_180d", None),
        ("repayment", "due_cents_next_30d", 25),
    ]
    assert "part     due_cents_next_30d = 25, of features/repayment" in list(explained.lines())
    assert explain("ann", "known_side_count", NIGHT, busy, settings(tmp_path)).value == 4


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
