"""The published edges and defaults of a night as Arrow tables, for the commands that look at relations."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from jobs.arrow_dates import local_dates
from jobs.errors import StepMissingError
from jobs.inputs import night
from jobs.lake import Lake
from jobs.relations.ego import WEAK, NoTieError
from jobs.relations.pairs import WHOLE_TIE
from jobs.relations.ties import DEFAULT_DAYS, busy_customers
from schemas.cleaned.instalments import INSTALMENTS
from schemas.customers.identities import IDENTITIES
from schemas.edges.favours import FAVOURS
from schemas.edges.identifier_holders import IDENTIFIER_TYPES
from schemas.edges.shared_identifiers import SHARED_IDENTIFIERS
from schemas.edges.shared_merchants import SHARED_MERCHANTS
from schemas.edges.suspected_rings import SUSPECTED_RINGS
from schemas.edges.transfers import TRANSFERS
from schemas.table import Dataset


def published(lake: Lake, dataset: Dataset, day: date, columns: Sequence[str]) -> pa.Table:
    """Some columns of a published dataset; StepMissingError with the command that builds it when it is not there."""
    partition = night(day).partition(dataset)
    if lake.manifest(partition) is None:
        raise StepMissingError(
            f"{dataset.address} {day}: not published; first run: python -m jobs.run night --business-date {day}"
        )
    return pa.concat_tables(pq.read_table(path, columns=list(columns)) for path in lake.local_files(partition))


def ties_of_the_night(lake: Lake, day: date, time_zone: str, *, as_of: date | None = None) -> pa.Table:
    """source_id, target_id, kind, weight, cents, began_date: a row per pair and kind of tie, as the families see them.

    cents: of transfers, what was paid ever; else null.
    as_of: the day, the night's own unless given, by which who pays too many people is left out of transfers.
    """
    shared = published(
        lake,
        SHARED_IDENTIFIERS,
        day,
        ("first_customer_id", "second_customer_id", "identifier_type", "tie_weight", "first_seen_at"),
    )
    identifiers = {
        "source_id": shared["first_customer_id"],
        "target_id": shared["second_customer_id"],
        "kind": shared["identifier_type"],
        "weight": pc.round(pc.multiply(shared["tie_weight"], WHOLE_TIE)).cast(pa.int64()),
        "cents": pa.nulls(len(shared), pa.int64()),
        "began_date": local_dates(shared["first_seen_at"], time_zone),
    }
    sharing = pa.table(identifiers)
    by_kind = (sharing.filter(pc.equal(sharing["kind"], kind)) for kind in IDENTIFIER_TYPES)
    every = (_transfers(lake, day, time_zone), *_favours(lake, day, time_zone), *by_kind)
    return pa.concat_tables(_without_busy(ties, as_of or day) for ties in every)


def weak_ties_of_the_night(lake: Lake, day: date, time_zone: str) -> pa.Table:
    """The columns of `ties_of_the_night`: who buys at the same small merchant, a tie that no measure knows."""
    names = ("first_customer_id", "second_customer_id", "tie_weight", "first_seen_at")
    pairs = published(lake, SHARED_MERCHANTS, day, names)
    weak = _directed(
        pairs["first_customer_id"], pairs["second_customer_id"], WEAK, local_dates(pairs["first_seen_at"], time_zone)
    )
    weight = pc.round(pc.multiply(pairs["tie_weight"], WHOLE_TIE)).cast(pa.int64())
    return weak.set_column(weak.column_names.index("weight"), "weight", weight)


def ring_of_the_night(lake: Lake, day: date, ring_id: str) -> list[str]:
    """The customers of a suspected ring; NoTieError when there is none of that name."""
    suspected = published(lake, SUSPECTED_RINGS, day, ("customer_id", "ring_id"))
    members = suspected.filter(pc.equal(suspected["ring_id"], ring_id))["customer_id"].to_pylist()
    if not members:
        raise NoTieError(f"no ring of that name on {day}: edges/suspected_rings lists those there are")
    return sorted(members)


def known_defaults_of_the_night(lake: Lake, day: date) -> pa.Table:
    """customer_id, known_date: the day on which an instalment had been unpaid for DEFAULT_DAYS, the first one."""
    instalments = published(lake, INSTALMENTS, day, ("source_record_id", "due_date", "settled_date"))
    people = published(lake, IDENTITIES, day, ("source_record_id", "customer_id"))
    known = _days_after(instalments["due_date"], DEFAULT_DAYS)
    was_unpaid = pc.or_kleene(
        pc.is_null(instalments["settled_date"]), pc.greater_equal(instalments["settled_date"], known)
    )
    is_known = pc.and_(was_unpaid, pc.less_equal(known, pa.scalar(day)))
    defaults = instalments.append_column("known_date", known).filter(is_known)
    joined = defaults.select(["source_record_id", "known_date"]).join(people, "source_record_id", join_type="inner")
    first = joined.group_by("customer_id").aggregate([("known_date", "min")])
    return first.rename_columns(["customer_id", "known_date"]).sort_by("customer_id")


def _transfers(lake: Lake, day: date, time_zone: str) -> pa.Table:
    """The ties by transfers."""
    names = ("payer_customer_id", "payee_customer_id", "first_transferred_at", "amount_cents_sum")
    paid = published(lake, TRANSFERS, day, names)
    began = local_dates(paid["first_transferred_at"], time_zone)
    ties = _directed(paid["payer_customer_id"], paid["payee_customer_id"], "transfer", began)
    return ties.set_column(ties.column_names.index("cents"), "cents", paid["amount_cents_sum"])


def _favours(lake: Lake, day: date, time_zone: str) -> Iterator[pa.Table]:
    """The ties by favours, a table for each kind."""
    names = ("giver_customer_id", "receiver_customer_id", "favour_type", "first_seen_at")
    given = published(lake, FAVOURS, day, names)
    for kind in FAVOURS.column("favour_type").allowed:
        of_kind = given.filter(pc.equal(given["favour_type"], kind))
        began = local_dates(of_kind["first_seen_at"], time_zone)
        yield _directed(of_kind["giver_customer_id"], of_kind["receiver_customer_id"], kind, began)


def _directed(source: pa.ChunkedArray, target: pa.ChunkedArray, kind: str, began: pa.ChunkedArray) -> pa.Table:
    return pa.table(
        {
            "source_id": source,
            "target_id": target,
            "kind": pa.array([kind] * len(source), pa.string()),
            "weight": pa.array([WHOLE_TIE] * len(source), pa.int64()),
            "cents": pa.nulls(len(source), pa.int64()),
            "began_date": began,
        }
    )


def _without_busy(directed: pa.Table, as_of: date) -> pa.Table:
    """The ties of one kind, without those of customers who were busy by as_of."""
    known = directed.filter(pc.less_equal(directed["began_date"], pa.scalar(as_of)))
    busy = busy_customers(known["source_id"], known["target_id"])
    has_busy = (pc.is_in(directed[end], value_set=busy) for end in ("source_id", "target_id"))
    return directed.filter(pc.invert(pc.or_(*has_busy)))


def _days_after(days: pa.ChunkedArray, count: int) -> pa.ChunkedArray:
    return pc.add(days.cast(pa.int32()), pa.scalar(count, pa.int32())).cast(pa.date32())
