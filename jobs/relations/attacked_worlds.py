"""The worlds in which a network feature is attacked, all in the same few tables, so that every feature is built once.

Each world is a copy of the evidence under ids of its own, so no tie leads from one to another; what an attack changes
is changed in its copy alone. Attacks that an honest feature does not notice at all take place among the people around a
few customers, those that take all relation away among everybody.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from jobs.relations.pairs import MAX_CUSTOMERS_SHARING
from jobs.relations.ties import DEFAULT_DAYS
from jobs.windows import midnight_after

COLUMNS: Final[Mapping[str, tuple[str, ...]]] = {
    "transfers": (
        *("payer_customer_id", "payee_customer_id", "transfer_count", "transfer_count_180d"),
        *("amount_cents_sum", "amount_cents_sum_180d"),
        *("first_transferred_at", "last_transferred_at"),
    ),
    "identifier_holders": (
        *("identifier_type", "identifier", "customer_id", "first_seen_at", "last_seen_at", "known_date"),
        "holder_count",
    ),
    "referrals": ("referrer_source_record_id", "referred_source_record_id", "referred_at", "known_date"),
    "instalments": ("source_record_id", "plan_opened_at", "due_date", "settled_date"),
    "identities": ("source_record_id", "customer_id"),
}
"""What the features are built from: by parent, the columns of its contract that they read."""

KINDS: Final = ("phone", "address", "device", "recipient", "household", "card")
CENTRES: Final = 40  # a leak of the own label shows in every one of them
ALL: Final = "everybody"
AROUND: Final = "around some"
RANDOM_GRAPH: Final = "random graph"
LATE: Final = "late on the day"
AFTER_THE_DAY: Final = {
    "ties of the day after": AROUND,
    "plans of the day after": AROUND,
    "payments of the day after": AROUND,
    "defaults of the day after": LATE,
}
"""Attacks that change nothing which could be known on the day, and the world each is compared with."""

LONG_AGO_DAYS: Final = 200
Chance = np.random.Generator


@dataclass(frozen=True)
class Evidence:
    """What features are built from on as_of, by the columns of COLUMNS, and how it turned out.

    outcomes: customer_id and is_default, which is settled only after as_of. other_outcomes: is_default of other
    observation dates, in any order.
    """

    as_of: date
    tables: Mapping[str, pa.Table]
    outcomes: pa.Table
    other_outcomes: pa.Table | None = None

    @property
    def customers(self) -> pa.Array:
        """Every customer there is a record of, ascending."""
        return _ordered(self.tables["identities"]["customer_id"])


@dataclass(frozen=True)
class Worlds:
    """The evidence under every attack, by name; whose label is flipped; the outcomes, dealt out by chance.

    from_other_days: the customers with outcomes drawn from other observation dates; None where there are none.
    """

    evidence: Mapping[str, Evidence]
    centres: tuple[str, ...]
    dealt: pa.Table
    from_other_days: pa.Table | None = None

    def together(self) -> dict[str, pa.Table]:
        """All worlds in the tables of one, every id led by the name of its world."""
        return {
            name: pa.concat_tables(_named(world, one.tables[name]) for world, one in self.evidence.items())
            for name in COLUMNS
        }


def own(centre: str) -> str:
    """The world of a customer and the people around, as it is."""
    return f"around {centre}"


def flipped(centre: str) -> str:
    """The same, but the customer's known default is unknown, or the unknown one known."""
    return f"flipped {centre}"


def attacked_worlds(evidence: Evidence, chance: Chance) -> Worlds:
    """Every world of the audit; the same for equal rows in any order and an equal seed."""
    centres = tuple(_picked(_ordered(evidence.outcomes["customer_id"]), CENTRES, chance))
    dealt = _shuffled(evidence.outcomes, "is_default", chance)
    other = _drawn_from(evidence.other_outcomes, evidence.outcomes, chance)
    around = _around(evidence, centres)
    worlds = {
        ALL: _with_traces(evidence, dealt, *([] if other is None else [other])),
        RANDOM_GRAPH: _rewired(evidence, chance),
        **_after_the_day(around, chance),
    }
    for centre in centres:
        worlds[own(centre)] = _around(around, (centre,))
        worlds[flipped(centre)] = _with_flipped_label(worlds[own(centre)], centre)
    return Worlds(worlds, centres, dealt, other)


def _after_the_day(around: Evidence, chance: Chance) -> dict[str, Evidence]:
    """The attacks with what nobody could know on the day, and the worlds they are compared with.

    A default of the day after is late on the day, as is, in the world beside it, one that is to come two weeks later.
    """
    people = around.customers

    def unpaid(days: int, opened_at: datetime | None = None) -> Evidence:
        return _with_unpaid(around, people, around.as_of - timedelta(days=days), opened_at=opened_at)

    return {
        AROUND: around,
        LATE: unpaid(DEFAULT_DAYS - 15),
        "ties of the day after": _with_later_ties(around, chance),
        "plans of the day after": unpaid(DEFAULT_DAYS, midnight_after(around.as_of)),
        "payments of the day after": _with_later_payments(around),
        "defaults of the day after": unpaid(DEFAULT_DAYS - 1),
    }


