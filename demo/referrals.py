"""Who brought whom to the shop."""

from __future__ import annotations

import numpy as np

from demo.people import People
from demo.tables import NOTHING, Ledger
from demo.world import Month, day_of

BROUGHT = 0.15  # of the newcomers, for each friend who was there before


def write_referrals(people: People, month: Month, chance: np.random.Generator, count: int, ledger: Ledger) -> int:
    """Write down which of this month's newcomers were brought by a friend. How many; `count` were there before."""
    began, registered_at = count, people.registered_at
    was_there = (registered_at != NOTHING) & (registered_at < month.start)
    for newcomer, friend in (people.friends.T, people.friends.T[::-1]):
        came_at = registered_at[newcomer]
        is_new = (came_at >= month.start) & (came_at < month.end)
        happens = is_new & was_there[friend] & (chance.random(len(newcomer)) < BROUGHT)
        _, first = np.unique(newcomer[happens], return_index=True)
        pairs = np.flatnonzero(happens)[first]
        columns = {
            "referral_id": people.district.ids("r", np.arange(count, count + len(pairs))),
            "referrer_shop_user_id": people.shop_user_ids(friend[pairs]),
            "referred_shop_user_id": people.shop_user_ids(newcomer[pairs]),
            "referred_at": came_at[pairs],
        }
        ledger.add("referrals", day_of(came_at[pairs]), columns)
        count += len(pairs)
    return count - began
