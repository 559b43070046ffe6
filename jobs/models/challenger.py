"""A challenger as it is stored: what is said about its trees in JSON, the trees in LightGBM's own text, no pickle.

Read strictly, like a scorecard. The library that grew the trees is not imported here.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from jobs.models.scorecard import PUBLISH_AGAIN, Population, ScorecardError, content_hash, refuse_other_fingerprint

CHALLENGER_FORMAT = 2
KIND = "lightgbm"
NAME = "models/credit_score: challenger.json"


@dataclass(frozen=True)
class TreeFeature:
    """One column the trees read.

    categories: the codes of a string are positions in it; a category that training never saw is missing.
    special_codes: numbers that are no quantity and count as missing.
    instead_of_missing: what a missing number is read as where training never saw one missing, since the trees have no
    branch for it; None where they have one.
    """

    name: str
    type: str
    meaning: str
    categories: tuple[str, ...]
    instead_of_missing: float | None
    special_codes: tuple[float, ...] = ()


@dataclass(frozen=True)
class Challenger:
    """Everything needed to score. ln(odds good:bad) = intercept - slope * raw score of the trees."""

    model_version: str
    features: tuple[TreeFeature, ...]
    trees: str
    intercept: float
    slope: float
    offset: float
    factor: float
    population: Population | None


def sha256_of_trees(trees: str) -> str:
    """The digest by which the JSON names its trees."""
    return hashlib.sha256(trees.encode()).hexdigest()


def read_challenger(
    content: Mapping[str, Any], trees: str, *, name: str = NAME, cure: str = PUBLISH_AGAIN
) -> Challenger:
    """The challenger in the two files; ScorecardError when one lacks a piece, was altered, or is not the other's.

    name, cure: what the error calls it, and what to do.
    """
    try:
        return _read(content, trees)
    except (KeyError, TypeError, AttributeError) as error:
        reason = f"lacks {error}" if isinstance(error, KeyError) else "has a value of the wrong type"
        raise ScorecardError(f"{name} {reason}; {cure}") from None
    except ScorecardError as error:
        raise ScorecardError(f"{name} {error}; {cure}") from None


def _read(content: Mapping[str, Any], trees: str) -> Challenger:
    if content["format"] != CHALLENGER_FORMAT or content["kind"] != KIND:
        raise ScorecardError(f"is not of format {CHALLENGER_FORMAT} of {KIND}")
    digest = content_hash(content)
    if content["content_sha256"] != digest or content["model_version"] != f"{content['as_of']}-{digest[:12]}":
        raise ScorecardError("was altered after it was sealed: its hash differs")
    if content["trees_sha256"] != sha256_of_trees(trees):
        raise ScorecardError("names other trees than those beside it")
    refuse_other_fingerprint(content)
    return _parse(content, trees)


def _parse(content: Mapping[str, Any], trees: str) -> Challenger:
    calibration, scale, population = content["calibration"], content["scale"], content["population"]
    numbers = [calibration["intercept"], calibration["slope"], scale["offset"], scale["factor"]]
    if not all(math.isfinite(number) for number in numbers) or calibration["slope"] <= 0:
        raise ScorecardError("has a calibration or a scale that turns the order of its scores")
    codes = tuple(map(float, content["special_codes"]))
    return Challenger(
        model_version=content["model_version"],
        features=tuple(tree_feature(one, codes) for one in content["features"]),
        trees=trees,
        intercept=calibration["intercept"],
        slope=calibration["slope"],
        offset=scale["offset"],
        factor=scale["factor"],
        population=None
        if population is None
        else Population(population["meaning"], population["marker"], tuple(population["known_of_it_only"])),
    )


def tree_feature(content: Mapping[str, Any], special_codes: tuple[float, ...] = ()) -> TreeFeature:
    """A feature as it is stored; special codes are for numbers."""
    return TreeFeature(
        content["name"],
        content["type"],
        content["meaning"],
        tuple(content["categories"] or ()),
        content["instead_of_missing"],
        () if content["type"] == "string" else special_codes,
    )
