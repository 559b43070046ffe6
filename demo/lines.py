"""Who ever takes a line of instalment credit at the shop, and when: settled before anything is lived."""

from __future__ import annotations

import numpy as np

from demo.people import People
from demo.tables import NOTHING
from demo.world import DAY_SECONDS

WANTS_CREDIT = 0.8  # of the users whose name is verified
LONGEST_LAG_DAYS = 240  # between registration and the line; a ring does not wait so long


def agree_lines(chance: np.random.Generator, people: People, is_verified: np.ndarray) -> np.ndarray:
    """The moment each person opens a line of credit; later than any day asked for: not yet. NOTHING: never.

    chance: the generator "credit" of the district before its first number, so that whoever asks is told the same.
    """
    is_member = people.rings.is_member
    wants = (people.registered_at != NOTHING) & is_verified & (chance.random(people.count) < WANTS_CREDIT)
    lag = chance.integers(600, LONGEST_LAG_DAYS * DAY_SECONDS, people.count)
    return np.where(wants | is_member, people.registered_at + np.where(is_member, lag // 3, lag), NOTHING)
