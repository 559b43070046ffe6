"""How well others do, measured against the truth: default models, identities, rings and contact policies.

Reads the folder `truth` of a world. Everything here is for tests and benchmarks; nothing that a night runs may see it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import date
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from demo.truth_contracts import FLAWS, TRUTH_TABLES


def read_truth(folder: Path, name: str) -> pa.Table:
    """One table of the truth, all parts in their order."""
    parts = sorted((folder / name).glob("part-*.parquet"))
    if not parts and name == FLAWS.name and (folder / name).is_dir():
        return FLAWS.schema.empty_table()  # nothing was wrong on any day
    if not parts:
        raise FileNotFoundError(f"{folder / name}: no truth there; write it with `python -m demo world --out …`")
    return pa.concat_tables([pq.read_table(part, schema=TRUTH_TABLES[name].schema) for part in parts])


def area_under_curve(scores: np.ndarray, is_bad: np.ndarray) -> float:
    """The chance that a bad one has a higher score than a good one, ties counting half (Mann and Whitney 1947)."""
    order = np.argsort(scores, kind="stable")
    values, counts = np.unique(scores[order], return_counts=True)
    ends = np.cumsum(counts)
    rank = (ends - (counts - 1) / 2)[np.searchsorted(values, scores)]
    bad, good = int(is_bad.sum()), int((~is_bad).sum())
    if not bad or not good:
        raise ValueError("area_under_curve: needs a bad one and a good one")
    return float((rank[is_bad].sum() - bad * (bad + 1) / 2) / (bad * good))


def oracle_gini(defaults: pa.Table, observation_date: date | None = None) -> float:
    """The Gini coefficient of the true probability of default: more than any model can reach but by luck."""
    known = defaults.filter(pc.is_valid(defaults["is_default"]))
    if observation_date:
        known = known.filter(pc.equal(known["observation_date"], observation_date))
    is_bad = known["is_default"].to_numpy(zero_copy_only=False).astype(bool)
    return 2 * area_under_curve(known["default_probability"].to_numpy(), is_bad) - 1


def pairwise_identity(source_ids: pa.Table, customer_of: Mapping[str, str]) -> tuple[float, float]:
    """Precision and recall of "these two records are one person", over all pairs of records.

    customer_of: the customer that was found for each source id. Ids the truth does not know are an error.
    """
    person_of = dict(zip(source_ids["source_id"].to_pylist(), source_ids["person_id"].to_pylist(), strict=True))
    unknown = set(customer_of) - set(person_of)
    if unknown:
        raise ValueError(f"pairwise_identity: {len(unknown)} source ids are unknown to the truth")
    found: dict[str, int] = {}
    true: dict[int, int] = {}
    both: dict[tuple[str, int], int] = {}
    for source_id, customer in customer_of.items():
        person = person_of[source_id]
        found[customer] = found.get(customer, 0) + 1
        true[person] = true.get(person, 0) + 1
        both[customer, person] = both.get((customer, person), 0) + 1
    right = _pairs(both.values())
    return _share(right, _pairs(found.values())), _share(right, _pairs(true.values()))


def b_cubed_identity(source_ids: pa.Table, customer_of: Mapping[str, str]) -> tuple[float, float]:
    """Precision and recall of customers as their records see them (B-cubed; Bagga and Baldwin 1998).

    Of a record: which share of its customer's records is of its person, and which share of its person's records is of
    its customer; the mean over all records. Unlike pairs, a large cluster weighs no more than its records.
    """
    person_of = dict(zip(source_ids["source_id"].to_pylist(), source_ids["person_id"].to_pylist(), strict=True))
    found, true = Counter(customer_of.values()), Counter(person_of[source_id] for source_id in customer_of)
    both = Counter((customer, person_of[source_id]) for source_id, customer in customer_of.items())
    precision = sum(count * count / found[customer] for (customer, _), count in both.items())
    recall = sum(count * count / true[person] for (_, person), count in both.items())
    records = len(customer_of)
    return (precision / records, recall / records) if records else (1.0, 1.0)


def ring_recall(rings: pa.Table, suspects: Iterable[int]) -> float:
    """The share of all ring members among the people who are suspected."""
    members = set(rings["person_id"].to_pylist())
    return _share(len(members & set(suspects)), len(members))


def ring_precision(rings: pa.Table, suspects: Iterable[int]) -> float:
    """The share of ring members among the people who are suspected."""
    accused = set(suspects)
    return _share(len(set(rings["person_id"].to_pylist()) & accused), len(accused))


def people_behind(source_ids: pa.Table, identities: pa.Table, customers: Iterable[str]) -> set[int]:
    """The people whose records belong to one of the customers.

    identities: source_record_id, customer_id, as customers/identities publishes them.
    """
    wanted = set(customers)
    records = pc.binary_join_element_wise(source_ids["partner"], source_ids["source_id"], ":").to_pylist()
    person_of = dict(zip(records, source_ids["person_id"].to_pylist(), strict=True))
    pairs = zip(identities["source_record_id"].to_pylist(), identities["customer_id"].to_pylist(), strict=True)
    return {person_of[record] for record, customer in pairs if customer in wanted and record in person_of}


def policy_value(uplifts: pa.Table, channel_of: Mapping[int, str | None]) -> float:
    """Applications that a policy brings beyond those that come anyway: the sum of the true uplift of its contacts."""
    keys = zip(uplifts["person_id"].to_pylist(), uplifts["contact_channel"].to_pylist(), strict=True)
    uplift = dict(zip(keys, uplifts["uplift"].to_pylist(), strict=True))
    return float(sum(uplift[person, channel] for person, channel in channel_of.items() if channel))


def best_policy(uplifts: pa.Table) -> dict[int, str]:
    """Whom an oracle would contact, and how: everyone whom some channel moves, through the best one."""
    rows = uplifts.filter(pc.greater(uplifts["uplift"], 0)).sort_by([("uplift", "ascending")])
    return dict(zip(rows["person_id"].to_pylist(), rows["contact_channel"].to_pylist(), strict=True))


def _pairs(sizes: Iterable[int]) -> int:
    return sum(size * (size - 1) // 2 for size in sizes)


def _share(part: int, whole: int) -> float:
    """1 where there was nothing to find: nobody was wrong."""
    return part / whole if whole else 1.0