def _around(evidence: Evidence, centres: tuple[str, ...]) -> Evidence:
    """The evidence of the centres and of whoever a tie joins to one of them, and of nobody else."""
    tables, middle = evidence.tables, pa.array(centres, pa.string())
    held = tables["identifier_holders"]
    light = held.filter(pc.less_equal(held["holder_count"], MAX_CUSTOMERS_SHARING))
    beside = light.filter(pc.is_in(light["identifier"], value_set=_of(light, "customer_id", middle)["identifier"]))
    paid = tables["transfers"]
    found = [middle, beside["customer_id"]]
    found += [_of(paid, one, middle)[other] for one, other in (_PAYMENT, _PAYMENT[::-1])]
    records = _records_of(evidence, middle)
    referred = tables["referrals"]
    for one, other in (_REFERRAL, _REFERRAL[::-1]):
        found.append(_of(tables["identities"], "source_record_id", _of(referred, one, records)[other])["customer_id"])
    return _restricted(evidence, _ordered(*found))


def _restricted(evidence: Evidence, people: pa.Array) -> Evidence:
    """The rows of these customers; of ties those between two of them."""
    tables, records = evidence.tables, _records_of(evidence, people)
    kept = {
        "transfers": _both(tables["transfers"], _PAYMENT, people),
        "identifier_holders": _of(tables["identifier_holders"], "customer_id", people),
        "referrals": _both(tables["referrals"], _REFERRAL, records),
        "instalments": _of(tables["instalments"], "source_record_id", records),
        "identities": _of(tables["identities"], "customer_id", people),
    }
    return Evidence(evidence.as_of, kept, _of(evidence.outcomes, "customer_id", people))


def _rewired(evidence: Evidence, chance: Chance) -> Evidence:
    """Everyone keeps the number of ties of each kind, nobody the neighbours.

    Ends are dealt anew (Molloy and Reed 1995): who pays whom, who holds which identifier of a kind, who brings whom.
    """
    tables = dict(evidence.tables)
    held = tables["identifier_holders"]
    kinds = [held.filter(pc.equal(held["identifier_type"], kind)) for kind in KINDS]
    tables["identifier_holders"] = pa.concat_tables(_shuffled(rows, "customer_id", chance) for rows in kinds)
    tables["transfers"] = _shuffled(tables["transfers"], _PAYMENT[1], chance)
    tables["referrals"] = _shuffled(tables["referrals"], _REFERRAL[1], chance)
    return replace(evidence, tables=tables)


def _drawn_from(others: pa.Table | None, asked: pa.Table, chance: Chance) -> pa.Table | None:
    """The customers asked, each with an outcome of another observation date.

    Not the customer's own: whoever was bad on one day is likelier to be on another, which is no leak.
    """
    if others is None or not len(others):
        return None
    drawn = others["is_default"].take(pa.array(chance.integers(0, len(others), len(asked))))
    return pa.table({"customer_id": asked["customer_id"], "is_default": drawn})


def _with_traces(evidence: Evidence, *dealt: pa.Table) -> Evidence:
    """Whoever drew a default takes up, on the day after, a plan that is never paid: only a leak could see it."""
    bad = _ordered(*(outcomes.filter(outcomes["is_default"])["customer_id"] for outcomes in dealt))
    due = evidence.as_of + timedelta(days=30)
    return _with_unpaid(evidence, bad, due, opened_at=midnight_after(evidence.as_of))


def _with_later_ties(evidence: Evidence, chance: Chance) -> Evidence:
    """As many ties as there are customers, of every kind, that begin with the first moment of the day after.

    Everybody stands on a circle of three who pay each other often enough for a ring.
    """
    people, moment = evidence.customers.to_pylist(), midnight_after(evidence.as_of)
    order = [people[place] for place in chance.permutation(len(people))]
    threes = [order[first : first + 3] for first in range(0, len(order), 3)]
    pairs = [(three[place - 1], name) for three in threes for place, name in enumerate(three) if len(three) > 1]
    record_of = dict(zip(*(evidence.tables["identities"][name].to_pylist() for name in _IDENTITY[::-1]), strict=True))
    known = evidence.as_of + timedelta(days=1)
    seen = (moment, moment, known, 2)
    added: dict[str, list[tuple[object, ...]]] = {
        "transfers": [(one, other, 9, 9, 100_00, 100_00, moment, moment) for one, other in pairs],
        "identifier_holders": [
            (KINDS[number % len(KINDS)], f"of the day after {number}", name, *seen)
            for number, pair in enumerate(pairs)
            for name in pair
        ],
        "referrals": [(record_of[one], record_of[other], moment, known) for one, other in pairs],
    }
    return _with_rows(evidence, added)


