"""A scorecard small enough to score by hand: without reasons to the contrary 600 points, and 40 for every ln 2."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import date
from typing import Any

from jobs.models.scorecard import FORMAT, ODDS_DIRECTION, feature_fingerprint, seal
from schemas.profiles.customer_profiles import CUSTOMER_PROFILES

TRAINED = date(2026, 3, 31)
FACTOR = 40 / math.log(2)


def part(points: float) -> dict[str, Any]:
    """What gives so many points at a weight of 1."""
    weight_of_evidence = points / FACTOR
    return {"weight_of_evidence": weight_of_evidence, "points": FACTOR * weight_of_evidence}


def number(
    name: str, edges: list[float], points: list[float], *, missing: float = 0, special: float = 0
) -> dict[str, Any]:
    """A feature of numbers: points[i] below edges[i], the last above all."""
    bounds = [None, *edges, None]
    bins = [{"at_least": bounds[i], "below": bounds[i + 1], **part(value)} for i, value in enumerate(points)]
    return _feature(name, bins, missing, special)


def category(name: str, points: dict[str, float], *, missing: float = 0) -> dict[str, Any]:
    """A feature of categories."""
    return _feature(name, [{"categories": [value], **part(given)} for value, given in points.items()], missing, 0)


def population(*known_of_it_only: str) -> dict[str, Any]:
    """Customers with an instalment plan."""
    return {"meaning": "customers with a plan", "marker": "plan_count", "known_of_it_only": list(known_of_it_only)}


def scorecard(
    *features: dict[str, Any],
    neutral_odds: float = 30.0,
    learnt_on: dict[str, Any] | None = None,
    special_codes: Sequence[float] = (),
) -> dict[str, Any]:
    """The sealed scorecard, as the JSON holds it; learnt_on: its population, by default everyone."""
    content = {
        "format": FORMAT,
        "as_of": TRAINED.isoformat(),
        "scale": {
            "score_at_odds": 600,
            "odds": 30,
            "odds_direction": ODDS_DIRECTION,
            "points_to_double_odds": 40,
            "factor": FACTOR,
            "offset": 600 - FACTOR * math.log(30),
        },
        "log_odds": {"intercept": math.log(neutral_odds)},
        "population": learnt_on,
        "special_codes": list(special_codes),
        "features": list(features),
        "feature_fingerprint": feature_fingerprint([(one["name"], one["type"], one["meaning"]) for one in features]),
    }
    return seal(content, TRAINED)


def _feature(name: str, bins: list[dict[str, Any]], missing: float, special: float) -> dict[str, Any]:
    column = CUSTOMER_PROFILES.column(name)
    return {
        "name": name,
        "type": column.type,
        "meaning": column.meaning,
        "weight": 1.0,
        "bins": bins,
        "missing": part(missing),
        "special": part(special),
        "unseen_category": part(0),
    }
