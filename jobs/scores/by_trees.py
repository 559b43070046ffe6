"""Profiles scored by the trees of a challenger, with the reasons."""

from __future__ import annotations

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from jobs.models.challenger import Challenger
from jobs.models.scorecard_expressions import is_inside
from jobs.scores.published_scores import is_low_identity_confidence, published, readable, with_change
from jobs.scores.tree_reasons import told
from jobs.scores.trees_in_batches import TreeHead, raw_scores_of_trees

RAW = "raw"
IS_ASKED = "is_inside"


def score_by_trees(profiles: DataFrame, challenger: Challenger, profiles_30d_ago: DataFrame | None) -> DataFrame:
    """One row per customer, as all scores are published; no score outside the population of the challenger.

    profiles_30d_ago: the same of 30 days before, which the same trees score anew.
    """
    carried = {IS_ASKED: _is_asked(challenger), "is_low_identity_confidence": is_low_identity_confidence()}
    raw = raw_scores_of_trees(profiles, [_head(challenger, with_reasons=True)], carried=carried)
    scored = raw.select(
        "customer_id",
        _log_odds(challenger).alias("log_odds"),
        told(F.col(f"{RAW}_reasons"), challenger.features).alias("reasons"),
        (~F.col(IS_ASKED)).alias("is_thin_file"),
        "is_low_identity_confidence",
    )
    before = readable(profiles_30d_ago, challenger)
    return with_change(
        published(scored, challenger), None if before is None else log_odds_of_trees(before, challenger), challenger
    )


def log_odds_of_trees(profiles: DataFrame, challenger: Challenger) -> DataFrame:
    """customer_id and log_odds, ln(odds good:bad); null outside the population of the challenger."""
    raw = raw_scores_of_trees(profiles, [_head(challenger)], carried={IS_ASKED: _is_asked(challenger)})
    return raw.select("customer_id", _log_odds(challenger).alias("log_odds"))


def _head(challenger: Challenger, *, with_reasons: bool = False) -> TreeHead:
    points_per_raw = challenger.factor * challenger.slope if with_reasons else 0.0
    return TreeHead(RAW, challenger.trees, challenger.features, points_per_raw=points_per_raw, reasons_if=IS_ASKED)


def _is_asked(challenger: Challenger) -> Column:
    return F.lit(True) if challenger.population is None else is_inside(challenger.population)


def _log_odds(challenger: Challenger) -> Column:
    log_odds = F.lit(challenger.intercept) - F.lit(challenger.slope) * F.col(RAW)
    return F.when(F.col(IS_ASKED), log_odds)
