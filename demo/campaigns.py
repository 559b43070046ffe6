"""Messages of the alliance: who was written to, who was held back as a control, who opened and who applied.

Whoever applies does so at a bank, which files an application for the card at that very moment; and those whom an offer
moves use more of the shop's vouchers in the following month.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
import pyarrow as pa

from demo.people import People
from demo.shopping import Shop
from demo.tables import NOTHING, Ledger, chosen, has_happened
from demo.uplift import draw_uplift
from demo.wishes import CHANNELS, Wishes
from demo.world import DAY_SECONDS, District, Month, day_of

REACH = 0.07  # of those known to a partner, each month; half of them have not consented
CONTROL = 0.12  # held back, to measure what the message changes
UNASKED = 0.003  # of those known apply at a bank in a month without a campaign, which picks the days when it is topical


@dataclass(frozen=True)
class Applicants:
    """Who applies at which bank (its position), and when; one entry per application."""

    person: np.ndarray
    bank: np.ndarray
    applied_at: np.ndarray


class Campaigns:
    """One campaign a month for shop users and for the customers of each bank."""

    def __init__(self, world: District, people: People, shop: Shop, wishes: Wishes) -> None:
        """Remember whom the partners know."""
        self._world, self._people, self._shop, self._wishes = world, people, shop, wishes
        self.uplift = draw_uplift(world, people)
        self._count = 0
        self._house_bank = _house_banks(world, people)
        self._is_control = np.zeros(people.count, bool)

    def live_month(self, month: Month, ledger: Ledger) -> Applicants:
        """Write down the messages of the month, and each time that something came of one. Who applies for a card."""
        chance = self._world.generator("campaigns", month.index)
        self._shop.promoted = np.zeros(self._people.count)
        # One arm for each person and campaign, whichever partner writes, and to whichever account.
        arms = self._world.generator("arms of campaigns", month.index).random(self._people.count)[self._people.owner]
        self._is_control = arms < CONTROL
        applicants = [self._send(month, -1, self._shop.users.is_registered(month.start), chance, ledger)]
        for bank in range(len(self._world.banks)):
            is_known = has_happened(self._people.bank_opened_at[:, bank], month.start)
            applicants.append(self._send(month, bank, is_known, chance, ledger))
        applicants += self._apply_unasked(month)
        return Applicants(*(np.concatenate([getattr(a, f.name) for a in applicants]) for f in fields(Applicants)))

    def _apply_unasked(self, month: Month) -> list[Applicants]:
        """Who applies at each bank that month without any campaign, those the more who would do so anyway."""
        chance, alone = self._world.generator("applications", month.index), self.uplift.alone
        at_shop, applicants = self._shop.users.is_registered(month.start), []
        for bank in range(len(self._world.banks)):
            is_known = at_shop | has_happened(self._people.bank_opened_at[:, bank], month.start)
            applies = is_known & (chance.random(len(alone)) < UNASKED * alone / alone.mean())
            persons = np.flatnonzero(applies)
            applicants.append(Applicants(persons, np.full(len(persons), bank), month.moments(chance, len(persons))))
        return applicants

    def _send(
        self, month: Month, bank: int, is_known: np.ndarray, chance: np.random.Generator, ledger: Ledger
    ) -> Applicants:
        """Address a share of those known to the bank in that position; -1 stands for the shop."""
        people = self._people
        channels = chance.choice(len(CHANNELS), len(is_known), p=[0.4, 0.35, 0.2, 0.05])
        may_write = is_known & self._wishes.grants("" if bank < 0 else self._world.banks[bank], channels)
        persons = np.flatnonzero(may_write & (chance.random(len(is_known)) < REACH))
        count = len(persons)
        is_control = self._is_control[persons]
        sent_at = month.moments(chance, count)
        channel = channels[persons]
        added = np.where(is_control, 0.0, self.uplift.added[persons, channel])
        applies = chance.random(count) < self.uplift.alone[persons] + added
        # Whoever a message moved has read it; many others open it too.
        opens = ~is_control & (chance.random(count) < np.where(applies, 0.9, 0.28))
        opened_at = np.where(opens, sent_at + chance.integers(60, 2 * DAY_SECONDS, count), NOTHING)
        later = np.where(opens, opened_at, sent_at) + chance.integers(300, 4 * DAY_SECONDS, count)
        applied_at = np.where(applies, later, NOTHING)
        columns = {
            "contact_id": self._world.ids("k", np.arange(self._count, self._count + count)),
            "campaign_code": f"card_{month.first:%Y_%m}",
            "subject_type": "shop_user" if bank < 0 else "bank_customer",
            "subject_id": people.shop_user_ids(persons) if bank < 0 else people.bank_customer_ids(bank, persons),
            "contact_channel": chosen(CHANNELS, channel),
            "sent_at": sent_at,
            "is_control": pa.array(is_control),
        }
        self._count += count
        never = np.full(count, NOTHING)
        for happens, moment, opened, applied in (
            (np.ones(count, bool), sent_at, never, never),
            (opens, opened_at, opened_at, never),
            (applies, applied_at, opened_at, applied_at),
        ):
            rows = {**columns, "opened_at": opened, "applied_at": applied, "updated_at": moment}
            ledger.add("contacts", day_of(np.where(happens, moment, 0)), rows, happens=happens)
        moved = np.where(opens, np.maximum(added, 0), 0)
        self._shop.promoted[persons] = np.maximum(self._shop.promoted[persons], moved)
        who = persons[applies]
        return Applicants(who, self._house_bank[who] if bank < 0 else np.full(len(who), bank), applied_at[applies])


def _house_banks(district: District, people: People) -> np.ndarray:
    """Where each person applies when the shop asks: at the bank that knew them first, and else at any."""
    chance = district.generator("house banks")
    known_since = np.where(people.bank_opened_at == NOTHING, np.iinfo(np.int64).max, people.bank_opened_at)
    anyone = chance.integers(0, len(district.banks), people.count)
    return np.where((people.bank_opened_at != NOTHING).any(axis=1), known_since.argmin(axis=1), anyone)
