"""Who brought whom to the shop."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from demo.movements import NOBODY
from demo.neighbours import Neighbours
from demo.people import People
from demo.tables import Ledger, has_happened
from demo.world import Month, day_of

BROUGHT = 0.15  # of the newcomers, for each friend who was there before


class Referrals:
    """How many newcomers were brought so far: by friends, near or elsewhere, and by promoters where there are any."""

    def __init__(self, people: People, neighbours: Neighbours) -> None:
        """Nobody has been brought yet."""
        self._people, self._neighbours, self._count = people, neighbours, 0

    def live_month(self, month: Month, chance: np.random.Generator, ledger: Ledger) -> None:
        """Write down which of this month's newcomers were brought, and by whom."""
        people, friends, brought = self._people, self._neighbours, [np.empty(0, np.int64)]
        comes_alone = self._is_new(month) & (people.promoter == NOBODY)
        was_there = has_happened(people.registered_at, month.start)
        for newcomer, friend in (people.friends.T, people.friends.T[::-1]):
            happens = comes_alone[newcomer] & was_there[friend] & (chance.random(len(newcomer)) < BROUGHT)
            chosen = _one_for_each(newcomer, happens)
            brought.append(newcomer[chosen])
            self._write(newcomer[chosen], people.shop_user_ids(friend[chosen]), ledger)
        draw = people.district.generator("referrals from elsewhere", month.index).random(len(friends.here))
        happens = comes_alone[friends.here] & has_happened(friends.registered_at, month.start) & (draw < BROUGHT)
        chosen = _one_for_each(friends.here, happens & ~np.isin(friends.here, np.concatenate(brought)))
        self._write(friends.here[chosen], friends.shop_user_ids.take(pa.array(chosen)), ledger)
        won = np.flatnonzero(self._is_new(month) & (people.promoter != NOBODY))
        self._write(won, people.shop_user_ids(people.promoter[won]), ledger)

    def _is_new(self, month: Month) -> np.ndarray:
        came_at = self._people.registered_at
        return np.asarray((came_at >= month.start) & (came_at < month.end))

    def _write(self, newcomers: np.ndarray, referrers: pa.Array, ledger: Ledger) -> None:
        people, came_at = self._people, self._people.registered_at[newcomers]
        columns = {
            "referral_id": people.district.ids("r", np.arange(self._count, self._count + len(newcomers))),
            "referrer_shop_user_id": referrers,
            "referred_shop_user_id": people.shop_user_ids(newcomers),
            "referred_at": came_at,
        }
        self._count += len(newcomers)
        ledger.add("referrals", day_of(came_at), columns)


def _one_for_each(newcomers: np.ndarray, happens: np.ndarray) -> np.ndarray:
    """The first position of each newcomer at which it happens."""
    _, first = np.unique(newcomers[happens], return_index=True)
    return np.flatnonzero(happens)[first]
