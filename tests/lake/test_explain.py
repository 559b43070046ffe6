"""explain: the meaning, the formula and exactly the source rows behind a published value."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from jobs.errors import ExitCode
from jobs.explain import OlderNightError, UnknownColumnError, UnknownCustomerError, explain
from jobs.lake import Lake
from jobs.storage_local import LocalStorage
from schemas.cleaned.accounts import ACCOUNTS
from schemas.cleaned.browsing_events import BROWSING_EVENTS
from schemas.cleaned.credit_accounts import CREDIT_ACCOUNTS
from schemas.cleaned.ended_orders import ENDED_ORDERS
from schemas.cleaned.instalments import INSTALMENTS
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
from schemas.features.browsing import BROWSING
from schemas.features.cash_flow import CASH_FLOW
from schemas.features.default_influence import DEFAULT_INFLUENCE
from schemas.features.identifier_risk import IDENTIFIER_RISK
from schemas.features.money_flows import MONEY_FLOWS
from schemas.features.neighbourhood import NEIGHBOURHOOD
from schemas.features.promises import PROMISES
from schemas.features.purchase_value import PURCHASE_VALUE
from schemas.features.repayment import REPAYMENT
from schemas.features.scenes import SCENES_OF_LIFE
from schemas.profiles.customer_profiles import CUSTOMER_PROFILES
from tests.lake.explained_night import NIGHT, publish, settings


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
