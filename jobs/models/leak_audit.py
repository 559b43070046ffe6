"""Whether features that tell of others' promises know what they must not."""

from __future__ import annotations

from dataclasses import asdict, replace
from datetime import date
from typing import Final

import numpy as np
import pyarrow as pa
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from jobs.arrow_frames import frame_of
from jobs.models.attacked_families import FAMILIES, Frames, with_ties
from jobs.relations.attacked_worlds import COLUMNS, Evidence, attacked_worlds
from jobs.relations.leak_audit import Family, Finding, findings
from jobs.relations.pairs import MAX_CUSTOMERS_SHARING

SEED: Final = 20260403
ENDS: Final = ("payer_customer_id", "payee_customer_id")
MOST_OUTCOMES: Final = 5_000  # a leak is in the definition, so some customers with their neighbours show it
SCHEMA: Final = pa.schema(
    [
        *((name, pa.string()) for name in ("family", "feature", "attack")),
        *((name, pa.int64()) for name in ("customer_count", "changed_customer_count")),
        *((name, pa.float64()) for name in ("auc", "auc_deviation")),
        ("verdict", pa.string()),
    ]
)


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
    is_of_the_day = F.col("observation_date") == F.lit(as_of)
    outcomes = credit_default.where(is_of_the_day).select("customer_id", "is_default")
    others = credit_default.where(~is_of_the_day).groupBy("is_default").agg(F.count("*").alias("count"))
    evidence = replace(evidence_of(tables, outcomes, as_of), other_outcomes=told_apart(others.toArrow()))
    found = audit(FAMILIES, evidence, identities.sparkSession)
    rows = pa.Table.from_pylist([asdict(one) for one in found], SCHEMA)
    return frame_of(identities.sparkSession, rows).withColumn("observation_date", F.lit(as_of))


def told_apart(counted: pa.Table) -> pa.Table:
    """is_default of every outcome counted, the good ones first; the order tells nothing, since they are drawn from."""
    ordered = counted.sort_by("is_default")
    return pa.table({"is_default": np.repeat(ordered["is_default"].to_numpy(), ordered["count"].to_numpy())})


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
    known = beside(tables, asked).distinct().localCheckpoint()
    identities = tables["identities"].join(known, "customer_id", how="leftsemi").localCheckpoint()
    records = identities.select("source_record_id")

    def of(name: str, some: DataFrame, *columns: str) -> DataFrame:
        """The rows whose customers, or records, are all among some."""
        kept = tables[name]
        for column in columns:
            kept = kept.join(some.toDF(column), column, how="leftsemi")
        return kept

    return {
        "transfers": of("transfers", known, *ENDS),
        "identifier_holders": of("identifier_holders", known, "customer_id"),
        "referrals": of("referrals", records, "referrer_source_record_id", "referred_source_record_id"),
        "instalments": of("instalments", records, "source_record_id"),
        "identities": identities,
    }


def beside(tables: Frames, asked: DataFrame) -> DataFrame:
    """customer_id of the asked and of all their neighbours by transfers and identifiers, perhaps many times."""
    held = tables["identifier_holders"].where(F.col("holder_count") <= MAX_CUSTOMERS_SHARING)
    own = held.join(asked, "customer_id", how="leftsemi").select("identifier_type", "identifier").distinct()
    found = asked.union(held.join(own, ["identifier_type", "identifier"], how="leftsemi").select("customer_id"))
    for one, other in (ENDS, ENDS[::-1]):
        found = found.union(tables["transfers"].join(asked.toDF(one), one, how="leftsemi").select(other))
    return found
