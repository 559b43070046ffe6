"""How well the night told people apart, in counts."""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import date
from typing import Any

import pandas as pd
import pyarrow as pa
from pyspark.sql import DataFrame

from jobs.arrow_frames import frame_of
from jobs.customers.judgement import judge
from jobs.customers.shapes import bridges
from schemas.customers.identity_ledger import MOVES
from schemas.customers.identity_quality import ALL, MATCH_STEPS

Counts = Iterator[tuple[str, pd.Series]]
"""Measures with the number of rows of each part."""

SCHEMA = pa.schema(
    [
        *(("measure", pa.string()), ("part", pa.string()), ("row_count", pa.int64())),
        *(("share", pa.float64()), ("moved_share", pa.float64())),
    ]
)
MOVED = "known_records_moved"
DECISIONS = {"automatic": "pairs_automatic", "review": "pairs_review", "rejected": "pairs_rejected"}


def build(
    identities: DataFrame,
    record_pairs: DataFrame,
    identity_refusals: DataFrame,
    identity_ledger: DataFrame,
    *,
    as_of: date,  # noqa: ARG001 - the counts are of the night's own rows
    labelled_records: pa.Table | None = None,
) -> DataFrame:
    """One row per measure and part.

    labelled_records: source_record_id, person_id of records whose person is known; without them, or where none of them
    is shown tonight, nothing is judged.
    """
    known = identities.where("is_shown").selectExpr(
        *("source_record_id", "customer_id", "previous_customer_id IS NOT NULL AS was_known", "has_bridge"),
        "weakest_match_probability",
    )
    people = _in_memory(known)
    people["partner"] = people["source_record_id"].str.split(":").str[0]
    pairs = _in_memory(record_pairs.select("left_record_id", "right_record_id", "matched_by", "decision"))
    refusals = _in_memory(identity_refusals.select("left_record_id", "right_record_id", "reason"))
    changes = _in_memory(identity_ledger.select("change_type"))
    counted = [*_of_people(people), *_of_pairs(people, pairs, refusals), *_of_changes(people, changes)]
    known_before = int(people["was_known"].sum())
    told: list[tuple[Any, ...]] = [
        (measure, str(part), int(n), None, n / known_before if measure == MOVED and known_before else None)
        for measure, counts in counted
        for part, n in counts.items()
    ]
    told += [] if labelled_records is None else _judged(people, labelled_records)
    rows = pa.Table.from_pylist([dict(zip(SCHEMA.names, row, strict=True)) for row in told], schema=SCHEMA)
    return frame_of(identities.sparkSession, rows)


def _in_memory(rows: DataFrame) -> pd.DataFrame:
    return pd.DataFrame(rows.toArrow().to_pandas())


def _of_people(people: pd.DataFrame) -> Counts:
    customers = people.groupby("customer_id").agg(
        record_count=("source_record_id", "size"),
        has_bridge=("has_bridge", "max"),
        weakest=("weakest_match_probability", "min"),
    )
    with_same_partner = people.groupby(["customer_id", "partner"])["source_record_id"].transform("size")
    is_alone = people["weakest_match_probability"].isna()
    weakest = customers["weakest"].dropna()
    steps = pd.cut(weakest, [*map(float, MATCH_STEPS), math.inf], right=False, labels=MATCH_STEPS).astype(str)
    yield "customers_by_record_count", customers["record_count"].map("{:02d}".format).value_counts()
    yield "customers_by_weakest_match", steps.value_counts()
    yield "customers_with_bridge", _all(customers["has_bridge"])
    yield "records", people["partner"].value_counts()
    yield "records_alone", people["partner"][is_alone].value_counts()
    yield "over_linked_records", people["partner"][with_same_partner > 1].value_counts()


def _of_pairs(people: pd.DataFrame, pairs: pd.DataFrame, refusals: pd.DataFrame) -> Counts:
    for decision, measure in DECISIONS.items():
        yield measure, pairs["matched_by"][pairs["decision"] == decision].value_counts()
    yield "pairs_refused", refusals["reason"].value_counts()
    numbers = pd.Series(range(len(people)), index=people["source_record_id"])
    automatic = pairs[pairs["decision"] == "automatic"]
    ends = [numbers.reindex(automatic[end]).to_numpy() for end in ("left_record_id", "right_record_id")]
    customer = people["customer_id"].reindex
    is_followed = (customer(ends[0]).to_numpy() == customer(ends[1]).to_numpy()) & ~pd.isna(ends[0])
    left, right = (end[is_followed].astype(int) for end in ends)
    yield "pairs_followed", pd.Series({ALL: len(left)})
    yield "pairs_followed_bridges", _all(pd.Series(bridges(len(people), left, right)))
    open_pairs = pd.concat([pairs[pairs["decision"] == "review"], refusals])
    doubtful = pd.concat([open_pairs["left_record_id"], open_pairs["right_record_id"]])
    yield "under_linked_records", people["partner"][people["source_record_id"].isin(doubtful)].value_counts()


def _of_changes(people: pd.DataFrame, changes: pd.DataFrame) -> Counts:
    yield "records_changed", changes["change_type"].value_counts()
    yield "known_records", _all(people["was_known"])
    yield MOVED, _all(changes["change_type"].isin(MOVES))


def _judged(people: pd.DataFrame, labelled: pa.Table) -> list[tuple[Any, ...]]:
    """Right and wrong as far as it is known; a measure of nothing has no row."""
    told = judge(pa.Table.from_pandas(people, preserve_index=False), labelled)
    judged = [
        ("pair_precision", ALL, told.pairs_found, told.pair_precision),
        ("pair_recall", ALL, told.pairs_of_people, told.pair_recall),
        ("b_cubed_precision", ALL, told.records, told.b_cubed_precision),
        ("b_cubed_recall", ALL, told.records, told.b_cubed_recall),
    ]
    return [(*row, None) for row in judged if row[2]]


def _all(holds: pd.Series) -> pd.Series:
    return pd.Series({ALL: int(holds.sum())})
