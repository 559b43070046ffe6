"""Identifiers: no two strangers are written down alike, in worlds of up to three million people."""

from __future__ import annotations

from math import gcd

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from demo import spelling
from demo.people import PEOPLE_FOR_A_SECOND_ACCOUNT, settle
from demo.world import World

MILLIONS = World(people=3_000_000, history_months=36)
MONTHS_LIVED = MILLIONS.history_months + 1  # a month of daily drops besides
ENTRIES = MILLIONS.people + MILLIONS.people // PEOPLE_FOR_A_SECOND_ACCOUNT
NUMBERS_USED = ENTRIES * (2 + MONTHS_LIVED)  # own ones, a second block, and one for everybody and month


def distinct(texts: pa.Array) -> int:
    return int(pc.count_distinct(texts).as_py())


def numbers_of_a_large_world() -> np.ndarray:
    """Neighbours at both ends, and a random sample between."""
    chance = np.random.default_rng(7)
    ends = np.arange(100_000)
    between = chance.integers(0, NUMBERS_USED, 300_000)
    return np.unique(np.concatenate([ends, NUMBERS_USED - 1 - ends, between]))


def test_three_million_people_who_move_every_month_have_an_address_and_a_phone_each() -> None:
    assert spelling.ADDRESSES > NUMBERS_USED
    assert spelling.PHONES > NUMBERS_USED
    assert gcd(100_000_007, spelling.ADDRESSES) == gcd(7_919, 10**8) == 1
    numbers = numbers_of_a_large_world()
    assert distinct(spelling.addresses(np.zeros(len(numbers), np.int64), numbers)) == len(numbers)
    assert distinct(spelling.mobile_numbers(numbers)) == len(numbers)
    assert distinct(spelling.emails(numbers[:100_000], np.full(100_000, 0.5))) == 100_000


def test_people_of_one_birthday_and_city_have_as_many_national_ids_as_there_are_districts_and_ranks() -> None:
    sequence = np.arange(spelling.NATIONAL_IDS_OF_A_DAY)
    same = np.zeros(len(sequence), np.int64)
    assert distinct(spelling.national_ids(same + 3, same + 4_242, sequence, same)) == len(sequence)
    ranks = spelling.NATIONAL_IDS_OF_A_DAY // MILLIONS.district_count
    assert ranks > 50  # of the five thousand of a district, fewer than ten share a birthday and a city


def test_no_two_people_of_many_districts_share_a_national_id_an_address_or_an_email() -> None:
    world = World(people=12_000, district_people=60)
    people = [settle(world.district(index)) for index in range(world.district_count)]
    ids = pa.concat_arrays([each.national_ids.slice(0, each.persons) for each in people])
    assert len(ids) == distinct(ids) == world.people
    homes = np.concatenate([each.home for each in people])
    cities = np.concatenate([each.city for each in people])
    assert distinct(spelling.addresses(cities, homes)) == len(np.unique(homes))
    assert distinct(pa.concat_arrays([each.emails for each in people])) == sum(each.count for each in people)


def test_a_second_account_has_the_national_id_of_its_owner() -> None:
    people = settle(World(people=500).district(0))
    second = np.arange(people.persons, people.count)
    assert len(second) == 10
    assert people.national_ids.take(pa.array(second)).equals(people.national_ids.take(pa.array(people.owner[second])))


@pytest.mark.parametrize("write", [spelling.mobile_numbers, lambda numbers: spelling.addresses(numbers * 0, numbers)])
def test_numbers_that_would_come_round_again_are_refused(write: object) -> None:
    with pytest.raises(ValueError, match="a smaller world"):
        write(np.array([5, 2 * 10**9]))  # type: ignore[operator]
