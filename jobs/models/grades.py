"""Which probability of default is which grade, and from how many points on."""

from __future__ import annotations

import math
from collections.abc import Mapping

from jobs.models.scorecard import Scorecard

SCORE_AT_ODDS = 600
ODDS = 30  # 30 good to 1 bad: 3.2 % default
POINTS_TO_DOUBLE_ODDS = 40  # wide enough that a band of 20 points, which banks receive, means something
FACTOR = POINTS_TO_DOUBLE_ODDS / math.log(2)
OFFSET = SCORE_AT_ODDS - FACTOR * math.log(ODDS)
"""The one scale of all models: score = OFFSET + FACTOR * ln(odds of what is wished for against what is not)."""

GRADE_BELOW: Mapping[str, float] = {"A": 0.015, "B": 0.03, "C": 0.06, "D": 0.12}
"""Upper bounds on the probability of default, not included; above the last is E.

Each grade has twice the risk of the one before, so it is about as wide as the 40 points that double the odds. The
levels are a guess until the risk officer sets them; they are fixed so that a grade means the same every night.
"""

LAST_GRADE = "E"
LAST_APPROVED = "C"
"""Up to this grade a bank is taken to say yes: 6 % default is about where a card stops earning. A guess."""


def least_points(scorecard: Scorecard, probability: float) -> int:
    """The rounded points from which on the probability of default is below the bound, give or take the rounding."""
    log_odds = math.log((1 - probability) / probability)
    return math.floor(scorecard.offset + scorecard.factor * log_odds + 0.5)


def probability_of_points(scorecard: Scorecard, points: float) -> float:
    """The probability of default that so many points mean."""
    return 1 / (1 + math.exp((points - scorecard.offset) / scorecard.factor))
