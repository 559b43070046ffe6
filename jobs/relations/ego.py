"""The part of the network around a customer, or around the customers of a ring: who, tied how, and what was paid."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

MOST_PEOPLE: Final = 60  # more cannot be read
WEAK: Final = "merchant"
"""Who buys at the same small merchant: shown beside what is shown, and nobody's friends are looked for over it."""


class NoTieError(ValueError):
    """There is no tie to show; the message says where to look for those there are."""

    exit_code = 2  # the same night has no other ties: trying again does not help


@dataclass(frozen=True, order=True)
class Tie:
    """One tie of a kind; a transfer, referral or gift leads from the source to the target.

    cents: what was paid in all, of transfers. began_date: since when, where it is known.
    """

    source: str
    target: str
    kind: str
    cents: int | None = None
    began_date: date | None = None


@dataclass(frozen=True)
class Ego:
    """What is shown of a network.

    rings: those in the middle, their neighbours, and theirs. ties: every tie between two of them, ordered.
    known_bad: whose default is known, and since when. left_out: people within two ties for whom there was no room.
    """

    rings: tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]
    ties: tuple[Tie, ...]
    known_bad: Mapping[str, date]
    left_out: int

    @property
    def people(self) -> tuple[str, ...]:
        """Everyone shown, nearest first."""
        return tuple(name for ring in self.rings for name in ring)


def ego_of(edges: pa.Table, middle: Collection[str], known_bad: pa.Table, *, most: int = MOST_PEOPLE) -> Ego:
    """Everyone within two ties; where there are more than `most`, known defaulters and the best tied come first.

    edges: source_id, target_id, kind, cents, began_date. known_bad: customer_id, known_date. What lies farther away is
    left out before any row becomes an object of Python. NoTieError when nobody in the middle is at an end of an edge.
    """
    between_two = edges.filter(pc.not_equal(edges["source_id"], edges["target_id"]))
    strong = between_two.filter(pc.not_equal(between_two["kind"], WEAK))
    first = _others(_touching(between_two, middle), middle)
    if not first:
        raise NoTieError("no tie on that day: look for a customer in features/default_influence")
    second = _others(_touching(strong, first), {*middle, *first})
    people = {*middle, *first, *second}
    bad = _known(known_bad, people)
    strongly_tied = set(_others(_touching(strong, middle), middle))

    def most_telling_first(ties_of: Mapping[str, int], room: int) -> tuple[str, ...]:
        def order(name: str) -> tuple[bool, bool, int, str]:
            return name not in bad, ties_of is first and name not in strongly_tied, -ties_of[name], name

        return tuple(sorted(ties_of, key=order)[: max(0, room)])

    centre = tuple(sorted(middle))
    ring = most_telling_first(first, most - len(centre))
    near = set(_others(_touching(strong, ring), {*centre, *first}))
    beyond = {name: count for name, count in second.items() if name in near}
    rings = (centre, ring, most_telling_first(beyond, most - len(centre) - len(ring)))
    shown = {name for one in rings for name in one}
    shown_bad = {name: day for name, day in sorted(bad.items()) if name in shown}
    return Ego(rings, _ties_between(between_two, shown), shown_bad, len(people - shown))


def _touching(edges: pa.Table, people: Collection[str]) -> pa.Table:
    some = pa.array(sorted(people), pa.string())
    return edges.filter(pc.or_(*(pc.is_in(edges[end], value_set=some) for end in ("source_id", "target_id"))))


def _others(edges: pa.Table, people: Collection[str]) -> dict[str, int]:
    """Everybody else at an end of these edges, and how many ends are theirs."""
    ends = pa.chunked_array([*edges["source_id"].chunks, *edges["target_id"].chunks], pa.string()).value_counts()
    is_other = pc.invert(pc.is_in(ends.field("values"), value_set=pa.array(sorted(people), pa.string())))
    others = ends.filter(is_other)
    return dict(zip(others.field("values").to_pylist(), others.field("counts").to_pylist(), strict=True))


def _known(known_bad: pa.Table, people: Collection[str]) -> dict[str, date]:
    some = known_bad.filter(pc.is_in(known_bad["customer_id"], value_set=pa.array(sorted(people), pa.string())))
    return dict(zip(some["customer_id"].to_pylist(), some["known_date"].to_pylist(), strict=True))


def _ties_between(edges: pa.Table, people: Collection[str]) -> tuple[Tie, ...]:
    some = pa.array(sorted(people), pa.string())
    inside = edges.filter(pc.and_(*(pc.is_in(edges[end], value_set=some) for end in ("source_id", "target_id"))))
    columns = (inside[name].to_pylist() for name in ("source_id", "target_id", "kind", "cents", "began_date"))
    return tuple(
        sorted((Tie(*row) for row in zip(*columns, strict=True)), key=lambda tie: (tie.source, tie.target, tie.kind))
    )
