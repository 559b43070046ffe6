"""Messages of the alliance: who was written to, who was held back as a control, who opened and who applied."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from demo.people import People
from demo.shopping import Shop
from demo.tables import NOTHING, Ledger, chosen
from demo.uplift import draw_uplift
from demo.wishes import CHANNELS, Wishes
from demo.world import DAY_SECONDS, District, Month, day_of

REACH = 0.07  # of those known to a partner, each month; half of them have not consented
CONTROL = 0.12  # held back, to measure what the message changes


class Campaigns:
    """One campaign a month for shop users and for the customers of each bank."""

    def __init__(self, world: District, people: People, shop: Shop, wishes: Wishes) -> None:
        """Remember whom the partners know."""
        self._world, self._people, self._shop, self._wishes = world, people, shop, wishes
        self.uplift = draw_uplift(world, people)
        self._count = 0

    def live_month(self, month: Month, ledger: Ledger) -> None:
        """Write down the messages of the month, and each time that something came of one."""
        chance = self._world.generator("campaigns", month.index)
        self._send(month, -1, self._shop.users.is_registered(month.start), chance, ledger)
        for bank in range(len(self._world.banks)):
            opened_at = self._people.bank_opened_at[:, bank]
            self._send(month, bank, (opened_at != NOTHING) & (opened_at < month.start), chance, ledger)

    def _send(self, month: Month, bank: int, is_known: np.ndarray, chance: np.random.Generator, ledger: Ledger) -> None:
        """Address a share of those known to the bank in that position; -1 stands for the shop."""
        people = self._people
        channels = chance.choice(len(CHANNELS), len(is_known), p=[0.4, 0.35, 0.2, 0.05])
        may_write = is_known & self._wishes.grants("" if bank < 0 else self._world.banks[bank], channels)
        persons = np.flatnonzero(may_write & (chance.random(len(is_known)) < REACH))
        count = len(persons)
        is_control = chance.random(count) < CONTROL
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
