"""Customers that stand, so that a change among their records costs in proportion to what changed.

    standing = StandingCustomers.of(records, pairs, since, as_of=night)     StandingRecords, and their pairs
    change = standing.change(changed, gone, as_of=next_night)               the customers that the change touches
    standing.customers()                                                    everybody, as all anew finds them

Which customer a record belongs to follows from the records it hangs together with: by automatic pairs, by a national
id, by the customer they were before. Whoever hangs together with a changed record is clustered and named anew, by the
same code on fewer rows (`clusters`, `naming`); everybody else stays. Pairs without room in their customer are looked at
every time: who was there first decides about them, and that is known better each night.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from jobs.customers.clusters import MAX_RECORDS_SHARING, find_clusters, with_customer_before
from jobs.customers.comparing import PAIRS
from jobs.customers.match_weights import DECLARED, MatchWeights
from jobs.customers.naming import LAST_NIGHT, MOMENT, name_customers
from jobs.customers.sorted_hashes import Hashes, SortedHashes
from jobs.customers.standing import StandingRecords
from jobs.customers.standing_rows import Carried, StandingRows
from jobs.customers.verdicts import Verdict
from jobs.relations.graph import Numbers
from jobs.relations.union import Marks

PAIRS_BY = {"left": "left_record_id", "right": "right_record_id"}
PEOPLE_BY = {"record": "source_record_id", "customer": "customer_id"}
PREVIOUS = "previous_customer_id"
NO_ROOM = "too_many_records"


@dataclass(frozen=True)
class CustomerChange:
    """people: the rows of customers/identities of all records that were named anew, by record. pairs: the pairs that
    were compared. refusals: automatic pairs not followed among them. anew, touched: hashes of the records whose pairs,
    and of those whose customers, count no more as they were."""

    people: pa.Table
    pairs: pa.Table
    refusals: pa.Table
    anew: Hashes
    touched: Hashes


class StandingCustomers:
    """Who is who among standing records."""

    def __init__(
        self, records: StandingRecords, pairs: StandingRows, people: StandingRows, refusals: StandingRows
    ) -> None:
        """`of` makes one of records and pairs."""
        self.records, self.pairs, self.people, self.refusals = records, pairs, people, refusals
        self._is_automatic = _automatic(pairs.parts[0])
        self._touched = np.array([], dtype=np.uint64)
        self._connection = duckdb.connect()

    @classmethod
    def of(cls, records: StandingRecords, pairs: pa.Table, since: pa.ChunkedArray, *, as_of: date) -> StandingCustomers:
        """pairs: of all records, as `compare` gives them. since: of each record when the relation began, in order."""
        people = records.rows.parts[0].select(["source_record_id", "national_id_token"])
        found = find_clusters(people.append_column("record_since", since), pairs)
        named = name_customers(found.members, None, as_of=as_of)
        with duckdb.connect() as connection:
            return cls(
                records,
                _standing(connection, pairs.select(PAIRS.names), PAIRS_BY),
                _standing(connection, named, PEOPLE_BY),
                _standing(connection, found.refusals, PAIRS_BY),
            )

    def change(
        self,
        changed: pa.Table,
        gone: Sequence[str] = (),
        *,
        as_of: date,
        weights: MatchWeights = DECLARED,
        verdicts: Iterable[Verdict] | None = None,
    ) -> CustomerChange:
        """Take a change among the records: compare, cluster and name what it touches.

        changed: as for `StandingRecords.change`, with record_since. AllAnewError before anything changes.
        """
        compared = self.records.change(changed, gone, weights, verdicts)
        anew = np.unique(self._hashes_of(compared.anew))
        seeds = [anew, *self._ends(self._pairs_of(anew)), *self._ends_without_room()]
        self._take_pairs(anew, compared.pairs)
        seeds += self._ends(self._pairs_of(anew))
        touched = self._hanging_together(np.unique(np.concatenate(seeds)))
        people, refusals = self._named(touched, changed, as_of)
        change = CustomerChange(people, compared.pairs, refusals, anew, touched)
        self._take_people(change)
        return change

    def take(
        self,
        changed: pa.Table,
        gone: Sequence[str],
        change: CustomerChange,
        verdicts: Iterable[Verdict] | None = None,
    ) -> None:
        """Take a change that was made before."""
        self.records.take(changed, gone, verdicts)
        self._take_pairs(change.anew, change.pairs)
        self._take_people(change)

    def customers(self) -> pa.Table:
        """One row per record that is shown or was, with the columns of customers/identities, by record."""
        rows, named = self.people.table(), self.people.hashes("record", np.flatnonzero(self.people.is_alive))
        if len(self.people.parts) > 1:  # before the first change nobody was anybody
            is_named_now = pa.array(np.isin(named, self._touched))
            previous = pc.if_else(is_named_now, rows[PREVIOUS], rows["customer_id"])
            rows = rows.set_column(rows.schema.get_field_index(PREVIOUS), PREVIOUS, previous)
        return rows.sort_by("source_record_id").combine_chunks()

    def all_pairs(self) -> pa.Table:
        """The pairs of all records, as `compare` gives them."""
        order = [(column, "ascending") for column in PAIRS_BY.values()]
        return self.pairs.table().sort_by(order).combine_chunks()

    def all_refusals(self) -> pa.Table:
        """The automatic pairs that are not followed, as `find_clusters` gives them."""
        order = [(column, "ascending") for column in PAIRS_BY.values()]
        return self.refusals.table().sort_by(order).combine_chunks()

    def _take_pairs(self, anew: Hashes, pairs: pa.Table) -> None:
        given = pairs.select(PAIRS.names).combine_chunks()
        carried = _carried(self._connection, given, PAIRS_BY, self.pairs.next_row)
        self.pairs.replace(self._pairs_of(anew), given, carried)
        self._is_automatic = np.append(self._is_automatic, _automatic(given))

    def _take_people(self, change: CustomerChange) -> None:
        self._touched = change.touched
        people = _carried(self._connection, change.people, PEOPLE_BY, self.people.next_row)
        self.people.replace(self.people.with_any("record", change.touched), change.people, people)
        refusals = _carried(self._connection, change.refusals, PAIRS_BY, self.refusals.next_row)
        self.refusals.replace(self.refusals.with_any("left", change.touched), change.refusals, refusals)

    def _pairs_of(self, records: Hashes) -> Numbers:
        return np.union1d(*(self.pairs.with_any(end, records) for end in PAIRS_BY))

    def _ends(self, pairs: Numbers) -> list[Hashes]:
        return [self.pairs.hashes(end, pairs) for end in PAIRS_BY]

    def _ends_without_room(self) -> list[Hashes]:
        rows = np.flatnonzero(self.refusals.is_alive)
        has_room = pc.not_equal(self.refusals.table()["reason"], NO_ROOM).to_numpy().astype(bool)
        return [self.refusals.hashes(end, rows[~has_room]) for end in PAIRS_BY]

    def _hanging_together(self, seeds: Hashes) -> Hashes:
        """Everybody to whom automatic pairs, a national id or a customer lead from these records."""
        found, newest = seeds, seeds
        while len(newest):
            pairs = self._pairs_of(newest)
            customers = self.people.hashes("customer", self.people.with_any("record", newest))
            mates = self.people.with_any("customer", np.unique(customers))
            same_id = self.records.sharing("national_id", newest, at_most=MAX_RECORDS_SHARING)
            near = [*self._ends(pairs[self._is_automatic[pairs]]), self.people.hashes("record", mates), same_id]
            newest = np.setdiff1d(np.concatenate(near), found)
            found = np.union1d(found, newest)
        return found

    def _named(self, touched: Hashes, changed: pa.Table, as_of: date) -> tuple[pa.Table, pa.Table]:
        """The rows of these records, and the pairs among them that are not followed."""
        before = self.people.taken(self.people.with_any("record", touched)).select(LAST_NIGHT.names)
        people = with_customer_before(self._with_since(self.records.holding(touched), before, changed), before)
        inside = np.intersect1d(self.pairs.with_any("left", touched), self.pairs.with_any("right", touched))
        found = find_clusters(people, self.pairs.taken(inside))
        return name_customers(found.members, before, as_of=as_of).combine_chunks(), found.refusals.combine_chunks()

    def _with_since(self, records: pa.Table, before: pa.Table, changed: pa.Table) -> pa.Table:
        """The records that cluster, with when they began: as told now, else as it was known."""
        ids = self.records.count("national_id", records["national_id_token"])
        tokens = pc.if_else(pa.array(ids <= MAX_RECORDS_SHARING), records["national_id_token"], None)
        told = pa.concat_tables(
            [changed.select(["source_record_id", "record_since"]), before.select(["source_record_id", "record_since"])]
        )
        place = pc.index_in(records["source_record_id"], value_set=told["source_record_id"].combine_chunks())
        columns = {
            "source_record_id": records["source_record_id"],
            "national_id_token": tokens,
            "record_since": told["record_since"].take(place).cast(MOMENT),
        }
        return pa.table(columns)

    def _hashes_of(self, names: pa.Array) -> Hashes:
        return _hashes(self._connection, pa.table({"name": names}), ["name"])["name"]


def _automatic(pairs: pa.Table) -> Marks:
    return np.asarray(pc.equal(pairs["decision"], "automatic").to_numpy(), dtype=bool)


def _hashes(connection: duckdb.DuckDBPyConnection, rows: pa.Table, columns: Iterable[str]) -> dict[str, Hashes]:
    connection.register("given", rows)
    asked = (duckdb.FunctionExpression("hash", duckdb.ColumnExpression(name)).alias(name) for name in columns)
    found: dict[str, Hashes] = connection.table("given").select(*asked).fetchnumpy()
    return found


def _carried(
    connection: duckdb.DuckDBPyConnection, rows: pa.Table, kinds: dict[str, str], first_row: int = 0
) -> Carried:
    hashed = _hashes(connection, rows.select(list(kinds.values())), kinds.values())
    numbers = np.arange(first_row, first_row + rows.num_rows)
    return {kind: (hashed[column], numbers) for kind, column in kinds.items()}


def _standing(connection: duckdb.DuckDBPyConnection, rows: pa.Table, kinds: dict[str, str]) -> StandingRows:
    given = rows.combine_chunks()
    carried = _carried(connection, given, kinds)
    return StandingRows.of(given, {kind: SortedHashes.of(*found) for kind, found in carried.items()})
