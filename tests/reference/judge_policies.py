"""What contacting the best tenth by a published score truly adds, in a world that knows what every message adds.

    python -m tests.reference.judge_policies --business-date 2026-03-31 --truth FOLDER     prints one object of JSON

Everybody known on the newest observation date is scored by the published models as a night scores them. Each policy
writes to the tenth that its score likes best, through the channel that `scores/propensities` names best; the truth says
how many more apply for it. Applications to come would tell the same with the noise of a few hundred of them.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from pyspark.sql import functions as F

from jobs.inputs import Dates
from jobs.models.feature_bins import Floats
from jobs.models.qini import TOP_SHARE
from jobs.scores import propensities
from jobs.settings import read_settings
from jobs.spark import open_session
from schemas.columns import CONTACT_CHANNELS
from schemas.labels.credit_default import observation_dates
from schemas.models.card_propensity import CARD_PROPENSITY
from schemas.models.churn import CHURN_MODEL
from schemas.models.observations import OBSERVATIONS
from schemas.models.response import RESPONSE_MODEL
from schemas.scores.propensities import MODEL_OF
from tests.reference.true_people import World, print_verdict

DRAWS = 400
SEED = 20260331


def judge(world: World) -> dict[str, Any]:
    """Mean true uplift of the best tenth by each score, with intervals, and of everybody."""
    scored = scored_customers(world).merge(world.persons(), on="customer_id", how="inner")
    truth = world.truth("uplifts").pivot(index="person_id", columns="contact_channel", values="uplift")
    added = truth.loc[scored["person_id"], list(CONTACT_CHANNELS)].to_numpy()
    channel = scored["best_contact_channel"].map({name: place for place, name in enumerate(CONTACT_CHANNELS)})
    through_best = added[np.arange(len(scored)), channel.to_numpy()]
    best = {
        "uplift": scored[[f"contact_uplift_{name}" for name in CONTACT_CHANNELS]].max(axis=1).to_numpy(),
        "response": scored["contact_response_probability"].to_numpy(),
    }
    tenth = {name: best_tenth(score) for name, score in best.items()}
    uplift, response = (through_best[tenth[name]] for name in ("uplift", "response"))
    judged = world.document(RESPONSE_MODEL)["uplift.json"]
    return {
        "customers": len(scored),
        "written_to": len(uplift),
        "true_uplift": {"uplift": uplift.mean(), "response": response.mean(), "everybody": through_best.mean()},
        "oracle": float(np.sort(added.max(axis=1))[-len(uplift) :].mean()),
        "interval": {"uplift": interval(uplift), "uplift_less_response": interval_of_difference(uplift, response)},
        "driven_away": {name: float((through_best[who] < 0).mean()) for name, who in tenth.items()},
        "fallback": judged["fallback"],
        "judged_on_messages": judged["judged"],
        "messages": judged["trained_on"]["rows"],
    }


def scored_customers(world: World) -> pd.DataFrame:
    """Propensities of everybody known on the newest observation date."""
    settings = read_settings()
    session = open_session(remote=None, cores=2, memory=settings.spark_memory, shuffle_partitions=8)
    partition = Dates(world.business_date, world.business_date).partition(OBSERVATIONS)
    seen = session.read.parquet(*map(str, world.lake.local_files(partition)))
    newest = seen.where(F.col("observation_date") == max(observation_dates(world.business_date)))
    newest = newest.withColumn("identity_confidence", F.lit(None).cast("double"))  # of profiles only; judges nothing
    models = [world.document(document) for document in (CARD_PROPENSITY, CHURN_MODEL, RESPONSE_MODEL)]
    scores = propensities.build(newest, *models, as_of=world.business_date)
    scores = scores.drop("models", *(f"{what}_reasons" for what in MODEL_OF))
    found: pd.DataFrame = scores.toArrow().to_pandas().sort_values("customer_id", ignore_index=True)
    session.stop()
    return found


def best_tenth(score: Floats) -> Any:
    """The positions of the best tenth; equal scores by position."""
    return np.argsort(-score, kind="stable")[: round(TOP_SHARE * len(score))]


def interval(values: Floats) -> list[float]:
    """Bootstrapped, 95 %."""
    return _quantiles(_drawn_means(values, np.random.default_rng(SEED)))


def interval_of_difference(values: Floats, others: Floats) -> list[float]:
    """Bootstrapped, 95 %; the two tenths drawn apart, which is wide where they share people."""
    chance = np.random.default_rng(SEED)
    return _quantiles(_drawn_means(values, chance) - _drawn_means(others, chance))


def _drawn_means(values: Floats, chance: np.random.Generator) -> Floats:
    return np.array([values[chance.integers(0, len(values), len(values))].mean() for _ in range(DRAWS)])


def _quantiles(drawn: Floats) -> list[float]:
    return [float(value) for value in np.quantile(drawn, (0.025, 0.975))]


if __name__ == "__main__":
    print_verdict(judge, str(__doc__))
