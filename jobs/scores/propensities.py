"""What each customer will probably do, from the propensities of the last training, and why."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import date
from typing import Any

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from jobs.models.propensity import CHANNEL_FEATURE, CHANNELS, Propensity, Uplift, read_propensity, read_uplift
from jobs.models.scorecard import refuse_other_features
from jobs.scores.published_scores import is_low_identity_confidence
from jobs.scores.tree_reasons import no_reasons, told
from jobs.scores.trees_in_batches import TreeHead, raw_scores_of_trees
from schemas.columns import CONTACT_CHANNELS
from schemas.models.card_propensity import STEPS
from schemas.models.churn import RHYTHM, RHYTHM_COLUMNS
from schemas.profiles.customer_profiles import CUSTOMER_PROFILES
from schemas.scores.customer_scores import GRADES
from schemas.scores.propensities import MODEL_OF, TIMES_USUAL

CHURN = "churn"
HAS_RHYTHM = "has_rhythm"
RAREST = 1e-6
"""No rate is taken to be nearer to never or always: it has no odds."""

Models = Mapping[str, Propensity]


def build(
    customer_profiles: DataFrame,
    card_propensity: Mapping[str, Any],
    churn: Mapping[str, Any],
    response: Mapping[str, Any],
    *,
    profiles_30d_ago: DataFrame | None = None,
    as_of: date,  # noqa: ARG001
) -> DataFrame:
    """One row per customer; customers outside the population of churn have no probability of it.

    profiles_30d_ago: the same of 30 days before, which may lack columns; the same models tell of them anew.
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
    tonight = _described(_scored(customer_profiles, models, uplift, with_reasons=True), models, uplift)
    tonight = tonight.withColumns({f"{what}_reasons": _reasons(what, models[name]) for what, name in MODEL_OF.items()})
    before = None
    if profiles_30d_ago is not None and _read_by(models, uplift) <= set(profiles_30d_ago.columns):
        before = _described(_scored(profiles_30d_ago, models, uplift, with_reasons=False), models, uplift)
    return _with_change(tonight, before)


def _read(document: str, files: Mapping[str, Any], name: str) -> Propensity:
    return read_propensity(f"models/{document}: {name}.json", files[f"{name}.json"], files[f"{name}.txt"])


def _read_by(models: Models, uplift: Uplift) -> set[str]:
    """The columns of a profile that any of the models reads."""
    of_models = {feature.name for model in models.values() for feature in model.features}
    features = of_models | {feature.name for feature in uplift.features}
    return {*RHYTHM_COLUMNS, "identity_confidence"} | features - {channel.name for channel in CHANNELS}


def _scored(profiles: DataFrame, models: Models, uplift: Uplift, *, with_reasons: bool) -> DataFrame:
    """One row per customer with the raw score of every head, and with the reasons of what is told of them."""
    has_rhythm = F.coalesce(F.expr(RHYTHM), F.lit(False))
    heads = _heads(models, uplift, with_reasons=with_reasons)
    carried = {HAS_RHYTHM: has_rhythm, "is_low_identity_confidence": is_low_identity_confidence()}
    return raw_scores_of_trees(profiles, heads, carried=carried)


def _heads(models: Models, uplift: Uplift, *, with_reasons: bool) -> list[TreeHead]:
    """Every set of trees there is; one that depends on the channel once for each."""

    def head(name: str, model: Propensity, channel: str = "") -> TreeHead:
        is_churn = name == MODEL_OF[CHURN]
        return TreeHead(
            f"{name}_{channel}" if channel else name,
            model.trees,
            model.features,
            _through(channel) if channel else {},
            points_per_raw=(1 if is_churn else -1) * model.factor * model.slope if with_reasons else 0.0,
            reasons_if=HAS_RHYTHM if is_churn else "",
        )

    def of_uplift(name: str, trees: str, channel: str) -> TreeHead:
        return TreeHead(f"{name}_{channel}", trees, uplift.features, _through(channel))

    heads = [head(name, model) for name, model in models.items() if name != "responds"]
    for channel in CONTACT_CHANNELS:
        heads.append(head("responds", models["responds"], channel))
        heads.append(of_uplift("contacted", uplift.trees_of_contacted, channel))
        heads.append(of_uplift("controls", uplift.trees_of_controls, channel))
    return [one for one in heads if one.features]


def _through(channel: str) -> dict[str, float]:
    return {CHANNEL_FEATURE.format(channel=one): float(one == channel) for one in CONTACT_CHANNELS}


