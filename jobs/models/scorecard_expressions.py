"""A scorecard as native Spark expressions: no Python runs for a row, and the plan says how it is scored."""

from __future__ import annotations

import math
from collections.abc import Sequence

from pyspark.sql import Column
from pyspark.sql import functions as F

from jobs.models.scorecard import MISSING, SPECIAL, UNSEEN, Feature, Population, Scorecard

WOE_PREFIX = "weight_of_evidence_of_"


def score_expressions(scorecard: Scorecard) -> list[Column]:
    """One column for each feature, named by `woe_column`, from which all others of this module are made."""
    return [_in_population(scorecard, feature).alias(woe_column(feature)) for feature in scorecard.features]


def is_inside(population: Population) -> Column:
    """Whether the customer belongs to those the scorecard was learnt on; never null."""
    return F.coalesce(F.col(population.marker) >= 1, F.lit(False))


def woe_column(feature: Feature) -> str:
    """The name under which `weight_of_evidence` is kept beside the feature."""
    return WOE_PREFIX + feature.name


def weight_of_evidence(feature: Feature) -> Column:
    """The feature's weight of evidence; null and NaN are missing, infinities and codes are special."""
    of_bins = [one.weight_of_evidence for one in feature.bins]
    return _chosen(feature, of_bins, missing=feature.missing, special=feature.special, unseen=feature.unseen)


def bin_number(feature: Feature) -> Column:
    """The position of the bin whose weight `weight_of_evidence` gives; MISSING, SPECIAL and UNSEEN below 0."""
    return _chosen(feature, range(len(feature.bins)), missing=MISSING, special=SPECIAL, unseen=UNSEEN)


def log_odds(scorecard: Scorecard) -> Column:
    """ln(odds good:bad) from the columns named by `woe_column`, added up in the order of the scorecard."""
    total = F.lit(scorecard.intercept)
    for feature in scorecard.features:
        total = total + F.lit(feature.weight) * F.col(woe_column(feature))
    return total


def points_lost(scorecard: Scorecard, feature: Feature) -> Column:
    """Points between the feature's best bin and the customer's; below 0 where missing or special is better still."""
    loss = F.lit(feature.best.weight_of_evidence) - F.col(woe_column(feature))
    return F.lit(scorecard.factor * feature.weight) * loss


def _in_population(scorecard: Scorecard, feature: Feature) -> Column:
    """The weight of evidence, 0 for a feature that a customer outside the population cannot have."""
    if scorecard.population is None or not scorecard.is_known_of_population_only(feature):
        return weight_of_evidence(feature)
    return F.when(is_inside(scorecard.population), weight_of_evidence(feature)).otherwise(F.lit(0.0))


def _chosen(feature: Feature, of_bins: Sequence[float], *, missing: float, special: float, unseen: float) -> Column:
    """What the bin of the customer's value is given, or what is given to a value in no bin."""
    if feature.type == "string":
        return _chosen_of_words(feature, of_bins, missing=missing, unseen=unseen)
    value = F.col(feature.name).cast("double")
    edges = [one.below for one in feature.bins[:-1] if one.below is not None]  # the last bin has no upper edge
    is_plain = F.abs(value) < F.lit(math.inf)  # not of NaN, which is greater than all numbers; null of null
    if feature.special_codes:
        is_plain &= ~value.isin(list(feature.special_codes))
    chosen = F.when(is_plain, _halved(value, edges, of_bins))
    return chosen.when(value.isNull() | F.isnan(value), F.lit(missing)).otherwise(F.lit(special))


def _halved(value: Column, edges: Sequence[float], of_bins: Sequence[float]) -> Column:
    """What is given to the bin of a finite value, found by halving: of eight bins, three comparisons tell which."""
    if not edges:
        return F.lit(of_bins[0])
    middle = len(edges) // 2
    lower = _halved(value, edges[:middle], of_bins[: middle + 1])
    upper = _halved(value, edges[middle + 1 :], of_bins[middle + 1 :])
    return F.when(value < F.lit(edges[middle]), lower).otherwise(upper)


def _chosen_of_words(feature: Feature, of_bins: Sequence[float], *, missing: float, unseen: float) -> Column:
    value = F.col(feature.name)
    chosen = F.when(value.isNull(), F.lit(missing))
    for one, given in zip(feature.bins, of_bins, strict=True):
        chosen = chosen.when(value.isin(list(one.categories)), F.lit(given))
    return chosen.otherwise(F.lit(unseen))  # the stated rule for a category that training never saw
