"""Whether a network feature knows what it must not: attacks that an honest feature does not notice.

A feature that leaks is caught because an attack takes away, or adds, exactly what only a leak could have used. It is
the feature's own definition that is attacked, in the worlds of `attacked_worlds`.
Sources: label shuffling as a test of leakage (Ojala and Garriga 2010), random graphs of the same degrees (Molloy and
Reed 1995; Maslov and Sneppen 2002), leaving out the own label (Óskarsdóttir and Bravo 2021).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from pyspark.sql import DataFrame

from jobs.relations.attacked_worlds import (
    AFTER_THE_DAY,
    ALL,
    RANDOM_GRAPH,
    Evidence,
    Worlds,
    flipped,
    own,
)
from jobs.relations.graph import Floats

DEVIATIONS: Final = 4.0  # chance passes this bound once in 16 000 times
NOTICEABLE: Final = 0.2  # a leak of outcomes makes an AUC of 0.7 at the least; a guess. Where chance does, none is seen
TOLERANCE: Final = 1e-9
DIGITS: Final = 6
TIES_TOLD_APART: Final = (1, 2, 4, 7)  # more classes would leave too few customers to compare in each

OWN_LABEL: Final = "own label flipped"
DEALT_ANEW: Final = "outcomes dealt anew"
OF_OTHER_DAYS: Final = "outcomes of other days"
NO_ATTACK: Final = "none"
EVERY_COLUMN: Final = "every column"

PASSED: Final = "passed"
FAILED: Final = "failed"
CANNOT_TELL: Final = "cannot tell"
IN_TRUTH: Final = "in truth"

Values = dict[str, tuple[object, ...]]
"""What a feature says of each customer: the columns of its family but the customer."""


@dataclass(frozen=True)
class Family:
    """A family of features under attack.

    build: the definition itself, from the tables of `attacked_worlds.COLUMNS` by name. judged: the columns that tell of
    others' promises, so that relation taken away must leave them without meaning; null in them counts as 0.
    """

    name: str
    build: Callable[[Mapping[str, DataFrame], date], DataFrame]
    judged: tuple[str, ...]


@dataclass(frozen=True)
class Finding:
    """What an attack found, in the words of schemas/models/leak_audit.py."""

    family: str
    feature: str
    attack: str
    customer_count: int
    changed_customer_count: int | None = None
    auc: float | None = None
    auc_deviation: float | None = None
    verdict: str = IN_TRUTH


def findings(family: Family, built: pa.Table, worlds: Worlds) -> Iterator[Finding]:
    """Every attack on a family, from its rows over all worlds together."""
    columns, of_world = _by_world(built)
    for attack, beside in AFTER_THE_DAY.items():
        people = worlds.evidence[attack].customers.to_pylist()
        yield _change(family, attack, people, of_world.get(beside, {}), of_world.get(attack, {}))
    yield _change(family, OWN_LABEL, worlds.centres, *_own_rows(of_world, worlds.centres))
    for feature in family.judged:
        position = columns.index(feature)
        for attack in (NO_ATTACK, DEALT_ANEW, OF_OTHER_DAYS, RANDOM_GRAPH):
            world = RANDOM_GRAPH if attack == RANDOM_GRAPH else ALL
            values = {name: _number(row[position]) for name, row in of_world.get(world, {}).items()}
            evidence = worlds.evidence[world]
            yield _meaning(family, feature, attack, values, replace(evidence, outcomes=_judged_by(attack, worlds)))


def lift(feature: Mapping[str, float], evidence: Evidence) -> tuple[float, float]:
    """How much better than chance the feature tells later defaulters, and the standard deviation of pure chance.

    Among customers with about as many ties of each sort: the chance that the defaulter of a pair has the larger value,
    less one half. NaN when no two such customers turned out differently.
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


def _judged_by(attack: str, worlds: Worlds) -> pa.Table:
    """The outcomes that a feature is compared with."""
    true = worlds.evidence[ALL].outcomes
    if attack == OF_OTHER_DAYS:
        return true.slice(0, 0) if worlds.from_other_days is None else worlds.from_other_days
    return worlds.dealt if attack == DEALT_ANEW else true


