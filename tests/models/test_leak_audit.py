"""The audit passes the families we build, and finds every leak that is planted on purpose."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pyarrow as pa
import pytest
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from jobs.arrow_frames import frame_of
from jobs.models import leak_audit
from jobs.models.attacked_families import FAMILIES, Frames, with_ties
from jobs.models.leak_audit import audit, build
from jobs.relations.leak_audit import DEVIATIONS, EVERY_COLUMN, FAILED, IN_TRUTH, PASSED, Family, Finding
from jobs.relations.ties import had_defaulted
from jobs.spark import another_session
from jobs.windows import happened_by
from schemas.models.leak_audit import CHANGES, LEAK_AUDIT, MEANINGS, NO_ATTACK, VERDICTS
from tests.conftest import rows
from tests.relations.contagion import AS_OF, BEFORE, DAY, LONG_AGO, contagious_world

INFLUENCE, RISK, NEIGHBOURHOOD, _, FLOWS, RINGS = FAMILIES


def sees_ties_of_tomorrow(frames: Frames, as_of: date) -> DataFrame:
    """As if everything had begun long ago."""
    began = {"transfers": "first_transferred_at", "identifier_holders": "first_seen_at", "referrals": "referred_at"}
    early = {name: frames[name].withColumn(at, F.lit(BEFORE)) for name, at in began.items()}
    return INFLUENCE.build(with_ties({**frames, **early}, as_of), as_of)


def sees_payments_of_rings_of_tomorrow(frames: Frames, as_of: date) -> DataFrame:
    return RINGS.build(with_ties(frames, as_of), as_of + timedelta(days=1))


def sees_money_of_tomorrow(frames: Frames, as_of: date) -> DataFrame:
    return FLOWS.build(with_ties(frames, as_of), as_of + timedelta(days=1))


def sees_plans_of_tomorrow(frames: Frames, as_of: date) -> DataFrame:
    opened = frames["instalments"].withColumn("plan_opened_at", F.lit(LONG_AGO))
    return RISK.build({**frames, "instalments": opened}, as_of)


def sees_payments_of_tomorrow(frames: Frames, as_of: date) -> DataFrame:
    """Paid is paid, whenever."""
    is_paid = F.col("settled_date") > F.lit(as_of)
    forgiven = frames["instalments"].withColumn("due_date", F.when(is_paid, F.lit(as_of)).otherwise(F.col("due_date")))
    return NEIGHBOURHOOD.build({**frames, "instalments": forgiven}, as_of)


def sees_defaults_of_tomorrow(frames: Frames, as_of: date) -> DataFrame:
    sooner = frames["instalments"].withColumn("due_date", F.date_sub("due_date", 1))
    return INFLUENCE.build({**frames, "instalments": sooner}, as_of)


def keeps_the_own_default(frames: Frames, as_of: date) -> DataFrame:
    """How many are in default behind the own phones, the customer among them."""
    known = frames["instalments"].where(happened_by("plan_opened_at", as_of) & had_defaulted(as_of))
    bad = known.join(frames["identities"], "source_record_id", how="inner").select("customer_id", F.lit(1).alias("bad"))
    held = frames["identifier_holders"].where(happened_by("first_seen_at", as_of))
    told = held.join(bad.distinct(), "customer_id", how="left")
    counted = told.groupBy("identifier").agg(F.sum("bad").alias("identifier_default_share_mean"))
    return held.join(counted, "identifier", how="inner").select("customer_id", "identifier_default_share_mean")


def sees_the_own_future(frames: Frames, as_of: date) -> DataFrame:
    """Whether the customer will take up a plan: the trace of an outcome."""
    told = keeps_the_own_default(frames, as_of).select("customer_id", F.lit(0.0).alias("value"))
    later = frames["instalments"].where(F.col("due_date") > F.lit(as_of))
    bad = later.join(frames["identities"], "source_record_id", how="inner").select("customer_id").distinct()
    marked = told.join(bad.withColumn("later", F.lit(1.0)), "customer_id", how="left")
    return marked.select("customer_id", F.coalesce("later", "value").alias("default_influence"))


def judges_by_itself(frames: Frames, as_of: date) -> DataFrame:
    """What is told without any relation: the outcomes of this world as a feature."""
    bad = [
        name
        for name, is_bad in zip(*(WORLD.outcomes[c].to_pylist() for c in ("customer_id", "is_default")), strict=True)
        if is_bad
    ]
    plain = F.element_at(F.split("customer_id", "[|]"), -1)
    value = plain.isin(bad).cast("double").alias("default_influence")
    return frames["identities"].select("customer_id", value)


WORLD = contagious_world()
PLANTED = {
    "ties": (sees_ties_of_tomorrow, "default_influence", {"ties of the day after"}),
    "plans": (sees_plans_of_tomorrow, "identifier_default_share_mean", {"plans of the day after"}),
    "payments": (sees_payments_of_tomorrow, "late_neighbour_share", {"payments of the day after"}),
    "defaults": (sees_defaults_of_tomorrow, "default_influence", {"defaults of the day after"}),
    "own": (keeps_the_own_default, "identifier_default_share_mean", {"own label flipped"}),
    "future": (sees_the_own_future, "default_influence", {"outcomes dealt anew", "outcomes of other days"}),
    "rings": (sees_payments_of_rings_of_tomorrow, None, {"ties of the day after"}),
    "flows": (sees_money_of_tomorrow, None, {"ties of the day after"}),
    "itself": (judges_by_itself, "default_influence", {"random graph"}),
}


@pytest.fixture(scope="module")
def found(compiling: SparkSession) -> list[Finding]:
    """All attacks on what we build and on every leak, in one go.

    In a session of its own, which holds the few rows of the worlds as a constant, as that of a training does.
    """
    spark = another_session(compiling, shuffle_partitions=2, few_rows=True)
    planted = [Family(name, leaky, (judged,) if judged else ()) for name, (leaky, judged, _) in PLANTED.items()]
    return audit((*FAMILIES, *planted), WORLD, spark)


def test_t7_what_we_build_passes_every_attack_and_still_tells_who_will_default(found: list[Finding]) -> None:
    ours = [one for one in found if one.family in {family.name for family in FAMILIES}]
    assert [one for one in ours if one.verdict not in (PASSED, IN_TRUTH)] == []
    told = {one.feature: one for one in ours if one.attack == NO_ATTACK}
    assert set(told) == {column for family in FAMILIES for column in family.judged}
    for one in told.values():
        assert one.auc is not None
        assert one.auc_deviation is not None
        assert one.auc > 0.5 + DEVIATIONS * one.auc_deviation, (
            f"the world plants contagion: an honest {one.feature} sees it"
        )
    assert {one.attack for one in ours} == {*CHANGES, *MEANINGS, NO_ATTACK}
    assert {one.verdict for one in found} <= set(VERDICTS)
    assert all(one.customer_count >= 30 for one in ours)


@pytest.mark.parametrize("name", PLANTED)
def test_t7_a_leak_planted_on_purpose_is_found_by_its_attack_and_by_no_other(found: list[Finding], name: str) -> None:
    failed = {one.attack for one in found if one.family == name and one.verdict == FAILED}
    assert failed == PLANTED[name][2]


def test_t17_the_dataset_is_the_same_for_any_partitions_and_empty_without_outcomes(
    spark: SparkSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(leak_audit, "FAMILIES", (RISK,))
    monkeypatch.setattr(leak_audit, "MOST_OUTCOMES", 200)
    names = ("referrals", "identities", "transfers", "identifier_holders", "instalments")
    labels = WORLD.outcomes.append_column("observation_date", pa.array([AS_OF] * len(WORLD.outcomes), DAY))

    def published(partitions: int) -> list[tuple[Any, ...]]:
        frames = [frame_of(spark, WORLD.tables[name]).repartition(partitions) for name in names]
        built = build(frame_of(spark, labels).repartition(partitions), *frames, as_of=AS_OF)
        assert {column for column, _ in built.dtypes} == set(LEAK_AUDIT.column_names)
        return rows(built, *LEAK_AUDIT.column_names)

    told = published(1)
    assert told == published(3)
    assert {row[4] for row in told if row[2] == EVERY_COLUMN and row[3] != "own label flipped"} != {0}
    assert max(row[4] for row in told if row[3] == NO_ATTACK) == 200
    nobody = replace(WORLD, outcomes=WORLD.outcomes.slice(0, 0))
    assert audit(FAMILIES, nobody, spark) == []