def _with_later_payments(evidence: Evidence) -> Evidence:
    """Whatever was unpaid on the day is paid on the day after."""
    owed = evidence.tables["instalments"]
    paid_on = pc.fill_null(owed["settled_date"], evidence.as_of + timedelta(days=1))
    position = owed.column_names.index("settled_date")
    paid = owed.set_column(position, owed.schema.field(position), paid_on.cast(owed.schema.field(position).type))
    return replace(evidence, tables={**evidence.tables, "instalments": paid})


def _with_flipped_label(evidence: Evidence, centre: str) -> Evidence:
    """The customer's instalments vanish where one was in default on the day; else there is one that was."""
    owed, records = evidence.tables["instalments"], _records_of(evidence, pa.array([centre]))
    defaulted = pc.add(owed["due_date"].cast(pa.int32()), pa.scalar(DEFAULT_DAYS, pa.int32())).cast(pa.date32())
    was_unpaid = pc.or_kleene(pc.is_null(owed["settled_date"]), pc.greater_equal(owed["settled_date"], defaulted))
    is_own = pc.is_in(owed["source_record_id"], value_set=records)
    was_bad = pc.and_(is_own, pc.and_(was_unpaid, pc.less_equal(defaulted, pa.scalar(evidence.as_of))))
    if pc.any(was_bad).as_py():
        return replace(evidence, tables={**evidence.tables, "instalments": owed.filter(pc.invert(is_own))})
    return _with_unpaid(evidence, pa.array([centre]), evidence.as_of - timedelta(days=DEFAULT_DAYS + 40))


def _with_unpaid(evidence: Evidence, people: pa.Array, due: date, *, opened_at: datetime | None = None) -> Evidence:
    """One more instalment for each of the people, of a plan opened long ago unless said otherwise, and never paid."""
    opened = opened_at or midnight_after(evidence.as_of - timedelta(days=LONG_AGO_DAYS))
    return _with_rows(
        evidence, {"instalments": [(record, opened, due, None) for record in _first_records(evidence, people)]}
    )


def _with_rows(evidence: Evidence, added: Mapping[str, list[tuple[object, ...]]]) -> Evidence:
    tables = dict(evidence.tables)
    for name, rows in added.items():
        columns = list(zip(*rows, strict=True)) or [() for _ in COLUMNS[name]]
        schema = tables[name].schema
        arrays = [pa.array(column, field.type) for column, field in zip(columns, schema, strict=True)]
        tables[name] = pa.concat_tables([tables[name], pa.Table.from_arrays(arrays, schema=schema)])
    return replace(evidence, tables=tables)


def _first_records(evidence: Evidence, people: pa.Array) -> Iterator[str]:
    """The smallest record of each of the people."""
    of_people = _of(evidence.tables["identities"], "customer_id", people)
    first = of_people.group_by("customer_id").aggregate([("source_record_id", "min")]).sort_by("customer_id")
    yield from first["source_record_id_min"].to_pylist()


def _named(world: str, rows: pa.Table) -> pa.Table:
    """The rows with the world's name before every id of a customer, a record or an identifier."""
    for position, name in enumerate(rows.column_names):
        if name == "identifier" or name.endswith(("customer_id", "source_record_id")):
            led = pc.binary_join_element_wise(pa.scalar(world), rows[name].cast(pa.string()), "|")
            rows = rows.set_column(position, name, led)
    return rows


def _shuffled(rows: pa.Table, column: str, chance: Chance) -> pa.Table:
    position = rows.column_names.index(column)
    dealt = rows[column].take(pa.array(chance.permutation(len(rows)), pa.int64()))
    return rows.set_column(position, rows.schema.field(position), dealt)


def _picked(names: pa.Array, most: int, chance: Chance) -> list[str]:
    chosen = np.sort(chance.permutation(len(names))[:most])
    return [str(name) for name in names.take(pa.array(chosen, pa.int64())).to_pylist()]


def _records_of(evidence: Evidence, people: pa.Array) -> pa.ChunkedArray:
    return _of(evidence.tables["identities"], "customer_id", people)["source_record_id"]


def _of(rows: pa.Table, column: str, values: pa.Array) -> pa.Table:
    return rows.filter(pc.is_in(rows[column], value_set=_ordered(values)))


def _both(rows: pa.Table, ends: tuple[str, str], values: pa.Array) -> pa.Table:
    return _of(_of(rows, ends[0], values), ends[1], values)


def _ordered(*values: pa.Array | pa.ChunkedArray) -> pa.Array:
    """Every value once, ascending."""
    chunks = [chunk for one in values for chunk in (one.chunks if isinstance(one, pa.ChunkedArray) else [one])]
    once = pa.chunked_array(chunks, pa.string()).unique()
    return once.take(pc.array_sort_indices(once))


_PAYMENT = ("payer_customer_id", "payee_customer_id")
_REFERRAL = ("referrer_source_record_id", "referred_source_record_id")
_IDENTITY = ("source_record_id", "customer_id")