def _change(family: Family, attack: str, people: Collection[str], before: Values, after: Values) -> Finding:
    """Whether a row of one of the people changed, came or went."""
    everyone = {*people, *before, *after}
    changed = sum(not _is_equal(before.get(name), after.get(name)) for name in everyone)
    verdict = FAILED if changed else PASSED if everyone else CANNOT_TELL  # nobody to look at is no proof
    return Finding(family.name, EVERY_COLUMN, attack, len(everyone), changed_customer_count=changed, verdict=verdict)


def _meaning(family: Family, feature: str, attack: str, values: Mapping[str, float], evidence: Evidence) -> Finding:
    better, deviation = lift(values, evidence)
    size, is_attack = len(evidence.outcomes), attack != NO_ATTACK
    if np.isnan(better):
        return Finding(family.name, feature, attack, size, verdict=CANNOT_TELL if is_attack else IN_TRUTH)
    return Finding(
        family.name,
        feature,
        attack,
        size,
        auc=round(0.5 + better, DIGITS),
        auc_deviation=round(deviation, DIGITS),
        verdict=_verdict(better, DEVIATIONS * deviation) if is_attack else IN_TRUTH,
    )


def _verdict(better: float, by_chance: float) -> str:
    """Whether what is told is more than chance tells; where chance tells a lot, nothing is known of the rest."""
    if abs(better) > by_chance:
        return FAILED
    return PASSED if by_chance <= NOTICEABLE else CANNOT_TELL


def _own_rows(of_world: Mapping[str, Values], centres: Iterable[str]) -> tuple[Values, Values]:
    """The rows of the customers whose label was flipped, before and after."""
    before, after = (
        {name: row for name in centres if (row := of_world.get(world(name), {}).get(name)) is not None}
        for world in (own, flipped)
    )
    return before, after


def _by_world(built: pa.Table) -> tuple[list[str], dict[str, Values]]:
    columns = [name for name in built.column_names if name != "customer_id"]
    rows = zip(*(built[name].to_pylist() for name in columns), strict=True)
    of_world: dict[str, Values] = {}
    for led, row in zip(built["customer_id"].to_pylist(), rows, strict=True):
        world, name = led.split("|", 1)
        of_world.setdefault(world, {})[name] = tuple(_without_world(value, world) for value in row)
    return columns, of_world


def _without_world(value: object, world: str) -> object:
    """The id of a group is a customer's, led by the name of the world as all ids are."""
    return value.removeprefix(f"{world}|") if isinstance(value, str) else value


def _is_equal(one: tuple[object, ...] | None, other: tuple[object, ...] | None) -> bool:
    if one is None or other is None:
        return one is other
    return all(_is_same(*pair) for pair in zip(one, other, strict=True))


def _is_same(one: object, other: object) -> bool:
    """Equal, but for what the order of a sum leaves in the last digits of a double."""
    if isinstance(one, float) and isinstance(other, float):
        return abs(one - other) <= TOLERANCE * max(1.0, abs(one))
    return one == other


def _number(value: object) -> float:
    return 0.0 if value is None else float(str(value))


def _tie_counts(evidence: Evidence, customers: list[str]) -> npt.NDArray[np.int64]:
    """One number for each pair of classes: how many transfers, how many identifiers."""
    tables = evidence.tables
    ends = [tables["transfers"][end].to_pylist() for end in ("payer_customer_id", "payee_customer_id")]
    sorts = ([*ends[0], *ends[1]], tables["identifier_holders"]["customer_id"].to_pylist())
    level = np.zeros(len(customers), dtype=np.int64)
    for names in sorts:
        found, counts = np.unique(np.array(names, dtype=str), return_counts=True)
        count_of = dict(zip(found.tolist(), counts.tolist(), strict=True))
        counted = np.array([count_of.get(name, 0) for name in customers], dtype=np.int64)
        level = (len(TIES_TOLD_APART) + 1) * level + np.digitize(counted, TIES_TOLD_APART)
    return level


def _wins(bads: Floats, goods: Floats) -> float:
    """Pairs in which the bad has the larger value; equal values count half."""
    ordered = np.sort(goods)
    below = np.searchsorted(ordered, bads, side="left")
    upto = np.searchsorted(ordered, bads, side="right")
    return float((below + upto).sum() / 2)
