"""Friends in other districts: both sides know them, and write down the same, though neither lives the other's life."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from demo.life import Life, live
from demo.neighbours import LARGEST_GIFT, Neighbours, known_districts, register_of
from demo.report_people import tail_exponent
from demo.tables import NOTHING
from demo.world import World
from tests.demo.conftest import FIRST, TOWNS
from tests.demo.test_truth import served_rows, truth

COUNTRY = World()


def district_of(ids: pd.Series, world: World = TOWNS) -> pd.Series:
    """The district that gave each id: they take turns."""
    return ids.str[-8:].astype(int) % world.district_count


def transfers_between_towns(life: Life) -> pd.DataFrame:
    moves = pd.concat([served_rows(life, "transactions", bank) for bank in life.world.banks])
    moves = moves[moves.transaction_type.isin(["transfer_in", "transfer_out"])].dropna(subset="counterparty_account_id")
    moves = moves[~moves.counterparty_account_id.str.startswith("xa")]
    return moves[district_of(moves.account_id) != district_of(moves.counterparty_account_id)]


@pytest.mark.parametrize("count", [1, 2, 3, 4, 5, 12])
def test_a_district_that_knows_another_is_known_by_it_and_none_stands_alone(count: int) -> None:
    world = World(people=60 * count, district_people=60)
    known = [set(known_districts(world.district(index))) for index in range(count)]
    assert all(index in known[other] for index in range(count) for other in known[index])
    assert all(index not in others for index, others in enumerate(known))
    reached = {0}
    for _ in range(count):
        reached |= {other for index in reached for other in known[index]}
    assert reached == set(range(count))


def test_a_transfer_between_districts_stands_in_the_books_of_both(towns: Life) -> None:
    moves = transfers_between_towns(towns)
    sides = ["account_id", "counterparty_account_id", "booked_at", "amount_cents"]
    there = {tuple(row) for row in moves[sides].itertuples(index=False)}
    assert len(there) == len(moves) > 200
    assert there == {(other, account, moment, -cents) for account, other, moment, cents in there}
    assert set(district_of(moves.account_id)) == set(range(TOWNS.district_count))


def test_a_district_alone_writes_the_same_gifts_as_with_all_others(towns: Life) -> None:
    both = transfers_between_towns(towns)
    for index in (2, 0):
        alone = transfers_between_towns(live(TOWNS, FIRST, [index]))
        ours = both[district_of(both.account_id) == index]
        assert len(alone) > 50
        assert sorted(alone.transaction_id) == sorted(ours.transaction_id)
        merged = alone.merge(ours, how="inner")
        assert len(merged) == len(alone)


def test_a_gift_is_small_beside_the_income_of_whoever_sends_it(towns: Life) -> None:
    income = truth(towns, "people").set_index("person_id").monthly_income_cents
    accounts = pd.concat([served_rows(towns, "accounts", bank) for bank in TOWNS.banks]).drop_duplicates("account_id")
    ids = truth(towns, "source_ids").set_index("source_id").person_id
    person = accounts.set_index("account_id").bank_customer_id.map(ids)
    sent = transfers_between_towns(towns).query("amount_cents < 0")
    assert (-sent.amount_cents <= LARGEST_GIFT * sent.account_id.map(person).map(income) + 50).all()


def test_every_friendship_of_the_truth_stands_there_once_and_counts_for_both(towns: Life) -> None:
    people, friends = truth(towns, "people").set_index("person_id"), truth(towns, "friends")
    assert (friends.first_person_id < friends.second_person_id).all()
    assert not friends.duplicated().any()
    counts = pd.concat([friends.first_person_id, friends.second_person_id]).value_counts().reindex(people.index)
    assert counts.fillna(0).astype(int).equals(people.friend_count.astype(int).rename("count"))
    districts = [people.district[friends[side]].to_numpy() for side in ("first_person_id", "second_person_id")]
    assert 0.02 < (districts[0] != districts[1]).mean() < 0.15


def test_the_degrees_keep_their_heavy_tail_and_friends_elsewhere_resemble_each_other() -> None:
    at_home, elsewhere, hazards, rings = [], [], [], 0
    people = [register_of(COUNTRY.district(index)).people for index in range(COUNTRY.district_count)]
    for own in people:
        neighbours = Neighbours(own.district)
        at_home.append(own.society.degree)
        elsewhere.append(np.bincount(neighbours.here, minlength=own.count))
        rings += int(elsewhere[-1][own.rings.is_member].sum())
        friends = [people[number % COUNTRY.district_count].hazard[number // COUNTRY.district_count]
                   for number in neighbours.there.tolist()]  # fmt: skip
        hazards.append(np.stack([own.hazard[neighbours.here], friends]))
    here, there = np.concatenate(at_home), np.concatenate(elsewhere)
    assert 2 < tail_exponent(here + there) < 3
    assert (here + there).max() > 10 * np.median(here + there)
    assert np.corrcoef(here, there)[0, 1] > 0.3  # who has many friends at home has many elsewhere
    assert np.corrcoef(np.concatenate(hazards, axis=1))[0, 1] > 0.3
    assert rings == 0


def test_newcomers_are_brought_by_friends_from_other_districts_who_were_there_before(towns: Life) -> None:
    referrals, users = served_rows(towns, "referrals"), served_rows(towns, "users").drop_duplicates("shop_user_id")
    registered = users.set_index("shop_user_id").registered_at
    across = referrals[district_of(referrals.referrer_shop_user_id) != district_of(referrals.referred_shop_user_id)]
    assert len(across) > 3
    assert (registered[across.referrer_shop_user_id].to_numpy() < across.referred_at.to_numpy()).all()
    assert (registered[referrals.referred_shop_user_id].to_numpy() == referrals.referred_at.to_numpy()).all()
    assert referrals.referral_id.is_unique
    pairs = set(zip(truth(towns, "friends").first_person_id, truth(towns, "friends").second_person_id, strict=True))
    person = truth(towns, "source_ids").query("partner == 'shop'").set_index("source_id").person_id
    ends = [person[referrals[side]] for side in ("referrer_shop_user_id", "referred_shop_user_id")]
    assert {tuple(sorted(pair)) for pair in zip(*ends, strict=True)} <= pairs


def test_a_world_of_one_district_has_no_neighbours() -> None:
    alone = Neighbours(World(people=100).district(0))
    assert len(alone.here) == len(alone.there) == len(alone.account_ids) == 0
    happens, *_ = alone.gifts(World(people=100).month(0))
    assert happens.dtype == bool
    assert alone.account_ids.equals(pa.array([], pa.string()))
    assert not (alone.registered_at == NOTHING).any()
