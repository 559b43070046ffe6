"""Fraud rings: who they are can be told from what they share, how money moves among them, and how they vanish."""

from __future__ import annotations

from datetime import date

import pandas as pd
import pytest

from demo.life import Life
from demo.money import FAN_OUT
from demo.rings import LOOT_MONTHS
from tests.demo.test_truth import served_rows, truth

ZONE = "Asia/Shanghai"


@pytest.fixture(scope="module")
def rings(town: Life) -> pd.DataFrame:
    """One row per member with the id at the shop; a world of this size has one ring."""
    ids = truth(town, "source_ids")
    members = truth(town, "rings").merge(ids[ids.partner == "shop"], on="person_id")
    assert members.groupby("ring_id").person_id.nunique().between(5, 7).all()
    assert (members.groupby("ring_id").is_leader.sum() == 1).all()
    return members


@pytest.fixture(scope="module")
def moves(town: Life) -> pd.DataFrame:
    """Transfers sent from all banks with the persons on both sides; the payee is null for an account elsewhere."""
    accounts = pd.concat([served_rows(town, "accounts", bank) for bank in town.world.banks])
    customer = accounts.drop_duplicates("account_id").set_index("account_id").bank_customer_id
    person = customer.map(truth(town, "source_ids").set_index("source_id").person_id.to_dict())
    booked = pd.concat([served_rows(town, "transactions", bank) for bank in town.world.banks])
    booked["payer"] = booked.account_id.map(person.to_dict())
    booked["payee"] = booked.counterparty_account_id.map(person.to_dict())
    return booked[booked.transaction_type == "transfer_out"]


def month_before(bust: date, months: int) -> pd.Timestamp:
    return pd.Timestamp(bust, tz=ZONE) - pd.DateOffset(months=months)


def test_members_order_from_one_device_to_one_address(town: Life, rings: pd.DataFrame) -> None:
    orders = served_rows(town, "orders").drop_duplicates("order_id")
    for _, ring in rings.groupby("ring_id"):
        own = orders[orders.shop_user_id.isin(ring.source_id)]
        for column in ("device_id", "shipping_address"):
            shared = own.groupby(column).shop_user_id.nunique().max()
            assert shared >= len(set(own.shop_user_id)) - 1, column  # one may have moved house


def test_money_goes_round_before_the_bust_and_in_to_the_leader_and_abroad_in_its_month(
    rings: pd.DataFrame, moves: pd.DataFrame
) -> None:
    for _, ring in rings.groupby("ring_id"):
        bust, leader = ring.bust_date.iloc[0], int(ring.person_id[ring.is_leader].iloc[0])
        begins, ends = month_before(bust, 0), month_before(bust, -1)
        own = moves[moves.payer.isin(ring.person_id)]
        before = own[(own.booked_at >= month_before(bust, 6)) & (own.booked_at < begins)]
        members = sorted(ring.person_id)
        around = set(zip(members, members[-1:] + members[:-1], strict=True))
        assert len(around & set(zip(before.payer, before.payee, strict=True))) >= 0.7 * len(members)
        last = own[(own.booked_at >= begins) & (own.booked_at < ends)]
        fan_in = last[(last.payee == leader) & (last.payer != leader)]
        assert fan_in.payer.nunique() >= 0.6 * (len(members) - 1)  # those without money that day have none to send
        abroad = last[(last.payer == leader) & last.payee.isna() & (last.booked_at > fan_in.booked_at.min())]
        equal = abroad.groupby("amount_cents").counterparty_account_id.nunique().max()
        assert equal == FAN_OUT


def test_members_borrow_before_the_bust_and_pay_nothing_from_its_day_on(town: Life, rings: pd.DataFrame) -> None:
    accounts = served_rows(town, "credit_accounts").drop_duplicates("credit_account_id")
    plans = served_rows(town, "credit_plans").merge(accounts[["credit_account_id", "shop_user_id"]])
    payments = served_rows(town, "credit_repayments").merge(plans[["plan_id", "shop_user_id"]])
    payments = payments[payments.reverses_repayment_id.isna()]
    first_default = truth(town, "people").set_index("person_id").first_default_month
    for _, ring in rings.groupby("ring_id"):
        bust = ring.bust_date.iloc[0]
        begins = month_before(bust, 0)
        own = plans[plans.shop_user_id.isin(ring.source_id)]
        loot = own[(own.opened_at >= month_before(bust, LOOT_MONTHS)) & (own.opened_at < begins)]
        earlier = own[(own.opened_at >= month_before(bust, 2 * LOOT_MONTHS)) & (own.opened_at < month_before(bust, 3))]
        assert loot.shop_user_id.nunique() >= len(ring) - 1
        assert loot.principal_cents.sum() > 2 * earlier.principal_cents.sum()
        assert not (own.opened_at >= begins + pd.Timedelta(days=1)).any()
        paid = payments[payments.shop_user_id.isin(ring.source_id)]
        assert (paid.paid_at < begins).any()
        # What was sent back and debited again in the last days before may still arrive.
        assert not (paid.paid_at >= begins + pd.Timedelta(days=45)).any()
        months = (bust.year - town.world.first_month.year) * 12 + bust.month - town.world.first_month.month
        assert set(first_default[ring.person_id]) == {months}
