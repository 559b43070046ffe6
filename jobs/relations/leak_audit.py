"""Whether a network feature knows what it must not: four attacks that an honest feature does not notice.

A feature that leaks is caught because an attack takes away, or adds, exactly what only a leak could have used.
Sources: label shuffling as a test of leakage (Ojala and Garriga 2010), degree-preserving random graphs (Maslov and
Sneppen 2002), leaving out the own label (Óskarsdóttir and Bravo 2021).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from jobs.relations import influence
from jobs.relations.graph import Floats, graph_of

SAMPLE: Final = 40  # customers whose own label is flipped; a leak of the own label shows in every one of them
DEVIATIONS: Final = 4.0  # chance passes this bound once in 16 000 audits
TOLERANCE: Final = 1e-9
SWAPS_PER_EDGE: Final = 5  # after which nothing but the degrees is left (Milo et al. 2003 say 100 at the very most)

Chance = np.random.Generator


@dataclass(frozen=True)
class Evidence:
    """What a feature may look at, and what it must not.

    edges: source_id, target_id, weight, began_date. defaults: customer_id, known_date. outcomes: customer_id,
    is_default, which is settled only after as_of. A feature is honest when it uses edges and defaults up to as_of, of
    others, and no outcome.
    """

    as_of: date
    edges: pa.Table
    defaults: pa.Table
    outcomes: pa.Table


Feature = Callable[[Evidence], dict[str, float]]


@dataclass(frozen=True)
class Finding:
    """What an attack found: passed when value is at most bound."""

    check: str
    value: float
    bound: float
    meaning: str

    @property
    def passed(self) -> bool:
        """Whether the feature did not notice the attack; a value that is no number is no pass."""
        return bool(self.value <= self.bound)


def influence_of_known_defaults(evidence: Evidence) -> dict[str, float]:
    """The feature of the night, as default_influence builds it: edges and defaults by the day, the own left out."""
    edges = evidence.edges.filter(pc.less_equal(evidence.edges["began_date"], pa.scalar(evidence.as_of)))
    known = evidence.defaults.filter(pc.less_equal(evidence.defaults["known_date"], pa.scalar(evidence.as_of)))
    ties = graph_of(edges, weight="weight")
    is_bad = pc.is_in(ties.customers, value_set=known["customer_id"].cast(ties.customers.type))
    found = influence.default_influence(ties, is_bad.to_numpy(zero_copy_only=False))
    return dict(zip(ties.customers.to_pylist(), found.tolist(), strict=True))


def audit(feature: Feature, evidence: Evidence, *, seed: int = 0) -> list[Finding]:
    """One finding for each attack, the same for the same seed."""
    return list(_findings(feature, evidence, np.random.default_rng(seed)))


def lift(feature: dict[str, float], evidence: Evidence) -> tuple[float, float]:
    """How much better than chance the feature tells later defaulters, and the standard deviation of pure chance.

    Among customers with equally many ties: the chance that the defaulter of a pair has the larger value, less one half.
    """
    customers = evidence.outcomes["customer_id"].to_pylist()
    is_bad = evidence.outcomes["is_default"].to_numpy().astype(bool)
    value = np.array([feature.get(name, 0.0) for name in customers])
    stratum = _tie_counts(evidence, customers)
    won = pairs = variance = 0.0
    for level in np.unique(stratum[is_bad]):
        here = stratum == level
        goods, bads = value[here & ~is_bad], value[here & is_bad]
        count = len(goods) * len(bads)
        won += _wins(bads, goods)
        pairs += count
        variance += count * (len(goods) + len(bads) + 1) / 12
    return (won / pairs - 0.5, float(np.sqrt(variance)) / pairs) if pairs else (float("nan"), float("nan"))


def rewired(edges: pa.Table, chance: Chance) -> pa.Table:
    """The edges with their targets swapped in pairs: everyone keeps the number of ties, nobody the neighbours."""
    target = np.asarray(edges["target_id"].combine_chunks().dictionary_encode().indices)
    names = edges["target_id"].combine_chunks().dictionary_encode().dictionary
    for _ in range(SWAPS_PER_EDGE):
        order = chance.permutation(len(target))
        half = len(order) // 2
        one, other = order[:half], order[half : 2 * half]
        target = target.copy()
        target[one], target[other] = target[other], target[one]
    position = edges.column_names.index("target_id")
    return edges.set_column(position, "target_id", names.take(pa.array(target)))


def _findings(feature: Feature, evidence: Evidence, chance: Chance) -> Iterator[Finding]:
    honest = feature(evidence)
    changed = _largest_change(honest, feature(replace(evidence, edges=_with_later_edges(evidence, chance))))
    yield Finding("edges after the day", changed, TOLERANCE, "largest change when ties of the next day are added")
    changed = _largest_change(honest, feature(replace(evidence, defaults=_with_later_defaults(evidence, chance))))
    yield Finding(
        "defaults after the day", changed, TOLERANCE, "largest change when defaults of the next day are added"
    )
    changed = max(_own_changes(feature, evidence, honest, chance), default=float("nan"))
    yield Finding("own label flipped", changed, TOLERANCE, "largest change of the own value when the own label flips")
    shuffled = _with_shuffled_outcomes(evidence, chance)
    found, deviation = lift(feature(shuffled), shuffled)
    yield Finding("outcomes shuffled", abs(found), DEVIATIONS * deviation, "lift over outcomes dealt out by chance")
    random_graph = replace(evidence, edges=rewired(evidence.edges, chance))
    found, deviation = lift(feature(random_graph), random_graph)
    yield Finding("random graph", abs(found), DEVIATIONS * deviation, "lift with random neighbours, as many as before")


def _own_changes(feature: Feature, evidence: Evidence, honest: dict[str, float], chance: Chance) -> Iterator[float]:
    known = set(evidence.defaults["customer_id"].to_pylist())
    customers = sorted(honest)
    for position in chance.permutation(len(customers))[:SAMPLE]:
        name = customers[position]
        yield abs(feature(_with_flipped_label(evidence, name, is_known=name in known)).get(name, 0.0) - honest[name])


def _with_flipped_label(evidence: Evidence, name: str, *, is_known: bool) -> Evidence:
    """The customer's default is unknown where it was known, and known yesterday where it was not; so is the outcome."""
    others = evidence.defaults.filter(pc.not_equal(evidence.defaults["customer_id"], name))
    yesterday = evidence.as_of - timedelta(days=1)
    own = pa.table({"customer_id": [name], "known_date": [yesterday]}, schema=others.schema)
    own_outcome = pc.equal(evidence.outcomes["customer_id"], name)
    is_default = evidence.outcomes["is_default"]
    flipped = pc.if_else(own_outcome, pc.invert(is_default), is_default)
    position = evidence.outcomes.column_names.index("is_default")
    outcomes = evidence.outcomes.set_column(position, "is_default", flipped)
    return replace(evidence, defaults=others if is_known else pa.concat_tables([others, own]), outcomes=outcomes)


