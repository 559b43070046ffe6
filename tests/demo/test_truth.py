"""The truth: what the processes of the world promise holds in what was served, and no job can reach it."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from adbc_driver_postgresql import dbapi
from scipy.optimize import approx_fprime, minimize
from scipy.special import betaln, gammaln

from demo.buying import LEAVES_A, LEAVES_B, RATE_SCALE, RATE_SHAPE, Buying, begin_buying, months_of_demand
from demo.dirt_rates import Dirt
from demo.life import Life, live
from demo.oracle import read_truth
from demo.people import settle
from demo.report_people import tail_exponent
from demo.servers import Partners
from demo.tables import BANK_TABLES, FILE_TABLES, NOTHING
from demo.truth import truth_table
from demo.truth_contracts import TRUTH_TABLES
from demo.users import MOVES
from demo.world import World
from jobs.needs import Needs
from jobs.settings import read_settings
from jobs.storage import open_storage
from tests.demo.conftest import FIRST, SECOND, SMALL, THIRD

MARKETING = "marketing"
GRAIN_KEYS = {
    "people": ["person_id"],
    "source_ids": ["partner", "source_id"],
    "phones": ["person_id", "phone", "valid_from"],
    "homes": ["person_id", "valid_from"],
    "defaults": ["observation_date", "person_id"],
    "values": ["shop_user_id"],
    "uplifts": ["person_id", "contact_channel"],
    "applications": ["application_id"],
    "rings": ["person_id"],
    "bots": ["device_id"],
    "friends": ["first_person_id", "second_person_id"],
}


def truth(life: Life, name: str) -> pd.DataFrame:
    return pd.DataFrame(truth_table(life, name).to_pandas())


def served_rows(life: Life, table: str, bank: str = "") -> pd.DataFrame:
    return pd.DataFrame(life.ledger.all_rows(table, bank)[0].to_pandas())


def known_outcomes(life: Life) -> pd.DataFrame:
    return truth(life, "defaults").dropna(subset="is_default").astype({"is_default": bool})


def standard_error(values: np.ndarray) -> float:
    return float(values.std(ddof=1) / np.sqrt(len(values)))


@pytest.mark.parametrize("name", TRUTH_TABLES)
def test_every_table_of_the_truth_keeps_its_contract(town: Life, name: str) -> None:
    table = TRUTH_TABLES[name]
    if name != "flaws":
        rows = truth_table(town, name)
        assert rows.schema == table.schema
        assert rows.num_rows
        nulls = {field.name for field in rows.schema if rows[field.name].null_count}
        assert nulls <= {field.name for field in table.schema if field.nullable}
        assert not rows.select(GRAIN_KEYS[name]).to_pandas().duplicated().any()
    assert table.grain
    assert [field.name for field in table.schema if not field.metadata[b"comment"]] == []


def test_the_repeat_buying_process_recovers_its_own_parameters() -> None:
    """Maximum likelihood (Fader, Hardie and Lee 2005, equation 6) on all whose first order lies in the history."""
    buying, counts, last_at, horizon = _observed_buying()
    first, second, third = np.log([RATE_SHAPE, 1 / RATE_SCALE, LEAVES_A])
    true = np.array([first, second, third, np.log(LEAVES_B)])

    def loss(logs: np.ndarray) -> float:
        return -_likelihood(np.exp(logs), counts, last_at, horizon)

    found = minimize(loss, true + 0.4, method="L-BFGS-B", bounds=[(-5, 7)] * 4)
    slope = [approx_fprime(found.x + step, loss, 1e-5) for step in 1e-3 * np.eye(4)]
    curve = (np.array(slope) - approx_fprime(found.x, loss, 1e-5)) / 1e-3
    errors = np.sqrt(np.diag(np.linalg.inv((curve + curve.T) / 2)))
    assert len(counts) > 5_000
    assert (np.abs(found.x - true) < 3 * errors).all(), (np.exp(found.x), errors)
    assert errors[0] < 0.1  # or the test would pass on anything
    expected = -np.expm1(-buying.rate * buying.leaves * horizon) / buying.leaves
    assert abs((counts - expected).mean()) < 3 * standard_error(counts - expected)


def _observed_buying() -> tuple[Buying, np.ndarray, np.ndarray, np.ndarray]:
    """Those who began in the history: their process, repeat orders, and when the last came and all time there was."""
    world = World(people=30_000, district_people=30_000)
    months = world.months_through(FIRST)
    buying = begin_buying(world.district(0), settle(world.district(0)))
    orders = [buying.orders_of(month, world.generator("test", month.index)) for month in months]
    person, moment = (np.concatenate(column) for column in zip(*orders, strict=True))
    begins = (buying.first_order_at != NOTHING) & (buying.first_order_at >= months[0].start)
    chosen = np.flatnonzero(begins & (buying.first_order_at < months[-1].end))
    counts = np.bincount(person, minlength=len(begins))[chosen] - 1
    last = np.zeros(len(begins), np.int64)
    np.maximum.at(last, person, moment)
    began_at = months_of_demand(months, buying.first_order_at[chosen])
    last_at = months_of_demand(months, last[chosen]) - began_at
    horizon = months_of_demand(months, np.array([months[-1].end])) - began_at
    mine = Buying(*(getattr(buying, field)[chosen] for field in Buying.__dataclass_fields__))
    return mine, counts, last_at, horizon


def _likelihood(parameters: np.ndarray, x: np.ndarray, last: np.ndarray, horizon: np.ndarray) -> float:
    r, alpha, a, b = parameters
    begin = gammaln(r + x) - gammaln(r) + r * np.log(alpha)
    lives = betaln(a, b + x) - betaln(a, b) - (r + x) * np.log(alpha + horizon)
    left = betaln(a + 1, b + np.maximum(x, 1) - 1) - betaln(a, b) - (r + x) * np.log(alpha + last)
    return float((begin + np.where(x > 0, np.logaddexp(lives, left), lives)).sum())


def test_the_degrees_have_a_heavy_tail_and_communities_show(town: Life) -> None:
    people, friends = truth(town, "people").set_index("person_id"), truth(town, "friends")
    assert 2 < tail_exponent(people.friend_count.to_numpy()) < 3
    assert people.friend_count.max() > 10 * people.friend_count.median()
    first, second = (people.workplace_id[friends[side]].to_numpy() for side in ("first_person_id", "second_person_id"))
    both_work = ~np.isnan(first) & ~np.isnan(second)
    by_chance = (people.workplace_id.value_counts(normalize=True) ** 2).sum()
    assert (first == second)[both_work].mean() > 3 * by_chance


def test_money_is_sent_along_friendships_and_the_partners_of_a_year_have_a_heavy_tail_too() -> None:
    town = live(World(people=4_500, dirt=Dirt.none()), FIRST)
    owner = pd.concat([served_rows(town, "accounts", bank) for bank in town.world.banks]).drop_duplicates("account_id")
    person = owner.bank_customer_id.map(truth(town, "source_ids").set_index("source_id").person_id)
    person.index = owner.account_id
    sent = pd.concat([served_rows(town, "transactions", bank) for bank in town.world.banks])
    sent = sent[(sent.transaction_type == "transfer_out") & sent.counterparty_account_id.isin(person.index)]
    pairs = pd.DataFrame({"payer": person[sent.account_id].to_numpy(), "payee": person[sent.counterparty_account_id]})
    pairs = pairs[pairs.payer.to_numpy() != pairs.payee.to_numpy()]
    friends, rings = truth(town, "friends"), set(truth(town, "rings").person_id)
    known = set(zip(friends.first_person_id, friends.second_person_id, strict=True))
    outside = pairs[~(pairs.payer.isin(rings) & pairs.payee.isin(rings))]
    assert {(min(pair), max(pair)) for pair in zip(outside.payer, outside.payee, strict=True)} <= known
    both = pd.concat([pairs, pairs.rename(columns={"payer": "payee", "payee": "payer"})])
    partners = both.groupby("payer").payee.nunique().to_numpy()
    assert 1.9 < tail_exponent(partners, smallest=5) < 3.1
    assert partners.max() > 10 * np.median(partners)


def test_a_fifth_of_the_customers_bring_two_thirds_of_the_revenue_and_one_order_in_ten_sees_money_back(
    town: Life,
) -> None:
    """Bounds around what the page of the world cites: 67 % (McCarthy and Winer 2019), 10.6 % to 16.6 % (NRF 2022)."""
    orders = served_rows(town, "orders").drop_duplicates("order_id", keep="last")
    paid = orders[orders.paid_at.notna() & (orders.order_status != "cancelled")]
    spent = paid.groupby("shop_user_id").net_cents.sum().sort_values(ascending=False)
    assert 0.55 < spent[: len(spent) // 5].sum() / spent.sum() < 0.80
    assert 0.05 < served_rows(town, "refunds").order_id.nunique() / len(orders) < 0.15


def test_whoever_is_in_default_already_is_no_better_an_applicant(town: Life) -> None:
    applications, known = truth(town, "applications"), town.districts[0].hardship
    months = (applications.applied_at.dt.tz_convert("Asia/Shanghai").dt.to_period("M")
              - pd.Period(town.world.first_month, "M")).map(lambda gap: gap.n)  # fmt: skip
    was_in_default = np.stack(known.was_defaulted)[months, applications.person_id]
    decided = applications[was_in_default].dropna(subset="is_default")
    assert len(decided) > 3
    assert decided.is_default.all()


def test_nobody_is_a_customer_before_the_eighteenth_birthday(town: Life) -> None:
    people, ids = truth(town, "people").set_index("person_id"), truth(town, "source_ids")
    born = pd.to_datetime(people.birth_date[ids.person_id]).dt.tz_localize("Asia/Shanghai")
    age = (ids.valid_from.to_numpy() - born.dt.tz_convert("UTC").to_numpy()) / pd.Timedelta(days=365.25)
    assert age.min() >= 17.99
    assert (age < 18.5).any()


def test_t28_a_person_is_in_one_arm_of_a_campaign_whoever_writes_and_to_whichever_account(town: Life) -> None:
    contacts = served_rows(town, "contacts").drop_duplicates("contact_id")
    contacts["person"] = contacts.subject_id.map(truth(town, "source_ids").set_index("source_id").person_id)
    arms = contacts.groupby(["person", "campaign_code"]).is_control.agg(["nunique", "size"])
    assert (arms["size"] > 1).sum() > 20
    assert arms["nunique"].max() == 1


def test_randomised_campaigns_have_equal_covariates_in_both_arms(town: Life) -> None:
    contacts = _contacts_with_people(town)
    for column in ("latent_hazard", "monthly_income_cents", "friend_count", "is_male"):
        arms = [contacts[column][contacts.is_control == arm].to_numpy(float) for arm in (True, False)]
        spread = np.hypot(standard_error(arms[0]), standard_error(arms[1]))
        assert abs(arms[0].mean() - arms[1].mean()) < 3 * spread, column
    assert 0.09 < contacts.is_control.mean() < 0.15


def test_a_message_moves_the_persuadable_and_puts_off_sleeping_dogs(town: Life) -> None:
    contacts = _contacts_with_people(town).merge(truth(town, "uplifts"), on=["person_id", "contact_channel"])
    contacts["applied"] = contacts.applied_at.notna()
    for response, sign in (("persuadable", 1), ("sleeping_dog", -1)):
        arm = contacts[contacts.response_type == response]
        for held_back, chance in (
            (True, arm.application_probability),
            (False, arm.application_probability + arm.uplift),
        ):
            promised, applied = chance[arm.is_control == held_back], arm.applied[arm.is_control == held_back]
            assert abs(applied.sum() - promised.sum()) < 3 * np.sqrt((promised * (1 - promised)).sum())
        assert sign * arm.uplift.mean() > 0.05


def test_whoever_applies_after_a_message_has_filed_an_application_at_that_moment(town: Life) -> None:
    contacts, applications = _contacts_with_people(town), truth(town, "applications")
    filed = set(zip(applications.person_id, applications.applied_at, strict=True))
    end = applications.applied_at.max()
    applied = contacts[contacts.applied_at.notna() & (contacts.applied_at <= end)]
    assert len(applied) > 100
    assert set(zip(applied.person_id, applied.applied_at, strict=True)) <= filed
    at_bank = applied[applied.subject_type == "bank_customer"].merge(applications, on=["person_id", "applied_at"])
    assert (at_bank.partner == at_bank.bank_code).all()
    asked = set(zip(contacts.person_id, contacts.applied_at, strict=True))
    unasked = [application for application in filed if application not in asked]
    assert 0.3 < len(unasked) / len(filed) < 0.9


def test_an_offer_that_moves_somebody_is_answered_with_vouchers_in_the_next_month(town: Life) -> None:
    contacts = _contacts_with_people(town).merge(truth(town, "uplifts"), on=["person_id", "contact_channel"])
    moved = contacts[contacts.opened_at.notna() & (contacts.subject_type == "shop_user")].copy()
    orders = served_rows(town, "orders").drop_duplicates("order_id")
    sent, ordered = (moments + pd.Timedelta(hours=8) for moments in (moved.sent_at, orders.ordered_at))
    moved["month"] = 12 * sent.dt.year + sent.dt.month + 1
    orders["month"] = 12 * ordered.dt.year + ordered.dt.month
    both = orders.merge(moved, left_on=["shop_user_id", "month"], right_on=["subject_id", "month"])
    persuadable, others = (
        both[(both.response_type == "persuadable") == arm].discount_cents > 0 for arm in (True, False)
    )
    assert min(len(persuadable), len(others)) > 30
    assert persuadable.mean() > others.mean() + 0.1
    assert abs(others.mean() - (orders.discount_cents > 0).mean()) < 0.15


def _contacts_with_people(life: Life) -> pd.DataFrame:
    contacts = served_rows(life, "contacts").sort_values("updated_at").drop_duplicates("contact_id", keep="last")
    ids = truth(life, "source_ids").rename(columns={"source_id": "subject_id"})
    people = truth(life, "people")
    return contacts.merge(ids, on="subject_id").merge(people, on="person_id")


def test_nobody_is_contacted_who_has_not_consented_to_the_channel_by_then(town: Life) -> None:
    contacts = served_rows(town, "contacts").drop_duplicates("contact_id").sort_values("sent_at")
    consents = served_rows(town, "consents").query("purpose == @MARKETING").sort_values("occurred_at")
    newest = pd.merge_asof(
        contacts, consents, left_on="sent_at", right_on="occurred_at", by=["subject_id", "contact_channel"]
    )
    assert len(newest) > 1_000
    assert (newest.consent_status == "granted").all()
    assert (consents.consent_status == "revoked").any()


def test_people_revoke_what_they_granted_in_the_days_between_a_build_and_its_export(town: Life) -> None:
    key = ["subject_id", "purpose", "contact_channel", "bank_code"]
    consents = town.ledger.all_rows("consents")[0].to_pandas().sort_values("occurred_at")
    consents["before"] = consents.groupby(key, dropna=False).consent_status.shift()
    build = pd.Timestamp(SECOND, tz="Asia/Shanghai")  # the night that follows the first business date
    later = consents[(consents.occurred_at >= build) & (consents.consent_status == "revoked")]
    assert (later.before == "granted").all()
    assert {"marketing", "partner_sharing", "credit_scoring"} <= set(later.purpose)
    assert (later.occurred_at < build + pd.Timedelta(days=7)).sum() > 5


def test_an_id_is_valid_until_its_person_first_asks_to_be_forgotten_and_no_other_id_ends() -> None:
    life = live(World(people=4_000, history_months=12, district_people=2_000), FIRST)
    asked = served_rows(life, "erasure_requests")
    asked = asked[asked.requested_at < pd.Timestamp(FIRST + timedelta(days=1), tz="Asia/Shanghai")]
    first = asked.groupby("subject_id").requested_at.min()
    ids = truth(life, "source_ids").set_index("source_id")
    ends = ids.valid_to.dropna()
    assert len(first) > 5
    assert ends.sort_index().to_dict() == first.sort_index().to_dict()
    assert (ends > ids.valid_from.loc[ends.index]).all()


def test_applications_are_decided_by_a_noisy_policy_but_for_a_random_slice(town: Life) -> None:
    applications = truth(town, "applications")
    by_policy = applications[~applications.is_random_approval]
    assert (
        by_policy.estimated_hazard[by_policy.is_approved].max()
        < by_policy.estimated_hazard[~by_policy.is_approved].min()
    )
    assert applications.is_approved[applications.is_random_approval].all()
    assert 0 < applications.is_random_approval.mean() < 0.03
    assert (
        len(applications[~applications.is_approved].dropna(subset="is_default")) > 30
    )  # of rejects the outcome is known
    hazard = truth(town, "people").set_index("person_id").latent_hazard[applications.person_id].to_numpy()
    assert hazard[~applications.is_approved].mean() > hazard[applications.is_approved].mean()
    assert 0.5 < np.corrcoef(hazard, applications.estimated_hazard)[0, 1] < 0.9


def test_a_phone_number_given_up_may_later_belong_to_somebody_else_but_never_to_two_at_once(town: Life) -> None:
    phones = truth(town, "phones").sort_values(["phone", "valid_from"], na_position="first")
    shared = phones[phones.duplicated("phone", keep=False) & phones.valid_from.notna()]
    assert len(shared) > 3
    for _, owners in phones[phones.phone.isin(shared.phone)].groupby("phone"):
        if owners.valid_from.isna().sum() <= 1:  # a number that a family shares has two owners from the beginning
            assert (owners.valid_to.to_numpy()[:-1] <= owners.valid_from.to_numpy()[1:]).all()


def test_people_move_and_parcels_follow_them(town: Life) -> None:
    homes = truth(town, "homes").sort_values(["person_id", "valid_from"], na_position="first")
    again = homes.person_id.duplicated()
    assert set(homes.person_id) == set(range(town.world.people))
    assert (homes.valid_from.isna() == ~again).all()
    assert (homes.valid_from[again].to_numpy() == homes.valid_to.shift()[again].to_numpy()).all()
    months = len(town.world.months_through(THIRD))
    assert abs(again.sum() / (town.world.people * months * MOVES) - 1) < 0.2
    first = homes[~again].set_index("person_id").city_code
    assert 0.2 < (homes.city_code[again].to_numpy() != first[homes.person_id[again]].to_numpy()).mean() < 0.45

    movers = homes[homes.person_id.isin(homes.person_id[again])]
    ids = truth(town, "source_ids").query("partner == 'shop'").rename(columns={"source_id": "shop_user_id"})
    orders = served_rows(town, "orders").drop_duplicates("order_id").dropna(subset="shipping_address")
    sent = orders.merge(ids[["person_id", "shop_user_id"]], on="shop_user_id")
    sent = sent.merge(movers, on=["person_id", "shipping_address"])
    lived_there = (sent.valid_from.isna() | (sent.valid_from <= sent.ordered_at)) & (
        sent.valid_to.isna() | (sent.ordered_at < sent.valid_to)
    )
    assert sent.valid_from.isna().nunique() == 2
    assert lived_there.all()


def test_every_number_that_a_bank_was_told_is_among_the_phones_of_its_person(town: Life) -> None:
    ids, phones = truth(town, "source_ids"), truth(town, "phones")
    known = set(zip(phones.person_id, phones.phone, strict=True))
    for bank in town.world.banks:
        customers = served_rows(town, "customers", bank).dropna(subset="phone")
        customers = customers.merge(ids, left_on="bank_customer_id", right_on="source_id")
        digits = customers.phone.str.normalize("NFKC").str.replace(r"\D", "", regex=True).str[-11:]
        told = set(zip(customers.person_id, digits, strict=True))
        assert len(told) > 500
        assert told <= known


def test_customers_whom_the_shop_does_not_know_take_over_numbers_of_its_users_and_tell_their_bank(town: Life) -> None:
    phones, people = truth(town, "phones"), truth(town, "people").set_index("person_id")
    taken = phones[phones.valid_from.notna() & people.shop_user_id[phones.person_id].isna().to_numpy()]
    both = taken.merge(phones, on="phone", suffixes=("", "_before"))
    both = both[
        (both.person_id != both.person_id_before) & people.shop_user_id[both.person_id_before].notna().to_numpy()
    ]
    assert len(both) > 5
    assert (both.valid_to_before <= both.valid_from).all()
    ids, told = truth(town, "source_ids").set_index("source_id").person_id, set()
    for bank in town.world.banks:
        customers = served_rows(town, "customers", bank).dropna(subset="phone")
        digits = customers.phone.str.normalize("NFKC").str.replace(r"\D", "", regex=True).str[-11:]
        told |= set(zip(customers.bank_customer_id.map(ids), digits, strict=True))
    assert len(told & set(zip(both.person_id, both.phone, strict=True))) > 2


def test_identifiers_are_shared_mistyped_and_missing_as_in_life(town: Life) -> None:
    orders, users = served_rows(town, "orders").drop_duplicates("order_id"), served_rows(town, "users")
    assert orders[orders.device_id == "d-kiosk-01"].shop_user_id.nunique() > 50
    assert {"00000000000", "null", "021-61234567"} <= set(users.phone.dropna())
    assert orders.groupby("shipping_address").shop_user_id.nunique().max() > 20  # an office
    names = pd.concat([served_rows(town, "customers", bank) for bank in town.world.banks]).full_name
    assert 0.005 < names.map(str.isascii).mean() < 0.03
    moved = users.dropna(subset="city_code").groupby("shop_user_id").city_code.nunique()
    assert (moved > 1).any()


def test_students_are_young_and_pensioners_old(town: Life) -> None:
    people = truth(town, "people")
    age = (pd.Timestamp(town.world.first_month) - pd.to_datetime(people.birth_date)).dt.days / 365.25
    assert age[people.occupation == "student"].max() < 28
    assert age[people.occupation == "retired"].min() >= 50
    assert age.min() >= 18
    assert age.max() < 81
    assert 30 < age.median() < 45


def test_people_have_no_to_three_banks_where_there_are_three() -> None:
    banks = World(people=3_000, banks=("harbour", "meridian", "summit"))
    relations = (settle(banks.district(0)).bank_opened_at != NOTHING).sum(axis=1)
    counts = np.bincount(relations, minlength=4)
    assert (counts > 0).all()
    assert list(counts[1:]) == sorted(counts[1:], reverse=True)


def test_some_people_have_two_accounts_at_the_shop_of_one_birth_date(town: Life) -> None:
    ids = truth(town, "source_ids").query("partner == 'shop'")
    twice = ids[ids.duplicated("person_id", keep=False)]
    users = served_rows(town, "users").drop_duplicates("shop_user_id").set_index("shop_user_id")
    born = users.birth_date[twice.source_id].groupby(twice.person_id.to_numpy()).agg(["nunique", "count"])
    assert ids.groupby("person_id").size().max() == 2
    assert len(born) > 20
    assert (born["nunique"] <= 1).all()
    assert (born["count"] == 2).any()
    assert set(truth(town, "people").person_id) == set(range(town.world.people))


def test_bots_look_a_lot_and_buy_nothing(town: Life) -> None:
    events, bots = served_rows(town, "events"), set(truth(town, "bots").device_id)
    crawled = events[events.device_id.isin(bots)]
    assert set(crawled.event_type) == {"view"}
    assert crawled.shop_user_id.isna().all()
    assert crawled.groupby("session_id").size().min() >= 40
    assert not bots & set(served_rows(town, "orders").device_id.dropna())


def test_expected_spend_agrees_with_what_the_last_year_brought(town: Life) -> None:
    orders = served_rows(town, "orders").drop_duplicates("order_id", keep="last")
    paid = orders[orders.paid_at.notna() & (orders.order_status == "delivered")]
    year = paid[paid.ordered_at >= pd.Timestamp("2025-04-01", tz="Asia/Shanghai")]
    refunds = served_rows(town, "refunds")
    net = year.net_cents.sum() - refunds[refunds.order_id.isin(year.order_id)].amount_cents.sum()
    values = truth(town, "values")
    # Newcomers replace those who leave, so one year is much like the next, a little more.
    assert 0.7 < values.expected_spend_cents_12m.sum() / net < 1.1
    assert (values.lifetime_value_cents[values.is_active] > 0).all()
    assert (values.expected_spend_cents_12m[~values.is_active] == 0).all()


def test_no_job_can_reach_the_truth(served: Partners, tmp_path: Path) -> None:
    """It is written, yet no server serves it, no variable names its folder, and no bank has a table of it."""
    assert read_truth(served.folder / "truth", "people").num_rows == SMALL.people
    environment = served.environment(SMALL, str(tmp_path / "lake"), fixed_keys="tests")
    assert not [name for name, value in environment.items() if "truth" in value.replace(str(tmp_path), "")]
    night = Needs(read_settings(environment), open_storage(environment["NIGHTLEDGER_LAKE"], None))
    assert night.value("labelled_records", FIRST) is None, "people that are known come by the setting alone"
    client = served.store.client(served.store.shop)
    keys = [
        item["Key"]
        for bucket in client.list_buckets()["Buckets"]
        for page in client.get_paginator("list_objects_v2").paginate(Bucket=bucket["Name"])
        for item in page.get("Contents", [])
    ]
    assert {key.split("/")[1] for key in keys if key.startswith("drop/")} == set(FILE_TABLES)
    assert not [key for key in keys if any(f"/{name}/" in key for name in TRUTH_TABLES) or "truth" in key]
    for bank in SMALL.banks:
        with dbapi.connect(served.replicas.url(bank)) as connection, connection.cursor() as cursor:
            cursor.execute(
                "SELECT table_name FROM information_schema.tables"
                " WHERE table_schema NOT IN ('pg_catalog', 'information_schema')"
            )
            assert {name for (name,) in cursor.fetchall()} == set(BANK_TABLES)


def test_the_truth_is_in_no_served_column(town: Life) -> None:
    hidden = {"person_id", "latent_hazard", "default_probability", "uplift", "ring_id", "response_type", "household_id"}
    served = {name for table in (*FILE_TABLES.values(), *BANK_TABLES.values()) for name in table.schema.names}
    assert not served & hidden
    assert {name for table in TRUTH_TABLES.values() for name in table.schema.names} >= hidden


def test_observation_dates_are_the_ends_of_months_and_the_last_six_have_no_outcome_yet(town: Life) -> None:
    defaults = truth(town, "defaults")
    days = sorted(set(defaults.observation_date))
    assert all((day + timedelta(days=1)).day == 1 for day in days)
    is_open = defaults.groupby("observation_date").is_default.apply(lambda outcome: outcome.isna().all())
    assert [day for day in days if is_open[day]] == days[-6:]
    assert days[-1] == FIRST


def test_the_truth_is_as_of_the_last_day_written_and_knows_nothing_of_the_rest_of_its_month() -> None:
    """April is lived whole for either day; a day more brings orders, and only they end an expectation."""
    early, late = (live(World(people=1_500), date(2026, 4, day)) for day in (2, 29))
    values = [truth(life, "values").set_index("shop_user_id") for life in (early, late)]
    assert [set(table.as_of) for table in values] == [{date(2026, 4, 2)}, {date(2026, 4, 29)}]
    before, after = values[0].is_active, values[1].is_active[values[0].index]
    assert (before >= after).all()
    left = set(before.index[before & ~after])
    orders = served_rows(early, "orders")
    later = orders[(orders.ordered_at >= pd.Timestamp("2026-04-03", tz="Asia/Shanghai"))]
    assert left
    assert left <= set(later.shop_user_id)
    assert set(truth(late, "applications").as_of) == {date(2026, 4, 29)}
    observed = [set(truth(life, "defaults").observation_date) for life in (early, live(World(people=300), FIRST))]
    assert observed[0] == observed[1]
    assert max(observed[1]) == FIRST


def test_reading_a_truth_that_is_not_there_says_how_to_write_it(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="write it with"):
        read_truth(tmp_path, "people")
    (tmp_path / "bots").mkdir()
    pq.write_table(
        pa.table({"device_id": ["d1"]}, schema=TRUTH_TABLES["bots"].schema), tmp_path / "bots/part-00000.parquet"
    )
    assert read_truth(tmp_path, "bots")["device_id"].to_pylist() == ["d1"]
