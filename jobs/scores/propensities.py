"""What each customer will probably do, from the propensities of the last training."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from jobs.models.propensity import CHANNEL_FEATURE, CHANNELS, Propensity, Uplift, read_propensity, read_uplift
from jobs.models.scorecard import refuse_other_features
from jobs.scores.trees_in_batches import TreeHead, raw_scores_of_trees
from schemas.columns import CONTACT_CHANNELS
from schemas.models.card_propensity import STEPS
from schemas.models.churn import POPULATION_LEAST, POPULATION_MARKER
from schemas.profiles.customer_profiles import CUSTOMER_PROFILES

WHAT_OF_STEP = dict(zip(STEPS, ("card_application", "card_approval", "card_activation"), strict=True))
CHURN = "churn"
MODEL_OF = {what: step for step, what in WHAT_OF_STEP.items()} | {CHURN: "is_churned", "contact_response": "responds"}
"""By what is told, the model that tells it."""
Models = Mapping[str, Propensity]


def build(
    customer_profiles: DataFrame,
    card_propensity: Mapping[str, Any],
    churn: Mapping[str, Any],
    response: Mapping[str, Any],
    *,
    as_of: date,  # noqa: ARG001
) -> DataFrame:
    """One row per customer; customers outside the population of churn have no probability of it.

    ScorecardError when a model is incomplete or altered, or was trained on other features than the profile's.
    """
    steps = {step: _read("card_propensity", card_propensity, step) for step in STEPS}
    models = {
        **steps,
        "is_churned": _read("churn", churn, "is_churned"),
        "responds": _read("response", response, "responds"),
    }
    uplift = read_uplift(
        "models/response: uplift.json",
        response["uplift.json"],
        response["uplift_of_contacted.txt"],
        response["uplift_of_controls.txt"],
    )
    refuse_other_features(uplift, (*CUSTOMER_PROFILES.columns, *CHANNELS))
    for model in models.values():
        refuse_other_features(model, (*CUSTOMER_PROFILES.columns, *CHANNELS))
    has_rhythm = F.coalesce(F.col(POPULATION_MARKER) >= POPULATION_LEAST, F.lit(False))
    scored = raw_scores_of_trees(customer_profiles, _heads(models, uplift), carried={"has_rhythm": has_rhythm})
    return _described(scored, models, uplift)


def _read(document: str, files: Mapping[str, Any], name: str) -> Propensity:
    return read_propensity(f"models/{document}: {name}.json", files[f"{name}.json"], files[f"{name}.txt"])


def _heads(models: Models, uplift: Uplift) -> list[TreeHead]:
    """Every set of trees there is; one that depends on the channel once for each."""
    plain = [TreeHead(name, model.trees, model.features) for name, model in models.items() if name != "responds"]
    of_channel = [
        TreeHead(f"{name}_{channel}", trees, features, _through(channel))
        for name, trees, features in (
            ("responds", models["responds"].trees, models["responds"].features),
            ("contacted", uplift.trees_of_contacted, uplift.features),
            ("controls", uplift.trees_of_controls, uplift.features),
        )
        for channel in CONTACT_CHANNELS
    ]
    return [head for head in (*plain, *of_channel) if head.features]


def _through(channel: str) -> dict[str, float]:
    return {CHANNEL_FEATURE.format(channel=one): float(one == channel) for one in CONTACT_CHANNELS}


def _described(scored: DataFrame, models: Models, uplift: Uplift) -> DataFrame:
    uplifts = {channel: F.col(f"contact_uplift_{channel}") for channel in CONTACT_CHANNELS}
    greatest = F.greatest(*uplifts.values())
    best = F.coalesce(*(F.when(added == greatest, F.lit(channel)) for channel, added in uplifts.items()))
    responds = F.coalesce(
        *(
            F.when(F.col("best_contact_channel") == channel, _log_odds(models["responds"], f"responds_{channel}"))
            for channel in CONTACT_CHANNELS
        )
    )
    return (
        scored.withColumns({f"contact_uplift_{channel}": _added(uplift, channel) for channel in CONTACT_CHANNELS})
        .withColumns({"best_contact_channel": best, "models": _answered(models, uplift)})
        .withColumns({f"{what}_log_odds": log_odds for what, log_odds in _all_log_odds(models, responds).items()})
        .withColumns({f"{what}_probability": _probability(F.col(f"{what}_log_odds")) for what in MODEL_OF})
        .withColumns({f"{what}_points": _points(what, models[model]) for what, model in MODEL_OF.items()})
    )


def _all_log_odds(models: Models, responds: Column) -> dict[str, Column]:
    """ln(odds of the event) by what it is the event of."""
    steps = {what: _log_odds(models[step], step) for step, what in WHAT_OF_STEP.items()}
    churns = F.when(F.col("has_rhythm"), _log_odds(models["is_churned"], "is_churned"))
    return {**steps, CHURN: churns, "contact_response": responds}


def _log_odds(model: Propensity, raw: str) -> Column:
    """Those of the base rate where there are no trees."""
    return F.lit(model.intercept) + (F.lit(model.slope) * F.col(raw) if model.features else F.lit(0.0))


def _probability(log_odds: Column) -> Column:
    return F.lit(1.0) / (F.lit(1.0) + F.exp(-log_odds))


def _points(what: str, model: Propensity) -> Column:
    """Points rounded once, halves up; whoever stops buying is who we lose."""
    wished_for = -F.col(f"{what}_log_odds") if what == CHURN else F.col(f"{what}_log_odds")
    return F.floor(F.lit(model.offset) + F.lit(model.factor) * wished_for + 0.5).cast("int")


def _added(uplift: Uplift, channel: str) -> Column:
    """What a message through the channel adds; a probability grows and falls by 1 at most."""
    if not uplift.features:
        return F.lit(uplift.mean)
    share = F.lit(uplift.contacted_share)
    effect = share * F.col(f"contacted_{channel}") + (F.lit(1.0) - share) * F.col(f"controls_{channel}")
    added = F.lit(uplift.mean) + F.lit(uplift.slope) * (effect - F.lit(uplift.centre))
    return F.least(F.greatest(added, F.lit(-1.0)), F.lit(1.0))


def _answered(models: Models, uplift: Uplift) -> Column:
    facts = [(name, model.model_version, model.fallback) for name, model in models.items()]
    facts.append(("uplift", uplift.model_version, uplift.fallback))
    return F.array(
        *(
            F.struct(
                F.lit(name).alias("model"),
                F.lit(model_version).alias("model_version"),
                F.lit(bool(fallback)).alias("is_fallback"),
            )
            for name, model_version, fallback in facts
        )
    )
