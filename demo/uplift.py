"""Whom a message really moves: the four responses to an offer, and what each channel adds for each person."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from demo.people import People
from demo.world import District

RESPONSES = ("persuadable", "sure_thing", "lost_cause", "sleeping_dog")
"""The quadrants of Radcliffe and Surry (1999): who applies with and without a message."""
APPLIES_ALONE = np.array([0.015, 0.14, 0.005, 0.11])
MESSAGE_ADDS = np.array([0.16, 0.01, 0.003, -0.09])
CHANNEL_REACH = np.array([0.8, 1.0, 0.6, 1.3])  # sms, push, email, phone


@dataclass(frozen=True)
class Uplift:
    """response: a position in RESPONSES for each person.

    alone: the chance to apply within days without a message. added: for each person and channel what a message adds to
    it, below 0 for those it annoys.
    """

    response: np.ndarray
    alone: np.ndarray
    added: np.ndarray


def draw_uplift(district: District, people: People) -> Uplift:
    """The impulsive are persuadable, the steady apply anyway, the thrifty are lost, the old and busy are annoyed."""
    chance = district.generator("uplift")
    leaning = np.stack(
        [
            -0.9 + 0.6 * people.impulse - 0.2 * people.thrift,
            -1.4 + 0.4 * people.steadiness,
            0.4 + 0.5 * people.thrift - 0.3 * people.impulse,
            -1.7 - 0.5 * people.impulse + 0.2 * people.steadiness,
        ]
    )
    share = np.exp(leaning)
    bounds = np.cumsum(share / share.sum(axis=0), axis=0)
    response = np.minimum((chance.random(people.count) > bounds).sum(axis=0), len(RESPONSES) - 1)
    taste = np.exp(0.35 * chance.normal(size=(people.count, len(CHANNEL_REACH))))
    response, taste = response[people.owner], taste[people.owner]
    alone = APPLIES_ALONE[response]
    added = MESSAGE_ADDS[response][:, None] * CHANNEL_REACH * taste
    return Uplift(response, alone, np.clip(added, -alone[:, None], 0.6))
