"""Every account that is or will be opened at the partner banks."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from demo.people import People
from demo.tables import NOTHING
from demo.world import DAY_SECONDS

ACCOUNT_TYPES = ("current", "savings", "credit_card", "loan")
CURRENT, SAVINGS, CARD, LOAN = range(4)


@dataclass(frozen=True)
class Accounts:
    """Every account that is or will be opened, one entry per account; bank is the position of the bank."""

    bank: np.ndarray
    person: np.ndarray
    kind: np.ndarray
    opened_at: np.ndarray
    ids: pa.Array

    def first_current(self, count: int) -> np.ndarray:
        """For each person the current account opened first, -1 for those who never have one."""
        current = np.flatnonzero(self.kind == CURRENT)
        newest_first = current[np.argsort(-self.opened_at[current], kind="stable")]
        first = np.full(count, -1)
        first[self.person[newest_first]] = newest_first
        return first

    def main_of(self, count: int, moment: int) -> np.ndarray:
        """For each person the current account opened first, -1 for those who have none at the moment."""
        first = self.first_current(count)
        return np.where((first >= 0) & (self.opened_at[first] < moment), first, -1)

    def of_kind(self, kind: int, count: int, moment: int) -> np.ndarray:
        """For each person one account of the kind that is open at the moment, -1 where there is none."""
        open_ones = np.flatnonzero((self.kind == kind) & (self.opened_at < moment))
        account = np.full(count, -1)
        account[self.person[open_ones[::-1]]] = open_ones[::-1]
        return account


def agree_accounts(people: People, chance: np.random.Generator) -> Accounts:
    """Who opens which account when, from the beginning of each relation with a bank."""
    person, bank = np.nonzero(people.bank_opened_at != NOTHING)
    relation_at = people.bank_opened_at[person, bank]
    parts = []
    for kind, share, latest_day in ((CURRENT, 1.1, 0), (SAVINGS, 0.35, 400), (CARD, 0.27, 900), (LOAN, 0.06, 900)):
        opens = chance.random(len(person)) < share
        opened_at = relation_at + 60 + chance.integers(0, latest_day + 1, len(person)) * DAY_SECONDS
        parts.append((bank[opens], person[opens], np.full(int(opens.sum()), kind), opened_at[opens]))
    banks, persons, kinds, opened_at = (np.concatenate(column) for column in zip(*parts, strict=True))
    number = chance.permutation(len(kinds))
    prefixes = pa.array([f"{prefix}a" for prefix in people.bank_prefixes]).take(pa.array(banks))
    ids = pa.compute.binary_join_element_wise(prefixes, people.district.ids("", number), "")
    return Accounts(banks, persons, kinds, opened_at, ids)
