"""Fraud rings: people who share a device and an address, and vanish together in a chosen month.

For half a year they pass money round, pay on time and look solid; in the last three months each buys on credit what the
line allows; in the month of the bust-out their money flows to the leader and abroad, and nobody pays again.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from demo.tables import has_happened
from demo.world import District, moment_of

PEOPLE_FOR_A_RING = 4_000
SIZES = (5, 8)
WARM_UP_MONTHS = 6  # of circular transfers and good behaviour before the bust-out
LOOT_MONTHS = 3  # of borrowing before the bust-out
NO_RING = -1


@dataclass(frozen=True)
class Rings:
    """ring: the ring of each person in the district, NO_RING for all others; leader: one person for each ring.

    bust_month: for each ring the index of the month in which its money goes in circles and it stops paying.
    """

    ring: np.ndarray
    leader: np.ndarray
    bust_month: np.ndarray

    @property
    def is_member(self) -> np.ndarray:
        """Who belongs to a ring."""
        return np.asarray(self.ring != NO_RING)

    def busts_by(self, month: int) -> np.ndarray:
        """Whose ring has vanished in or before the month."""
        if not len(self.leader):
            return np.zeros(len(self.ring), bool)
        return np.asarray(self.is_member & (self.bust_month[self.ring] <= month))

    def loots_in(self, month: int) -> np.ndarray:
        """Who borrows in the month for the bust-out to come."""
        return np.asarray(self.busts_by(month + LOOT_MONTHS) & ~self.busts_by(month))

    def share(self, values: np.ndarray) -> np.ndarray:
        """The values of all, with every member's replaced by that of the ring's leader."""
        if not len(self.leader):
            return values
        return np.where(self.is_member, values[self.leader[self.ring]], values)

    def circle(self, month: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Who passes money to whom in the month, and whether it is the last time, to the leader."""
        payer, payee, is_last = [], [], []
        for ring, leader in enumerate(self.leader.tolist()):
            members = np.flatnonzero(self.ring == ring)
            left = self.bust_month[ring] - month
            if 0 < left <= WARM_UP_MONTHS:
                payer.append(members)
                payee.append(np.roll(members, 1))
                is_last.append(np.zeros(len(members), bool))
            elif left == 0:
                others = members[members != leader]
                payer.append(others)
                payee.append(np.full(len(others), leader))
                is_last.append(np.ones(len(others), bool))
        if not payer:
            return np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0, bool)
        return np.concatenate(payer), np.concatenate(payee), np.concatenate(is_last)


def plant_rings(district: District, registered_at: np.ndarray, bank_opened_at: np.ndarray) -> Rings:
    """One ring for so many people, of people whom the shop and a bank have known since before the history."""
    chance, count = district.generator("rings"), len(registered_at)
    ring, begins = np.full(count, NO_RING), moment_of(district.first_month)
    at_bank = has_happened(bank_opened_at, begins)
    known = np.flatnonzero(has_happened(registered_at, begins) & at_bank.any(axis=1))
    months, leaders, bust_months = district.world.history_months, [], []
    for number in range(count // PEOPLE_FOR_A_RING):
        size = int(chance.integers(*SIZES))
        members = known[ring[known] == NO_RING]
        if len(members) < size or months <= WARM_UP_MONTHS + 2:
            break
        members = chance.choice(members, size, replace=False)
        ring[members] = number
        leaders.append(int(members[0]))
        bust_months.append(int(chance.integers(WARM_UP_MONTHS, months - 1)))
    return Rings(ring, np.array(leaders, np.int64), np.array(bust_months, np.int64))
