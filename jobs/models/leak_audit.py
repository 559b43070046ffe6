"""Whether features that tell of others' promises know what they must not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import date
from typing import Final

import numpy as np
import pyarrow as pa
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from jobs.arrow_frames import frame_of
from jobs.edges import favours, shared_identifiers
from jobs.features import default_influence, identifier_risk, neighbourhood
from jobs.relations.attacked_worlds import COLUMNS, Evidence, attacked_worlds
from jobs.relations.leak_audit import Family, Finding, findings
from jobs.relations.pairs import MAX_CUSTOMERS_SHARING

SEED: Final = 20260403
MOST_OUTCOMES: Final = 5_000  # a leak is in the definition, so some customers with their neighbours show it
SCHEMA: Final = pa.schema(
    [
        *((name, pa.string()) for name in ("family", "feature", "attack")),
        *((name, pa.int64()) for name in ("customer_count", "changed_customer_count")),
        *((name, pa.float64()) for name in ("auc", "auc_deviation")),
        ("is_passed", pa.bool_()),
    ]
)
NO_ACCOUNTS: Final = {
    "source_record_id": "string",
    "account_type": "string",
    "opened_at": "timestamp",
    "closed_at": "timestamp",
}
NO_PAYMENTS: Final = {
    "payer_source_record_id": "string",
    "payee_source_record_id": "string",
    "amount_cents": "bigint",
    "transferred_at": "timestamp",
}

Frames = Mapping[str, DataFrame]


def build(
    credit_default: DataFrame,
    referrals: DataFrame,
    identities: DataFrame,
    transfers: DataFrame,
    identifier_holders: DataFrame,
    instalments: DataFrame,
    *,
    as_of: date,
) -> DataFrame:
    """One row per attack on a family, and per column judged; no row without an outcome of the day.

    transfers, identifier_holders, instalments: as they were known for as_of, the newest observation date. Of very many
    customers with an outcome MOST_OUTCOMES are looked at, beside everybody they are tied to.
    """
    tables = {
        "transfers": transfers,
        "identifier_holders": identifier_holders,
        "referrals": referrals,
        "instalments": instalments,
        "identities": identities,
    }
    outcomes = credit_default.where(F.col("observation_date") == F.lit(as_of)).select("customer_id", "is_default")
    found = audit(FAMILIES, evidence_of(tables, outcomes, as_of), identities.sparkSession)
    rows = pa.Table.from_pylist([asdict(one) for one in found], SCHEMA)
    return frame_of(identities.sparkSession, rows).withColumn("observation_date", F.lit(as_of))


def audit(families: tuple[Family, ...], evidence: Evidence, session: SparkSession) -> list[Finding]:
    """Every attack on every family; each family is built once, for all worlds together."""
    if not len(evidence.outcomes):
        return []
    worlds = attacked_worlds(evidence, np.random.default_rng(SEED))
    together = {name: frame_of(session, rows) for name, rows in worlds.together().items()}
    frames = with_ties(together, evidence.as_of)
    return [
        finding
        for family in families
        for finding in findings(family, family.build(frames, evidence.as_of).toArrow(), worlds)
    ]


def evidence_of(tables: Frames, outcomes: DataFrame, as_of: date) -> Evidence:
    """What is attacked, in memory, in an order that depends on the rows alone."""
    asked = outcomes.toArrow().sort_by("customer_id")
    if len(asked) > MOST_OUTCOMES:
        chosen = np.sort(np.random.default_rng(SEED).permutation(len(asked))[:MOST_OUTCOMES])
        asked = asked.take(pa.array(chosen))
        tables = around(tables, frame_of(outcomes.sparkSession, asked.select(["customer_id"])))
    collected = {name: tables[name].select(*columns).toArrow() for name, columns in COLUMNS.items()}
    return Evidence(
        as_of,
        {name: rows.sort_by([(column, "ascending") for column in COLUMNS[name]]) for name, rows in collected.items()},
        asked,
    )


def around(tables: Frames, asked: DataFrame) -> dict[str, DataFrame]:
    """The rows of these customers and of whoever pays them, is paid by them or shares an identifier with them."""
    paid, held, people = tables["transfers"], tables["identifier_holders"], tables["identities"]
    ends = ("payer_customer_id", "payee_customer_id")
    light = held.where(F.col("holder_count") <= MAX_CUSTOMERS_SHARING)
    own = light.join(asked, "customer_id", how="leftsemi").select("identifier_type", "identifier").distinct()
    beside = light.join(own, ["identifier_type", "identifier"], how="leftsemi").select("customer_id")
    for one, other in (ends, ends[::-1]):
        partners = paid.join(asked.withColumnRenamed("customer_id", one), one, how="leftsemi")
        beside = beside.union(partners.select(other))
    known = asked.union(beside).distinct().localCheckpoint()
    records = people.join(known, "customer_id", how="leftsemi").select("source_record_id").localCheckpoint()
    between = dict.fromkeys(ends, known) | dict.fromkeys(
        ("referrer_source_record_id", "referred_source_record_id"), records
    )
    kept = dict(tables)
    for name in ("identifier_holders", "identities"):
        kept[name] = kept[name].join(known, "customer_id", how="leftsemi")
    kept["instalments"] = kept["instalments"].join(records, "source_record_id", how="leftsemi")
    for end, some in between.items():
        name = "transfers" if some is known else "referrals"
        kept[name] = kept[name].join(some.toDF(end), end, how="leftsemi")
    return kept


def with_ties(frames: Frames, as_of: date) -> dict[str, DataFrame]:
    """The frames beside the ties that the night makes of them, made once for all families."""
    held = frames["identifier_holders"]
    made = favours.build(frames["referrals"], held, frames["identities"], as_of=as_of)
    return {
        **frames,
        "shared_identifiers": shared_identifiers.build(held, as_of=as_of).localCheckpoint(),
        "favours": made.localCheckpoint(),
    }


def build_neighbourhood(frames: Frames, as_of: date) -> DataFrame:
    """The family but for cards and the shape of amounts, which tell of nobody's promises."""
    return neighbourhood.build(
        frames["transfers"],
        frames["shared_identifiers"],
        frames["favours"],
        nothing(frames["identities"], NO_PAYMENTS),
        frames["instalments"],
        nothing(frames["identities"], NO_ACCOUNTS),
        frames["identities"],
        as_of=as_of,
    )


def build_default_influence(frames: Frames, as_of: date) -> DataFrame:
    """The family."""
    return default_influence.build(
        *(frames[name] for name in ("transfers", "shared_identifiers", "favours", "instalments", "identities")),
        as_of=as_of,
    )


def nothing(rows: DataFrame, columns: Mapping[str, str]) -> DataFrame:
    """No row, of columns of those types: known to be empty when the plan is made, so that nothing is run for it."""
    return rows.where(F.lit(False)).select(*(F.lit(None).cast(kind).alias(name) for name, kind in columns.items()))


def build_identifier_risk(frames: Frames, as_of: date) -> DataFrame:
    """The family."""
    return identifier_risk.build(frames["identifier_holders"], frames["instalments"], frames["identities"], as_of=as_of)


FAMILIES: Final = (
    Family("default_influence", build_default_influence, ("default_influence",)),
    Family("identifier_risk", build_identifier_risk, ("identifier_default_share_mean",)),
    Family("neighbourhood", build_neighbourhood, ("defaulted_neighbour_share", "late_neighbour_share")),
)
"""All that tell of others' promises, as a night builds them."""
