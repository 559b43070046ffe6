"""The shop's users: who registers, and how their phones, homes and membership levels change."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from demo import spelling
from demo.people import EDUCATIONS, OCCUPATIONS, People
from demo.tables import NOTHING, Ledger, chosen, has_happened, where
from demo.world import District, Month, day_of

LEVELS = ("basic", "silver", "gold", "platinum")
LEVEL_BOUNDS = (200_000, 800_000, 2_500_000)  # cents spent
CHANGES_PHONE, MOVES = 0.008, 0.003  # each month
INHERITS_NUMBER = 0.25  # of the new numbers were somebody else's before
PLACEHOLDERS_TO_THOSE_OF_BANKS = 7 / 3  # how much oftener a shop's clerk than a bank's types no phone number


class Users:
    """What the shop holds of everyone in the month that is being lived.

    phone: a number within the district. phone_changes: since when (0: before the history) who has which number.
    changed_unseen: who took another number while the shop did not know them. moves: since when who lives in which city
    and home, of those who moved.
    """

    def __init__(self, world: District, people: People) -> None:
        """Decide once what everyone tells the shop."""
        self._world, self._people = world, people
        chance, count = world.generator("users"), people.count
        self.phone = np.where(chance.random(count) < 0.03, eldest(people), np.arange(count))
        second = np.arange(people.persons, count)
        same_phone = second[chance.random(len(second)) < 0.5]
        self.phone[same_phone] = self.phone[people.owner[same_phone]]
        self.phone_changes: list[tuple[int, np.ndarray, np.ndarray]] = [(0, np.arange(count), self.phone)]
        self._abandoned = np.empty(0, np.int64)
        self.changed_unseen = np.zeros(count, bool)
        self.is_verified = (chance.random(count) < 0.68) | people.rings.is_member
        self.is_verified[second] = False
        self.city, self.home = people.city.copy(), people.home.copy()
        self.moves: list[tuple[int, np.ndarray, np.ndarray, np.ndarray]] = []
        self._placeholder = chance.random(count)
        self._hides = chance.random((6, count))
        self._spelling = chance.random(count)
        self._level = np.zeros(count, np.int64)

    def is_registered(self, moment: int) -> np.ndarray:
        """Who has registered by the moment."""
        return has_happened(self._people.registered_at, moment)

    def live_month(self, month: Month, spent_cents: np.ndarray, ledger: Ledger) -> None:
        """Write down who registers, moves, takes another number, or reaches another level by what they spent."""
        chance = self._world.generator("users", month.index)
        registered_at = self._people.registered_at
        begins = -np.inf if month.index == 0 else month.start
        is_new = self.is_registered(month.end) & (registered_at >= begins)
        moves = self._move(month, chance) & self.is_registered(month.start)
        self._change_phones_unseen(month)
        changes_phone = self._change_phones(month, chance)
        level = np.searchsorted(LEVEL_BOUNDS, spent_cents)
        changes = changes_phone | moves | (self.is_registered(month.start) & (level != self._level) & ~is_new)
        self._level = np.where(changes, level, self._level)
        for persons, updated_at in (
            (np.flatnonzero(is_new), registered_at[is_new]),
            (np.flatnonzero(changes), month.moments(chance, int(changes.sum()))),
        ):
            ledger.add("users", day_of(updated_at), self._user_rows(persons, updated_at))

    def _change_phones(self, month: Month, chance: np.random.Generator) -> np.ndarray:
        """Who takes a new number: most a fresh one, some a number that somebody gave up in a month before."""
        changes = self.is_registered(month.start) & (chance.random(self._people.count) < CHANGES_PHONE)
        persons = np.flatnonzero(changes)
        number = self._people.count * (2 + month.index) + persons
        inherits = np.flatnonzero(chance.random(len(persons)) < INHERITS_NUMBER)[: len(self._abandoned)]
        number[inherits] = self._abandoned[: len(inherits)]
        given_up = self.phone[persons]
        # A number that a family shares is not free when one of them leaves it.
        shared = np.isin(given_up, np.delete(self.phone, persons))
        self._abandoned = np.concatenate([self._abandoned[len(inherits) :], np.unique(given_up[~shared])])
        self.phone = self.phone.copy()
        self.phone[persons] = number
        self.phone_changes.append((month.start, persons, number))
        return changes

    def _change_phones_unseen(self, month: Month) -> None:
        """Customers of a bank whom the shop does not know take other numbers too, some of them of the shop's users."""
        chance, at_bank = self._world.generator("unseen phones", month.index), self._people.bank_opened_at != NOTHING
        changes = at_bank.any(axis=1) & ~self.is_registered(month.start)
        persons = np.flatnonzero(changes & (chance.random(len(changes)) < CHANGES_PHONE))
        number = self._people.count * (2 + month.index) + persons
        inherits = np.flatnonzero(chance.random(len(persons)) < INHERITS_NUMBER)[: len(self._abandoned) // 2]
        left = len(self._abandoned) - len(inherits)
        self._abandoned, number[inherits] = self._abandoned[:left], self._abandoned[left:]
        self.phone = self.phone.copy()
        self.phone[persons] = number
        self.changed_unseen[persons] = True
        self.phone_changes.append((month.start, persons, number))

    def _move(self, month: Month, chance: np.random.Generator) -> np.ndarray:
        """Who moves to a home of their own, one in three to another city."""
        count = self._people.count
        moves, leaves_city = chance.random(count) < MOVES, chance.random(count) < 1 / 3
        elsewhere = chance.integers(0, len(spelling.CITIES), count)
        new_home = self._world.numbers(count * (2 + month.index) + np.arange(count))
        moves, leaves_city, elsewhere, new_home = (
            values[self._people.owner] for values in (moves, leaves_city, elsewhere, new_home)
        )
        self.home = np.where(moves, new_home, self.home)
        self.city = np.where(moves & leaves_city, elsewhere, self.city)
        movers = np.flatnonzero(moves)
        self.moves.append((month.start, movers, self.city[movers], self.home[movers]))
        return np.asarray(moves)

    def phones(self, numbers: np.ndarray) -> pa.Array:
        """The digits of phones numbered within the district."""
        return spelling.mobile_numbers(self._world.numbers(numbers))

    def with_placeholders(self, phones: pa.Array, persons: np.ndarray) -> pa.Array:
        """The phones of these persons, as clerks who err typed them."""
        share = min(PLACEHOLDERS_TO_THOSE_OF_BANKS * self._world.world.dirt.placeholders, 0.5)
        return spelling.with_placeholders(phones, self._placeholder[persons], share)

    def _user_rows(self, persons: np.ndarray, updated_at: np.ndarray) -> dict[str, object]:
        people, hides, verified = self._people, self._hides[:, persons], self.is_verified[persons]
        phones = spelling.spelled_phones(self.phones(self.phone[persons]), self._spelling[persons])
        phones = self.with_placeholders(phones, persons)
        ids = spelling.spelled_national_ids(people.national_ids.take(pa.array(persons)), self._spelling[-persons])
        city = np.where(hides[2] < 0.9, self.city[persons], -1)
        tier = np.array([city[2] for city in spelling.CITIES])[self.city[persons]]
        return {
            "shop_user_id": self._people.shop_user_ids(persons),
            "registered_at": people.registered_at[persons],
            "full_name": where(verified | (hides[0] < 0.6), people.names.take(pa.array(persons))),
            "phone": where(hides[1] < 0.97, phones),
            "email": where(hides[2] < 0.65, people.emails.take(pa.array(persons))),
            "national_id": where(verified & (hides[3] < 0.97), ids),
            "is_real_name_verified": verified,
            "birth_date": np.where(verified | (hides[4] < 0.7), people.birth_day[persons], NOTHING),
            "gender": chosen(("female", "male"), np.where(hides[5] < 0.9, people.is_male[persons], -1)),
            "education": chosen(EDUCATIONS, np.where(hides[0] < 0.7, people.education[persons], -1)),
            "occupation": chosen(OCCUPATIONS, np.where(hides[1] < 0.75, people.occupation[persons], -1)),
            "city_code": chosen([c[0] for c in spelling.CITIES], city),
            "city_tier": np.where(hides[2] < 0.9, tier, NOTHING),
            "membership_level": chosen(LEVELS, self._level[persons]),
            "updated_at": updated_at,
        }


def eldest(people: People) -> np.ndarray:
    """For each person the first of the household, whose phone or tablet the family shares."""
    return np.searchsorted(people.household[: people.persons], people.household)