def _with_later_edges(evidence: Evidence, chance: Chance) -> pa.Table:
    """A tenth more edges, between customers who have some already, that begin on the day after."""
    ends = pa.concat_arrays(
        [chunk for name in ("source_id", "target_id") for chunk in evidence.edges[name].chunks]
    ).unique()
    count = len(evidence.edges) // 10 + 1
    picked = [ends.take(pa.array(chance.integers(0, len(ends), count))) for _ in range(2)]
    later = pa.array([evidence.as_of + timedelta(days=1)] * count, pa.date32())
    added = {"source_id": picked[0], "target_id": picked[1], "weight": pa.array([1] * count), "began_date": later}
    ordered = {name: added[name] for name in evidence.edges.column_names}
    return pa.concat_tables([evidence.edges, pa.table(ordered).cast(evidence.edges.schema)])


def _with_later_defaults(evidence: Evidence, chance: Chance) -> pa.Table:
    """Some of those asked default on the day after: nobody could know on the day itself."""
    customers = evidence.outcomes["customer_id"].combine_chunks()
    picked = customers.take(pa.array(chance.permutation(len(customers))[: len(customers) // 10 + 1]))
    later = [evidence.as_of + timedelta(days=1)] * len(picked)
    added = pa.table({"customer_id": picked, "known_date": pa.array(later, pa.date32())})
    return pa.concat_tables([evidence.defaults, added.cast(evidence.defaults.schema)])


def _with_shuffled_outcomes(evidence: Evidence, chance: Chance) -> Evidence:
    order = pa.array(chance.permutation(len(evidence.outcomes)))
    position = evidence.outcomes.column_names.index("is_default")
    dealt = evidence.outcomes["is_default"].take(order)
    return replace(evidence, outcomes=evidence.outcomes.set_column(position, "is_default", dealt))


def _largest_change(before: dict[str, float], after: dict[str, float]) -> float:
    return max((abs(after.get(name, 0.0) - before.get(name, 0.0)) for name in before | after), default=0.0)


def _tie_counts(evidence: Evidence, customers: list[str]) -> npt.NDArray[np.int64]:
    ends = [*evidence.edges["source_id"].to_pylist(), *evidence.edges["target_id"].to_pylist()]
    names, counts = np.unique(np.array(ends, dtype=object).astype(str), return_counts=True)
    count_of = dict(zip(names.tolist(), counts.tolist(), strict=True))
    return np.minimum([count_of.get(name, 0) for name in customers], 10)


def _wins(bads: Floats, goods: Floats) -> float:
    """Pairs in which the bad has the larger value; equal values count half."""
    ordered = np.sort(goods)
    below = np.searchsorted(ordered, bads, side="left")
    upto = np.searchsorted(ordered, bads, side="right")
    return float((below + upto).sum() / 2)
