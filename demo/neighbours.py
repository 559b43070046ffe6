"""Friends in other districts: who they are and what they give each other, known to both sides and lived by neither.

A district can look up who lives in another one, as that is settled before anything happens there; but not how anybody
fares there, or it would have to live the other's life. So what two districts share is drawn by a generator that belongs
to the pair of them, from what both can look up: they write the same transfer into their books without ever meeting.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import pyarrow as pa

from demo.accounts import Accounts, agree_accounts
from demo.people import People, settle
from demo.tables import NOTHING
from demo.world import District, Month, World

NEAR = (1, 2)  # places along the ring of districts; one more district lies anywhere (Watts and Strogatz 1998)
FRIENDSHIPS = 0.08  # for each person of a district, with every district it knows
RESEMBLANCE = 0.25  # how far apart in their leaning to default friends may be, as a share of all people
GIVES = 0.11  # how often one of two friends sends the other money, in a month
USUAL_GIFT, LARGEST_GIFT = 0.04, 0.1  # of the income of a month
REGISTERS = 16  # of districts that are kept in memory; those of a part and of their neighbours


@dataclass(frozen=True)
class Register:
    """What is settled about a district before anything happens there.

    account: for each person the current account opened first, -1 for those who never have one.
    """

    people: People
    accounts: Accounts
    account: np.ndarray

    def friendliness(self) -> np.ndarray:
        """How many friends each person has at home; 0 for fraud rings, which keep to themselves."""
        return np.where(self.people.rings.is_member, 0, self.people.society.degree)


@lru_cache(maxsize=REGISTERS)
def register_of(district: District) -> Register:
    """Look up who lives in a district and which account everybody has there. Nobody may change what it says."""
    people = settle(district)
    accounts = agree_accounts(people, district.generator("banks"))
    return Register(people, accounts, accounts.first_current(people.count))


def known_districts(district: District) -> list[int]:
    """The districts in which people of this one have friends; if it knows another, the other knows it."""
    world, count = district.world, district.world.district_count
    near = {(district.index + step * side) % count for step in NEAR for side in (1, -1)}
    far = (int(world.generator("far districts").integers(count)) - district.index) % count
    return sorted((near | {far}) - {district.index})


@dataclass(frozen=True)
class Border:
    """Two districts whose people know each other; the same whoever asks.

    pairs, hazard, income_cents: of each pair of friends the persons, in the first column those of the first district,
    their leaning to default and what they earn in a month.

    Drawn like friends at home: Chung and Lu (2002), so that whoever has many friends at home has many elsewhere, and
    the degrees keep their tail; and both of a pair stand at similar places in the order of leaning to default.
    """

    world: World
    first: int
    second: int
    pairs: np.ndarray
    hazard: np.ndarray
    income_cents: np.ndarray

    @classmethod
    def between(cls, world: World, first: int, second: int) -> Border:
        """Draw the friendships; first is the smaller number."""
        chance = world.generator("friends of two districts", first, second)
        count = round(FRIENDSHIPS * world.people / world.district_count)
        place = chance.random(count)
        other_place = np.abs(place + RESEMBLANCE * chance.normal(size=count)) % 2
        other_place = np.minimum(other_place, 2 - other_place)  # mirrored at the ends: as evenly spread as the first
        registers = [register_of(world.district(index)) for index in (first, second)]
        ends = [_at(register, q) for register, q in zip(registers, (place, other_place), strict=True)]
        pairs = np.unique(np.stack(ends, axis=1), axis=0)
        hazard = [register.people.hazard[end] for register, end in zip(registers, pairs.T, strict=True)]
        income = [register.people.income_cents[end] for register, end in zip(registers, pairs.T, strict=True)]
        return cls(world, first, second, pairs, np.stack(hazard, axis=1), np.stack(income, axis=1))

    def gifts(self, month: Month) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """For each pair whether money is sent this month, whether the first sends it, how many cents, and when.

        No balance decides on it, as only one of the two districts knows it. Those more likely to come into difficulty
        mostly receive.
        """
        chance = self.world.generator("gifts of two districts", self.first, self.second, month.index)
        count = len(self.pairs)
        happens = chance.random(count) < GIVES
        first_gives = chance.random(count) < 1 / (1 + np.exp(self.hazard[:, 0] - self.hazard[:, 1]))
        share = np.minimum(USUAL_GIFT * np.exp(0.8 * chance.normal(size=count)), LARGEST_GIFT)
        cents = (share * np.where(first_gives, *self.income_cents.T)).round(-2)
        return happens, first_gives, cents, month.moments(chance, count)


def _at(register: Register, places: np.ndarray) -> np.ndarray:
    """The persons at places from 0 to 1 in the order of leaning to default, where the friendly take more room."""
    weight, order = register.friendliness(), np.argsort(register.people.hazard, kind="stable")
    reach = np.cumsum(weight[order])
    return np.asarray(order[np.searchsorted(reach, places * reach[-1], side="right").clip(max=len(order) - 1)])


class Neighbours:
    """What the people of one district have in others: one entry per friendship in every array.

    here: the person of this district. there: the friend's number in the world. registered_at, shop_user_ids: of the
    friend. account_opened_at, account_ids: of the friend's first current account; NOTHING and null without one.
    """

    def __init__(self, district: District) -> None:
        """Look the friends up; a world of one district has none."""
        self._borders = [
            Border.between(district.world, *sorted((district.index, other))) for other in known_districts(district)
        ]
        self._is_first = [border.first == district.index for border in self._borders]
        here, there, registered_at, opened_at = ([np.empty(0, np.int64)] for _ in range(4))
        users, accounts = [pa.array([], pa.string())], [pa.array([], pa.string())]
        for border, is_first in zip(self._borders, self._is_first, strict=True):
            own, friend = border.pairs.T if is_first else border.pairs.T[::-1]
            home = district.world.district(border.second if is_first else border.first)
            register = register_of(home)
            account = register.account[friend]
            here.append(own)
            there.append(home.numbers(friend))
            registered_at.append(register.people.registered_at[friend])
            opened_at.append(np.where(account < 0, NOTHING, register.accounts.opened_at[account]))
            users.append(register.people.shop_user_ids(friend))
            accounts.append(register.accounts.ids.take(pa.array(account, mask=account < 0)))
        self.here, self.there = np.concatenate(here), np.concatenate(there)
        self.registered_at, self.account_opened_at = np.concatenate(registered_at), np.concatenate(opened_at)
        self.shop_user_ids, self.account_ids = pa.concat_arrays(users), pa.concat_arrays(accounts)

    def gifts(self, month: Month) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """For each friendship whether money is sent this month, whether from here, how many cents, and when."""
        parts = [(np.empty(0, bool), np.empty(0, bool), np.empty(0), np.empty(0, np.int64))]
        for border, is_first in zip(self._borders, self._is_first, strict=True):
            happens, first_gives, cents, moment = border.gifts(month)
            parts.append((happens, first_gives == is_first, cents, moment))
        happens, gives, cents, moment = (np.concatenate(column) for column in zip(*parts, strict=True))
        return happens, gives, cents, moment
