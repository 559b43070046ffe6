"""A scorecard as native Spark expressions: no Python runs for a row, and the plan says how it is scored."""

from __future__ import annotations

from pyspark.sql import Column
from pyspark.sql import functions as F

from jobs.models.scorecard import MISSING, SPECIAL, SPECIAL_NUMBERS, UNSEEN, Feature, Population, Scorecard

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
    if feature.type == "string":
        return _woe_of_category(feature)
    value = F.col(feature.name).cast("double")
    is_missing = value.isNull() | F.isnan(value)
    is_special = value.isin([*SPECIAL_NUMBERS.values(), *feature.special_codes])
    chosen = F.when(is_missing, F.lit(feature.missing)).when(is_special, F.lit(feature.special))
    for one in feature.bins[:-1]:
        chosen = chosen.when(value < F.lit(one.below), F.lit(one.weight_of_evidence))
    return chosen.otherwise(F.lit(feature.bins[-1].weight_of_evidence))  # the last bin has no upper edge


def bin_number(feature: Feature) -> Column:
    """The position of the bin whose weight `weight_of_evidence` gives; MISSING, SPECIAL and UNSEEN below 0."""
    if feature.type == "string":
        value = F.col(feature.name)
        chosen = F.when(value.isNull(), F.lit(MISSING))
        for position, one in enumerate(feature.bins):
            chosen = chosen.when(value.isin(list(one.categories)), F.lit(position))
        return chosen.otherwise(F.lit(UNSEEN))
    number = F.col(feature.name).cast("double")
    is_special = number.isin([*SPECIAL_NUMBERS.values(), *feature.special_codes])
    chosen = F.when(number.isNull() | F.isnan(number), F.lit(MISSING)).when(is_special, F.lit(SPECIAL))
    for position, one in enumerate(feature.bins[:-1]):
        chosen = chosen.when(number < F.lit(one.below), F.lit(position))
    return chosen.otherwise(F.lit(len(feature.bins) - 1))


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


def _woe_of_category(feature: Feature) -> Column:
    value = F.col(feature.name)
    chosen = F.when(value.isNull(), F.lit(feature.missing))
    for one in feature.bins:
        chosen = chosen.when(value.isin(list(one.categories)), F.lit(one.weight_of_evidence))
    return chosen.otherwise(F.lit(feature.unseen))  # the stated rule for a category that training never saw