def _described(scored: DataFrame, models: Models, uplift: Uplift) -> DataFrame:
    uplifts = {channel: F.col(f"contact_uplift_{channel}") for channel in CONTACT_CHANNELS}
    greatest = F.greatest(*uplifts.values())
    best = F.coalesce(*(F.when(added == greatest, F.lit(channel)) for channel, added in uplifts.items()))
    responds = _through_best({one: _log_odds(models["responds"], f"responds_{one}") for one in CONTACT_CHANNELS})
    return (
        scored.withColumns({f"contact_uplift_{channel}": _added(uplift, channel) for channel in CONTACT_CHANNELS})
        .withColumns({"best_contact_channel": best, "models": _answered(models, uplift)})
        .withColumns({f"{what}_log_odds": log_odds for what, log_odds in _all_log_odds(models, responds).items()})
        .withColumns({f"{what}_probability": _probability(F.col(f"{what}_log_odds")) for what in MODEL_OF})
        .withColumns({f"{what}_points": _points(what, models[model]) for what, model in MODEL_OF.items()})
        .withColumns({f"{what}_grade": _grade(what, models[model]) for what, model in MODEL_OF.items()})
    )


def _with_change(tonight: DataFrame, before: DataFrame | None) -> DataFrame:
    """How far the points are from those of 30 days before, by the same models; null where nothing is known of then."""
    changes = {what: f"{what}_change_30d" for what in MODEL_OF}
    if before is None:
        return tonight.withColumns({change: F.lit(None).cast("int") for change in changes.values()})
    points = (F.col(f"{what}_points").alias(change) for what, change in changes.items())
    joined = tonight.join(before.select("customer_id", *points), "customer_id", how="left")
    return joined.withColumns({change: F.col(f"{what}_points") - F.col(change) for what, change in changes.items()})


def _through_best(by_channel: Mapping[str, Column]) -> Column:
    """That of the channel with the greatest uplift."""
    return F.coalesce(*(F.when(F.col("best_contact_channel") == one, value) for one, value in by_channel.items()))


def _reasons(what: str, model: Propensity) -> Column:
    """What costs points, in words; of a message through the channel that is best for the customer."""
    name = MODEL_OF[what]
    if not model.features or model.slope == 0:
        return no_reasons()
    if name != "responds":
        return told(F.col(f"{name}_reasons"), model.features)
    return told(_through_best({one: F.col(f"{name}_{one}_reasons") for one in CONTACT_CHANNELS}), model.features)


def _all_log_odds(models: Models, responds: Column) -> dict[str, Column]:
    """ln(odds of the event) by what it is the event of."""
    steps = {what: _log_odds(models[name], name) for what, name in MODEL_OF.items() if name in STEPS}
    churns = F.when(F.col(HAS_RHYTHM), _log_odds(models["is_churned"], "is_churned"))
    return {**steps, CHURN: churns, "contact_response": responds}


def _log_odds(model: Propensity, raw: str) -> Column:
    """Those of the base rate where there are no trees."""
    return F.lit(model.intercept) + (F.lit(model.slope) * F.col(raw) if model.features else F.lit(0.0))


def _probability(log_odds: Column) -> Column:
    return F.lit(1.0) / (F.lit(1.0) + F.exp(-log_odds))


def _points(what: str, model: Propensity) -> Column:
    """Points rounded once, halves up."""
    return F.floor(F.lit(model.offset) + F.lit(model.factor) * _wished_for(what) + 0.5).cast("int")


def _grade(what: str, model: Propensity) -> Column:
    """The first grade whose times of the usual odds are reached; null where a declared rate answers."""
    if not model.features:
        return F.lit(None).cast("string")
    rate = min(max(model.observed_rate, RAREST), 1 - RAREST)
    usual = math.log(rate / (1 - rate)) * (-1 if what == CHURN else 1)
    reached = [
        F.when(_wished_for(what) >= F.lit(usual + math.log(times)), F.lit(name))
        for name, times in zip(GRADES, TIMES_USUAL, strict=False)
    ]
    return F.coalesce(*reached, F.when(_wished_for(what).isNotNull(), F.lit(GRADES[-1])))


def _wished_for(what: str) -> Column:
    """ln(odds) of what is wished for: whoever stops buying is who we lose."""
    return -F.col(f"{what}_log_odds") if what == CHURN else F.col(f"{what}_log_odds")


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
