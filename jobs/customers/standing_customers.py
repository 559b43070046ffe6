"""Customers that stand, so that a change among their records costs in proportion to what changed.

    standing = StandingCustomers.of(records, pairs, since, as_of=night)     StandingRecords, and their pairs
    change = standing.change(changed, gone, as_of=next_night)               the customers that the change touches
    standing.customers()                                                    everybody, as all anew finds them

Which customer a record belongs to follows from the records it hangs together with: by automatic pairs, by a national
id, by the customer they were before. Whoever hangs together with a changed record is clustered and named anew, by the
same code on fewer rows (`clusters`, `naming`); everybody else stays. Pairs without room in their customer are looked at
every time: who was there first decides about them, and that is known better each night. Only the first change of a
day is a night's: ids that are new with a later one are made from its number, too.
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
from jobs.customers.match_rules import MOST_RECORDS_SHARING
from jobs.customers.match_weights import DECLARED, MatchWeights
from jobs.customers.naming import LAST_NIGHT, MOMENT, name_customers
from jobs.customers.sorted_hashes import Hashes, SortedHashes
from jobs.customers.standing import StandingRecords
from jobs.customers.standing_rows import Carried, StandingRows, net_of
from jobs.customers.verdicts import Verdict
from jobs.relations.graph import Numbers
from jobs.relations.union import Marks

PAIRS_BY = {"left": "left_record_id", "right": "right_record_id"}
PEOPLE_BY = {"record": "source_record_id", "customer": "customer_id"}
PREVIOUS = "previous_customer_id"
OF_A_FULL_CUSTOMER = ("too_many_records", "reviewer_said_no")
"""Why pairs of a customer that has no room for all its records are not followed."""


assert MAX_RECORDS_SHARING == MOST_RECORDS_SHARING  # noqa: S101 or a national id could become too common unseen


class BackwardsError(ValueError):
    """A change of a day before that of the change before it."""

    exit_code = 2


@dataclass(frozen=True)
class CustomerChange:
    """people: the rows of customers/identities of all records that were named anew, by record. pairs: the pairs that
    were compared. refusals: automatic pairs not followed among them. anew, touched: hashes of the records whose pairs,
    and of those whose customers, count no more as they were. as_of: the day from which it counts."""

    people: pa.Table
    pairs: pa.Table
    refusals: pa.Table
    anew: Hashes
    touched: Hashes
    as_of: date


class StandingCustomers:
    """Who is who among standing records."""

    def __init__(
        self,
        records: StandingRecords,
        pairs: StandingRows,
        people: StandingRows,
        refusals: StandingRows,
        *,
        as_of: date,
    ) -> None:
        """`of` makes one of records and pairs. as_of: the day of the beginning."""
        self.records, self.pairs, self.people, self.refusals = records, pairs, people, refusals
        self.as_of, self._changes_of_day = as_of, 0
        self._is_automatic = _automatic(pairs.parts[0])
        self._touched = np.array([], dtype=np.uint64)
        self._connection = duckdb.connect()

    @classmethod
    def of(
        cls,
        records: StandingRecords,
        pairs: pa.Table,
        since: pa.ChunkedArray,
        *,
        as_of: date,
        before: pa.Table | None = None,
    ) -> StandingCustomers:
        """pairs: of all records, as `compare` gives them. since: of each record when the relation began, in order.
        before: with the columns of LAST_NIGHT, the customers of before, who keep their ids."""
        people = records.rows.parts[0].select(["source_record_id", "national_id_token"])
        people = people.append_column("record_since", since)
        found = find_clusters(people if before is None else with_customer_before(people, before), pairs)
        named = name_customers(found.members, before, as_of=as_of)
        with duckdb.connect() as connection:
            return cls(
                records,
                _standing(connection, pairs.select(PAIRS.names), PAIRS_BY),
                _standing(connection, named, PEOPLE_BY),
                _standing(connection, found.refusals, PAIRS_BY),
                as_of=as_of,
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

        changed: as for `StandingRecords.change`, with record_since. AllAnewError, or BackwardsError for a day before
        that of the change before, before anything changes.
        """
        if as_of < self.as_of:
            raise BackwardsError(f"as of {as_of}: there is a change of {self.as_of} already; none can come before it")
        compared = self.records.change(changed, gone, weights, verdicts)
        anew = np.unique(self._hashes_of(compared.anew))
        seeds = [anew, *self._ends(self._pairs_of(anew)), *self._ends_without_room()]
        self._take_pairs(anew, compared.pairs)
        seeds += self._ends(self._pairs_of(anew))
        touched = self._hanging_together(np.unique(np.concatenate(seeds)))
        self._count_change(as_of)
        people, refusals = self._named(touched, changed)
        self._take_people(people, refusals, touched)
        self._touched = touched
        return CustomerChange(people, compared.pairs, refusals, anew, touched, as_of)

    def take(
        self,
        changes: Sequence[tuple[pa.Table, Sequence[str], CustomerChange]],
        verdicts: Iterable[Verdict] | None = None,
    ) -> None:
        """Take changes that were made before, all at once. verdicts: what counts after the last of them."""
        self.records.take([(changed, gone) for changed, gone, _ in changes], verdicts)
        if not changes:
            return
        made = [change for _, _, change in changes]
        pairs, anew = self._net("pairs", made, [change.anew for change in made])
        self._take_pairs(anew, pairs)
        touched = [change.touched for change in made]
        (people, everybody), (refusals, _) = (self._net(name, made, touched) for name in ("people", "refusals"))
        self._take_people(people, refusals, everybody)
        self._touched = touched[-1]
        for change in made:
            self._count_change(change.as_of)

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

    def _take_people(self, people: pa.Table, refusals: pa.Table, touched: Hashes) -> None:
        carried = _carried(self._connection, people, PEOPLE_BY, self.people.next_row)
        self.people.replace(self.people.with_any("record", touched), people, carried)
        carried = _carried(self._connection, refusals, PAIRS_BY, self.refusals.next_row)
        self.refusals.replace(self.refusals.with_any("left", touched), refusals, carried)

    def _net(self, name: str, changes: Sequence[CustomerChange], replaced: Sequence[Hashes]) -> tuple[pa.Table, Hashes]:
        """What is left of these rows of several changes, and whose earlier ones count no more."""
        parts = [getattr(change, name) for change in changes]
        ends = {"record": PEOPLE_BY["record"]} if name == "people" else PAIRS_BY
        hashed = _carried(self._connection, pa.concat_tables(parts), ends)
        return net_of(parts, [hashes for hashes, _ in hashed.values()], replaced)

    def _count_change(self, as_of: date) -> None:
        self._changes_of_day = self._changes_of_day + 1 if as_of == self.as_of else 0
        self.as_of = as_of

    def _pairs_of(self, records: Hashes) -> Numbers:
        return np.union1d(*(self.pairs.with_any(end, records) for end in PAIRS_BY))

    def _ends(self, pairs: Numbers) -> list[Hashes]:
        return [self.pairs.hashes(end, pairs) for end in PAIRS_BY]

    def _ends_without_room(self) -> list[Hashes]:
        rows = np.flatnonzero(self.refusals.is_alive)
        reason = self.refusals.table()["reason"]
        is_full = pc.is_in(reason, value_set=pa.array(OF_A_FULL_CUSTOMER)).to_numpy().astype(bool)
        return [self.refusals.hashes(end, rows[is_full]) for end in PAIRS_BY]

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

    def _named(self, touched: Hashes, changed: pa.Table) -> tuple[pa.Table, pa.Table]:
        """The rows of these records, and the pairs among them that are not followed."""
        before = self.people.taken(self.people.with_any("record", touched)).select(LAST_NIGHT.names)
        people = with_customer_before(self._with_since(self.records.holding(touched), before, changed), before)
        inside = np.intersect1d(self.pairs.with_any("left", touched), self.pairs.with_any("right", touched))
        found = find_clusters(people, self.pairs.taken(inside))
        named = name_customers(found.members, before, as_of=self.as_of, change=self._changes_of_day)
        return named.combine_chunks(), found.refusals.combine_chunks()

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
