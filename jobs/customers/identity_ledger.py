"""What became of customers on the night: records created, joined, merged, split and erased, with the evidence."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import pyarrow as pa
from pyspark.sql import DataFrame

from jobs.arrow_frames import frame_of
from schemas.customers.identity_ledger import ERASED, NO_PAIR

TEXT, REAL = pa.string(), pa.float64()
SCHEMA = pa.schema(
    [
        *(("source_record_id", TEXT), ("change_type", TEXT), ("from_customer_id", TEXT), ("to_customer_id", TEXT)),
        *(("changed_date", pa.date32()), ("matched_by", TEXT), ("match_probability", REAL), ("left_record_id", TEXT)),
        *(("right_record_id", TEXT), ("split_reason", TEXT)),
    ]
)
EVIDENCE = ("matched_by", "match_probability", "left_record_id", "right_record_id")


def build(
    identities: DataFrame,
    record_pairs: DataFrame,
    identity_refusals: DataFrame,
    *,
    as_of: date,
    identities_before: DataFrame | None = None,
) -> DataFrame:
    """One row per record whose customer is another than the night before.

    identities_before: the map of the night before, from which nobody disappears but by a request to be forgotten. A
    record that no partner shows any more changes only with its whole customer.
    """
    columns = ("source_record_id", "customer_id", "previous_customer_id", "is_shown")
    everybody = _in_memory(identities.select(*columns)).set_index("source_record_id")
    people = everybody[everybody.pop("is_shown").astype(bool)]
    pairs = _in_memory(record_pairs.where("decision = 'automatic'").select(*EVIDENCE))
    reasons = _in_memory(identity_refusals.select("left_record_id", "right_record_id", "reason"))
    pairs = _with_ends(pairs.merge(reasons, on=["left_record_id", "right_record_id"], how="left"), people)
    changed, erased = _changes(everybody), _erased(everybody, identities_before)
    changed = pd.concat([changed, erased]) if len(erased) else changed
    evidence = _evidence(pairs).reindex(changed["group"])
    reason = _split_reasons(pairs).reindex(changed.index).fillna(NO_PAIR)
    told = changed.assign(
        source_record_id=changed.index,
        changed_date=as_of,
        split_reason=reason.where(changed["change_type"] == "split"),
        **{name: evidence[name].to_numpy() for name in EVIDENCE},
    )
    rows = pa.Table.from_pandas(told[SCHEMA.names], schema=SCHEMA, preserve_index=False)
    return frame_of(identities.sparkSession, rows)


def _in_memory(rows: DataFrame) -> pd.DataFrame:
    return pd.DataFrame(rows.toArrow().to_pandas())


def _changes(people: pd.DataFrame) -> pd.DataFrame:
    """The records that changed, with what happened and the group whose evidence they share.

    Known records that were one customer are a group; a new record is one of its own.
    """
    before, now = people["previous_customer_id"], people["customer_id"]
    is_new, stayed = before.isna(), before == now
    has_known_record = ~is_new.groupby(now).transform("all")
    is_left_by_all = ~stayed.groupby(before).transform("any").astype("boolean")
    goes_to_one = now.groupby(before).transform("nunique") == 1
    kinds = [is_new & ~has_known_record, is_new, (is_left_by_all & goes_to_one).fillna(False).astype(bool)]
    table = pd.DataFrame(
        {
            "change_type": np.select(kinds, ["create", "join", "merge"], "split"),
            "from_customer_id": before,
            "to_customer_id": now,
            "group": _group(people.index.to_series(), before),
        }
    )
    return table[~stayed]


def _erased(people: pd.DataFrame, identities_before: DataFrame | None) -> pd.DataFrame:
    """The records of the night before that are nowhere tonight, in the shape of `_changes`; they have no evidence."""
    if identities_before is None:
        return pd.DataFrame()
    before = _in_memory(identities_before.select("source_record_id", "customer_id")).set_index("source_record_id")
    gone = before[~before.index.isin(people.index)]
    return pd.DataFrame(
        {"change_type": ERASED, "from_customer_id": gone["customer_id"], "to_customer_id": None, "group": "erased"},
        index=gone.index,
    )


def _group(record: pd.Series, before: pd.Series) -> pd.Series:
    return ("customer " + before).fillna("record " + record)


def _with_ends(pairs: pd.DataFrame, people: pd.DataFrame) -> pd.DataFrame:
    """The pairs of shown records, strongest first, with the customers of both ends, tonight and the night before."""
    found = pairs.assign(match_probability=pairs["match_probability"].fillna(1.0))
    for side in ("left", "right"):
        of_end = people.reindex(found[f"{side}_record_id"])
        found[f"{side}_now"] = of_end["customer_id"].to_numpy()
        found[f"{side}_before"] = of_end["previous_customer_id"].to_numpy()
    shown = found[found["left_now"].notna() & found["right_now"].notna()]
    return shown.sort_values(
        ["match_probability", "left_record_id", "right_record_id"], ascending=[False, True, True], kind="stable"
    )


def _evidence(pairs: pd.DataFrame) -> pd.DataFrame:
    """For each group the strongest pair by which it met others."""
    was_together = pairs["left_before"] == pairs["right_before"]  # two new records were not: null equals nothing
    met = pairs[(pairs["left_now"] == pairs["right_now"]) & ~was_together]
    sides = [met.assign(group=_group(met[f"{side}_record_id"], met[f"{side}_before"])) for side in ("left", "right")]
    return _strongest(sides, "group")[list(EVIDENCE)]


def _split_reasons(pairs: pd.DataFrame) -> pd.Series:
    """For each record the reason why its strongest pair within the former customer was not followed."""
    parted = pairs[(pairs["left_now"] != pairs["right_now"]) & (pairs["left_before"] == pairs["right_before"])]
    sides = [parted.assign(record=parted[f"{side}_record_id"]) for side in ("left", "right")]
    return _strongest(sides, "record")["reason"]


def _strongest(sides: list[pd.DataFrame], name: str) -> pd.DataFrame:
    """The first row of each name; rows come strongest first on either side."""
    both = pd.concat(sides).sort_values(
        [name, "match_probability", "left_record_id", "right_record_id"], ascending=[True, False, True, True]
    )
    return both.drop_duplicates(name).set_index(name)
