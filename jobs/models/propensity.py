"""A propensity as it is stored: how its trees are read, in JSON; the trees in LightGBM's own text; no pickle.

    ln(odds of the event) = intercept + slope * raw score of the trees
    probability of the event = 1 / (1 + exp(-ln(odds of the event)))
    points = offset + factor * ln(odds of what is wished for)

The scale of the points is that of the credit score: 600 are 30 to 1. More are always better for us: what is wished for
is the event, but for churn, where it is that the customer goes on buying.

Where too little was known to learn from there are no trees, slope is 0, and a declared base rate answers; `fallback`
says why. Uplift is stored in the same way, with two sets of trees and shrinkage in place of calibration:

    uplift of a channel = mean + slope * (share * (raw of contacted) + (1 - share) * (raw of controls) - centre)
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from jobs.models.challenger import TreeFeature, sha256_of_trees, tree_feature
from jobs.models.scorecard import (
    PUBLISH_AGAIN,
    Population,
    ScorecardError,
    content_hash,
    refuse_other_fingerprint,
)
from schemas.columns import CONTACT_CHANNELS
from schemas.table import Column

PROPENSITY_FORMAT = 2
NO_TREES = "no trees: the base rate in the JSON beside answers\n"
CHANNEL_FEATURE = "through_{channel}"
CHANNELS = tuple(
    Column(CHANNEL_FEATURE.format(channel=channel), "double", f"1 for a message through {channel}, 0 otherwise")
    for channel in CONTACT_CHANNELS
)
"""The trees of a model of messages see the channel as one number for each."""


@dataclass(frozen=True)
class Propensity:
    """One model of a yes or no; without trees every customer gets the base rate. offset, factor: of the points.

    observed_rate: how often the event happened in the rows the model was learnt from, between 0 and 1.
    population: always None, since everyone may be scored; whose answer is published is for the contract to say.
    """

    model_version: str
    features: tuple[TreeFeature, ...]
    trees: str
    intercept: float
    slope: float
    offset: float
    factor: float
    observed_rate: float
    fallback: str
    population: Population | None = None


@dataclass(frozen=True)
class Uplift:
    """What a message adds, by channel; without trees the same mean effect for everybody. population: see Propensity."""

    model_version: str
    features: tuple[TreeFeature, ...]
    trees_of_contacted: str
    trees_of_controls: str
    contacted_share: float
    mean: float
    slope: float
    centre: float
    fallback: str
    population: Population | None = None


def read_propensity(name: str, content: Mapping[str, Any], trees: str) -> Propensity:
    """The model in the two files; ScorecardError when one lacks a piece, was altered, or is not the other's."""
    try:
        _refuse_altered(name, content, {"trees": trees})
        numbers = _finite(name, {**content["scale"], **content["log_odds"]}, "intercept", "slope", "offset", "factor")
        return Propensity(
            model_version=content["model_version"],
            features=_features(content),
            trees=trees,
            intercept=numbers["intercept"],
            slope=numbers["slope"],
            offset=numbers["offset"],
            factor=numbers["factor"],
            observed_rate=_observed_rate(name, content["trained_on"]),
            fallback=content["fallback"],
        )
    except (KeyError, TypeError, AttributeError) as error:
        raise _incomplete(name, error) from None


def read_uplift(name: str, content: Mapping[str, Any], trees_of_contacted: str, trees_of_controls: str) -> Uplift:
    """The same for uplift with its two sets of trees."""
    try:
        _refuse_altered(name, content, {"contacted": trees_of_contacted, "controls": trees_of_controls})
        numbers = _finite(name, content["uplift"], "contacted_share", "mean", "slope", "centre")
        return Uplift(
            model_version=content["model_version"],
            features=_features(content),
            trees_of_contacted=trees_of_contacted,
            trees_of_controls=trees_of_controls,
            contacted_share=numbers["contacted_share"],
            mean=numbers["mean"],
            slope=numbers["slope"],
            centre=numbers["centre"],
            fallback=content["fallback"],
        )
    except (KeyError, TypeError, AttributeError) as error:
        raise _incomplete(name, error) from None


def _refuse_altered(name: str, content: Mapping[str, Any], trees: Mapping[str, str]) -> None:
    if content["format"] != PROPENSITY_FORMAT:
        raise _broken(name, f"is not of format {PROPENSITY_FORMAT}")
    digest = content_hash(content)
    if content["content_sha256"] != digest or content["model_version"] != f"{content['as_of']}-{digest[:12]}":
        raise _broken(name, "was altered after it was sealed: its hash differs")
    try:
        refuse_other_fingerprint(content)
    except ScorecardError as error:
        raise _broken(name, str(error)) from None
    if content["trees_sha256"] != {which: sha256_of_trees(text) for which, text in trees.items()}:
        raise _broken(name, "names other trees than those beside it")
    if bool(content["fallback"]) != all(text == NO_TREES for text in trees.values()):
        raise _broken(name, "has trees and a base rate that answers instead, or neither")


def _finite(name: str, content: Mapping[str, Any], *wanted: str) -> dict[str, float]:
    numbers = {one: float(content[one]) for one in wanted}
    if not all(math.isfinite(number) for number in numbers.values()) or content["slope"] < 0:
        raise _broken(name, "holds a number that is not finite, or turns the order of its scores")
    return numbers


def _observed_rate(name: str, trained_on: Mapping[str, Any]) -> float:
    rows, events = int(trained_on["rows"]), int(trained_on["events"])
    if not 0 <= events <= rows:
        raise _broken(name, f"was learnt from {events:,} events in {rows:,} rows")
    return events / rows if rows else 0.0


def _features(content: Mapping[str, Any]) -> tuple[TreeFeature, ...]:
    return tuple(map(tree_feature, content["features"]))


def _incomplete(name: str, error: Exception) -> ScorecardError:
    return _broken(name, f"lacks {error}" if isinstance(error, KeyError) else "has a value of the wrong type")


def _broken(name: str, what: str) -> ScorecardError:
    return ScorecardError(f"{name} {what}; {PUBLISH_AGAIN}")
