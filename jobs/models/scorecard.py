"""A scorecard as it is stored: sealed against change, and read strictly.

Whoever scores needs the JSON only; the libraries that fitted the scorecard are not imported here.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import Any, Protocol

from schemas.table import Column

FORMAT = 3
ODDS_DIRECTION = "good:bad"
SPECIAL_NUMBERS: Mapping[str, float] = {"-Infinity": -math.inf, "Infinity": math.inf}
"""Values that are numbers to a machine and nonsense to a person; JSON has no word of its own for them."""

MISSING, SPECIAL, UNSEEN = -3, -2, -1
"""Numbers of the bins that hold no stretch of values: not known, no quantity, a category that training never saw."""

SEAL = ("model_version", "content_sha256")
NAME, PUBLISH_AGAIN = "models/credit_score: scorecard.json", "publish it again: python -m jobs.run train"
UNDATED = "undated"


class ScorecardError(ValueError):
    """A stored scorecard must not be used to score; the message says why, and what to do."""

    exit_code = 2  # the same data give the same answer: trying again does not help


@dataclass(frozen=True)
class Bin:
    """A stretch of values with one weight of evidence, ln(share of goods / share of bads): higher is safer.

    Numbers: at_least <= value < below, None being no bound. Categories: `categories`, and no bounds.
    """

    weight_of_evidence: float
    at_least: float | None = None
    below: float | None = None
    categories: tuple[str, ...] = ()


@dataclass(frozen=True)
class Feature:
    """One characteristic of the scorecard; `weight` turns weight of evidence into ln(odds good:bad), always above 0.

    special_codes: numbers that are no quantity, such as -999 for "not asked"; they weigh `special`, as infinities do.
    """

    name: str
    type: str
    meaning: str
    weight: float
    bins: tuple[Bin, ...]
    missing: float
    special: float
    unseen: float
    special_codes: tuple[float, ...] = ()

    @property
    def best(self) -> Bin:
        """The bin with the highest weight of evidence; the first of equals."""
        return max(self.bins, key=lambda one: one.weight_of_evidence)


@dataclass(frozen=True)
class Population:
    """Who the scorecard was learnt on: customers whose `marker` is at least 1.

    known_of_it_only: features that nobody outside the population can have. Missing means something else there ("has no
    history", not "nothing due lately"), of which nothing was learnt; so outside they weigh nothing either way.
    """

    meaning: str
    marker: str
    known_of_it_only: tuple[str, ...]


@dataclass(frozen=True)
class Scorecard:
    """Everything needed to score. score = offset + factor * ln(odds good:bad).

    population: None where the scorecard was learnt on everyone it may score.
    """

    model_version: str
    intercept: float
    offset: float
    factor: float
    features: tuple[Feature, ...]
    population: Population | None = None

    def is_known_of_population_only(self, feature: Feature) -> bool:
        """Whether the feature weighs nothing outside the population."""
        return self.population is not None and feature.name in self.population.known_of_it_only


def content_hash(content: Mapping[str, Any]) -> str:
    """SHA-256 over the scorecard without its seal, whatever its layout in the file."""
    unsealed = {name: value for name, value in content.items() if name not in SEAL}
    return hashlib.sha256(_canonical(unsealed)).hexdigest()


def seal(content: Mapping[str, Any], as_of: date | None) -> dict[str, Any]:
    """The content with its hash and the model version `<as_of>-<first 12 digits of the hash>`; see `named_day`."""
    digest = content_hash(content)
    return {**content, "content_sha256": digest, "model_version": f"{named_day(as_of)}-{digest[:12]}"}


def named_day(as_of: date | None) -> str:
    """The day that a model describes, as its version says it; a table without time gives a model without a day."""
    return UNDATED if as_of is None else as_of.isoformat()


def feature_fingerprint(features: Sequence[tuple[str, str, str]]) -> str:
    """SHA-256 over names, types and meanings: the same fingerprint means the same features."""
    return hashlib.sha256(_canonical(sorted(list(feature) for feature in features))).hexdigest()


def read_scorecard(content: Mapping[str, Any], *, name: str = NAME, cure: str = PUBLISH_AGAIN) -> Scorecard:
    """The scorecard in the JSON; ScorecardError when a piece is missing, altered, or contradicts another.

    name, cure: what the error calls it, and what to do.
    """
    try:
        scorecard = _parse(content)
        _refuse_altered(content)
    except ScorecardError as error:
        raise ScorecardError(f"{name} {error}; {cure}") from None
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        reason = f"lacks {error}" if isinstance(error, KeyError) else "has a value of the wrong type"
        raise ScorecardError(f"{name} {reason}; {cure}") from None
    return scorecard


def refuse_other_fingerprint(content: Mapping[str, Any]) -> None:
    """ScorecardError when the fingerprint is not that of the features beside it."""
    features = [(one["name"], one["type"], one["meaning"]) for one in content["features"]]
    if content["feature_fingerprint"] != feature_fingerprint(features):
        raise ScorecardError("has a feature fingerprint that its features contradict")


class LearntFeature(Protocol):
    """A feature as a stored model names it."""

    @property
    def name(self) -> str: ...  # noqa: D102
    @property
    def type(self) -> str: ...  # noqa: D102
    @property
    def meaning(self) -> str: ...  # noqa: D102


class LearntModel(Protocol):
    """A stored model of any kind."""

    @property
    def model_version(self) -> str: ...  # noqa: D102
    @property
    def features(self) -> Sequence[LearntFeature]: ...  # noqa: D102
    @property
    def population(self) -> Population | None: ...  # noqa: D102


def refuse_other_features(scorecard: LearntModel, columns: Sequence[Column]) -> None:
    """ScorecardError when a feature is gone or has changed type or meaning since training: weights would not fit."""
    known = {column.name: (column.type, column.meaning) for column in columns}
    changed = [f.name for f in scorecard.features if known.get(f.name) != (f.type, f.meaning)]
    if scorecard.population and scorecard.population.marker not in known:
        changed.append(scorecard.population.marker)
    if changed:
        raise ScorecardError(
            f"models/credit_score: {scorecard.model_version} was trained on features that are gone or have "
            f"another type or meaning now: {', '.join(changed)}; train again: python -m jobs.run train"
        )


def _canonical(value: object) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False, ensure_ascii=False).encode()


def _parse(content: Mapping[str, Any]) -> Scorecard:
    scale = content["scale"]
    if content["format"] != FORMAT or scale["odds_direction"] != ODDS_DIRECTION:
        raise ScorecardError(f"is not of format {FORMAT} with odds {ODDS_DIRECTION}")
    codes = tuple(_number(code) for code in content["special_codes"])
    scorecard = Scorecard(
        model_version=content["model_version"],
        intercept=_number(content["log_odds"]["intercept"]),
        offset=_number(scale["offset"]),
        factor=_number(scale["factor"]),
        features=tuple(_feature(one, codes) for one in content["features"]),
        population=_population(content["population"]),
    )
    factor = _number(scale["points_to_double_odds"]) / math.log(2)
    offset = _number(scale["score_at_odds"]) - factor * math.log(_number(scale["odds"]))
    if not (math.isclose(factor, scorecard.factor) and math.isclose(offset, scorecard.offset)):
        raise ScorecardError("has a factor or offset that its own scale contradicts")
    if not scorecard.features:
        raise ScorecardError("has no features")
    _refuse_other_points(content, scorecard)
    return scorecard


def _population(content: Mapping[str, Any] | None) -> Population | None:
    if content is None:
        return None
    return Population(content["meaning"], content["marker"], tuple(content["known_of_it_only"]))


def _feature(content: Mapping[str, Any], special_codes: tuple[float, ...]) -> Feature:
    is_category = content["type"] == "string"
    bins = tuple(_bin(one, is_category=is_category) for one in content["bins"])
    edges = [(one.at_least, one.below) for one in bins]
    closed = [edges[0][0], edges[-1][1]] == [None, None] and all(
        left[1] is not None and left[1] == right[0] for left, right in pairwise(edges)
    )
    inner = [one.below for one in bins[:-1] if one.below is not None]
    if not is_category and not (closed and inner == sorted(set(inner))):
        raise ScorecardError(f"has bins with gaps or in disorder for {content['name']}")
    if _number(content["weight"]) <= 0:
        raise ScorecardError(f"rewards risk: the weight of {content['name']} is not above 0")
    return Feature(
        name=content["name"],
        type=content["type"],
        meaning=content["meaning"],
        weight=content["weight"],
        bins=bins,
        missing=_number(content["missing"]["weight_of_evidence"]),
        special=_number(content["special"]["weight_of_evidence"]),
        unseen=_number(content["unseen_category"]["weight_of_evidence"]),
        special_codes=() if is_category else special_codes,
    )


def _bin(content: Mapping[str, Any], *, is_category: bool) -> Bin:
    woe = _number(content["weight_of_evidence"])
    if is_category:
        return Bin(woe, categories=tuple(content["categories"]))
    at_least, below = content["at_least"], content["below"]
    return Bin(
        woe,
        at_least=None if at_least is None else _number(at_least),
        below=None if below is None else _number(below),
    )


def _refuse_other_points(content: Mapping[str, Any], scorecard: Scorecard) -> None:
    """The points people read must be those that are scored."""
    for stored, feature in zip(content["features"], scorecard.features, strict=True):
        parts = [*stored["bins"], stored["missing"], stored["special"], stored["unseen_category"]]
        for part in parts:
            points = scorecard.factor * feature.weight * part["weight_of_evidence"]
            if not math.isclose(part["points"], points, rel_tol=1e-9, abs_tol=1e-9):
                raise ScorecardError(f"has points that its weights contradict for {feature.name}")


def _refuse_altered(content: Mapping[str, Any]) -> None:
    refuse_other_fingerprint(content)
    digest = content_hash(content)
    if content["content_sha256"] != digest or content["model_version"] != f"{content['as_of']}-{digest[:12]}":
        raise ScorecardError("was altered after it was sealed: its hash differs")


def _number(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        raise TypeError("not a finite number")
    return value
