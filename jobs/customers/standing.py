"""Records that stand compared, so that a change among them is compared in proportion to what changed.

    standing = StandingRecords.of(records)            beside pairs = compare(records)
    change = standing.change(changed, gone)           some new or other records, and the names of some that are gone
    pairs = change.applied_to(pairs)                  the rows and the order of compare(all records of now)

Records that have nothing in common with a changed one are not looked at: who carries a value, and how many do, is found
by bisection in sorted hashes. A pair follows from its two prepared records, see `comparing_changes`; one is
prepared otherwise than before when it changed, or when a value it carries became too common, or its name twice as
frequent. Hashes have 64 bits: among ten million records two values share one with a chance of 3 in a million.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from jobs.customers import comparing_sql as sql
from jobs.customers.comparing import PAIRS, RECORDS, reviewed, rules_version
from jobs.customers.match_rules import IDENTIFIERS, MOST_RECORDS_SHARING, PLACEHOLDER_BIRTH_DATES
from jobs.customers.match_weights import DECLARED, MatchWeights
from jobs.customers.sorted_hashes import Hashes, SortedHashes
from jobs.customers.standing_rows import NOT_GIVEN, Carried, StandingRows, net_of
from jobs.customers.verdicts import Verdict, by_pair
from jobs.relations.graph import Numbers
from jobs.relations.union import Marks

HASHED: Mapping[str, tuple[str, ...]] = {
    "id": ("source_record_id",),
    **{kind: (column,) for kind, column in IDENTIFIERS.items()},
    "name": ("full_name_token",),
    "named_and_born": ("full_name_token", "birth_date"),
}
"""What records are looked up by, and the columns that must be given for it."""

PAIRING = (*IDENTIFIERS, "named_and_born")


class AllAnewError(ValueError):
    """The change cannot be compared alone; the message says why. Compare all records."""

    exit_code = 2


@dataclass(frozen=True)
class Change:
    """pairs: the pairs of records that had to be compared. anew: the names of these and of the records that are gone;
    what was known of their pairs counts no more."""

    pairs: pa.Table
    anew: pa.Array

    def applied_to(self, pairs_before: pa.Table) -> pa.Table:
        """The pairs of all records, in order."""
        ends = [pc.is_in(pairs_before[end], value_set=self.anew) for end in ("left_record_id", "right_record_id")]
        carried = pairs_before.filter(pc.invert(pc.or_(*ends)))
        order = [("left_record_id", "ascending"), ("right_record_id", "ascending")]
        return pa.concat_tables([carried, self.pairs]).sort_by(order).combine_chunks()


class StandingRecords:
    """Records by what they carry: those of the beginning, and whatever changed since."""

    def __init__(self, rows: StandingRows, version: str, verdicts: Iterable[Verdict] = ()) -> None:
        """`of` makes one of records; version: of the rules and weights that compared them, with what reviewers said."""
        self.version = version
        self.verdicts = by_pair(verdicts)
        self.rows = rows
        self._left: dict[str, list[Hashes]] = {kind: [] for kind in HASHED}
        self._connection = duckdb.connect()

    @classmethod
    def of(
        cls, records: pa.Table, weights: MatchWeights = DECLARED, verdicts: Iterable[Verdict] = ()
    ) -> StandingRecords:
        """records, weights, verdicts: as in `compare`."""
        given = records.select(RECORDS.names).cast(RECORDS).combine_chunks()
        with duckdb.connect() as connection:
            hashed = _hashed(connection, given)
        index = {kind: SortedHashes.of(*found) for kind, found in hashed.items()}
        return cls(StandingRows.of(given, index), rules_version(weights, given.num_rows), verdicts)

    def change(
        self,
        changed: pa.Table,
        gone: Sequence[str] = (),
        weights: MatchWeights = DECLARED,
        verdicts: Iterable[Verdict] | None = None,
    ) -> Change:
        """Take some new or other records, compare what has to be, and let records go.

        verdicts: all that count from now on; None where reviewers said nothing new.
        AllAnewError, before anything changes, when rules, weights or the order of magnitude are others than before.
        """
        given, names = self._told(changed, gone)
        old = self.rows.with_any("id", self._hashes_of(names))
        count = self.rows.count - len(old) + given.num_rows
        if rules_version(weights, count) != self.version:
            raise AllAnewError("rules, weights or how many records there are changed too much: compare all records")
        said_of = self._hear(verdicts)
        affected = np.union1d(
            self._take(given, old), self.rows.with_any("id", self._hashes_of(pa.array(said_of, pa.string())))
        )
        anew = pc.unique(pa.concat_arrays([names, self.rows.taken(affected)["source_record_id"].combine_chunks()]))
        reviewed_now, others = self._reviewed_with(anew)
        near = np.unique(np.concatenate([affected, self._sharing_with(affected), others]))
        current = self._prepared(near, affected)
        return Change(_compared(current, reviewed_now, weights, count, self.version), anew)

    def take(
        self, changes: Sequence[tuple[pa.Table, Sequence[str]]], verdicts: Iterable[Verdict] | None = None
    ) -> None:
        """Take changes that were compared before, all at once. verdicts: what counts after the last of them."""
        self._hear(verdicts)
        if not changes:
            return
        told = [self._told(*change) for change in changes]
        names = self._hashes_of(pa.concat_arrays([names for _, names in told]))
        counts = np.cumsum([0, *(len(names) for _, names in told)])
        replaced = [names[first:end] for first, end in pairwise(counts)]
        given = [rows for rows, _ in told]
        keys = [replaced[number][: rows.num_rows] for number, rows in enumerate(given)]  # the given ones come first
        rows, gone = net_of(given, [np.concatenate(keys)], replaced)
        old = self.rows.with_any("id", gone)
        self._put(rows, old, *self._carried(rows, old))

    def holding(self, ids: Hashes) -> pa.Table:
        """The records of these hashes of source_record_id."""
        return self.rows.taken(self.rows.with_any("id", ids))

    def sharing(self, kind: str, ids: Hashes, *, at_most: int) -> Hashes:
        """The hashes of the ids of all records that share a value of a kind with one of these, if few of them do."""
        carried = self.rows.hashes(kind, self.rows.with_any("id", ids))
        given = np.unique(carried[carried != NOT_GIVEN])
        few = given[self._count(kind, given) <= at_most]
        return self.rows.hashes("id", self.rows.with_any(kind, few))

    def count(self, kind: str, values: pa.ChunkedArray) -> Numbers:
        """How many records carry each of these values; a null is carried by none."""
        hashes, counted = self._hashes_of(values.combine_chunks()), np.zeros(len(values), dtype=np.int64)
        given = values.is_valid().to_numpy().astype(bool)
        counted[given] = self._count(kind, hashes[given])
        return counted

    def _hear(self, verdicts: Iterable[Verdict] | None) -> list[str]:
        """Take what reviewers say; the records of the pairs on which they said something else before, or nothing."""
        before = self.verdicts
        self.verdicts = before if verdicts is None else by_pair(verdicts)
        return sorted({name for pair, _ in before.items() ^ self.verdicts.items() for name in pair})

    def _reviewed_with(self, names: pa.Array) -> tuple[pa.Table, Numbers]:
        """The verdicts on pairs of these records, and the rows of the other ends."""
        anew = set(names.to_pylist()) if self.verdicts else set()
        said = {pair: is_same for pair, is_same in self.verdicts.items() if not anew.isdisjoint(pair)}
        ends = sorted({name for pair in said for name in pair})
        return reviewed(said), self.rows.with_any("id", self._hashes_of(pa.array(ends, pa.string())))

    def _told(self, changed: pa.Table, gone: Sequence[str]) -> tuple[pa.Table, pa.Array]:
        given = changed.select(RECORDS.names).cast(RECORDS).combine_chunks()
        names = pa.concat_arrays([*given["source_record_id"].chunks, pa.array(sorted(set(gone)), pa.string())])
        if len(pc.unique(names)) != len(names):
            raise ValueError("a record stands twice among what changed and what is gone; name each once")
        return given, names

    def _take(self, given: pa.Table, old: Numbers) -> Numbers:
        """Put records in the place of old rows; the rows that have to be compared: theirs, and of those whose values
        became too common or rare enough by it."""
        first_row = self.rows.next_row
        added, left = self._carried(given, old)
        touched = {kind: np.union1d(added[kind][0], left[kind][0]) for kind in HASHED}
        before = {kind: _weight(kind, self._count(kind, hashes)) for kind, hashes in touched.items()}
        self._put(given, old, added, left)
        tipped = [
            self.rows.with_any(kind, hashes[_weight(kind, self._count(kind, hashes)) != before[kind]])
            for kind, hashes in touched.items()
            if kind != "id"
        ]
        return np.unique(np.concatenate([np.arange(first_row, self.rows.next_row), *tipped]))

    def _carried(self, given: pa.Table, old: Numbers) -> tuple[Carried, Carried]:
        """What comes with some records, as the rows that are next, and what leaves with old rows."""
        return _hashed(self._connection, given, self.rows.next_row), _hashed(self._connection, self.rows.taken(old))

    def _put(self, given: pa.Table, old: Numbers, added: Carried, left: Carried) -> None:
        self.rows.replace(old, given, added)
        for kind, (hashes, _) in left.items():
            self._left[kind].append(np.sort(hashes))

    def _hashes_of(self, names: pa.Array) -> Hashes:
        self._connection.register("names", pa.table({"name": names}))
        found: Hashes = self._connection.sql("SELECT hash(name) AS name FROM names").fetchnumpy()["name"]
        return found

    def _sharing_with(self, rows: Numbers) -> Numbers:
        """Rows to be compared with these: they share a value that is not too common."""
        hashed = _hashed(self._connection, self.rows.taken(rows))
        few = {kind: np.unique(hashed[kind][0]) for kind in PAIRING}
        return np.concatenate(
            [
                self.rows.with_any(kind, all_[self._count(kind, all_) <= MOST_RECORDS_SHARING])
                for kind, all_ in few.items()
            ]
        )

    def _prepared(self, rows: Numbers, affected: Numbers) -> pa.Table:
        """These rows as `comparing_sql.prepared` has them among all records."""
        records = self.rows.taken(rows)
        held = {}
        for kind, (hashes, at) in _hashed(self._connection, records).items():
            held[kind] = np.zeros(len(rows), dtype=np.int64)
            held[kind][at] = self._count(kind, hashes)
        born = _born(records)
        columns = {"id": records["source_record_id"]}
        for kind, column in IDENTIFIERS.items():
            columns[kind] = _where(held[kind] <= MOST_RECORDS_SHARING, records[column])
        is_named = (held["named_and_born"] >= 2) & (held["named_and_born"] <= MOST_RECORDS_SHARING)
        name, doubled = records["full_name_token"], _doublings(np.maximum(held["name"], 1))
        both = pc.binary_join_element_wise(name, born.cast(pa.string()), "")
        columns |= {
            "name": name,
            "encoding": records["full_name_encoding"],
            "given_name": records["given_name_token"],
            "born": born,
            "city": records["city_code"],
            "gender": records["gender"],
            "name_doublings": pa.array(doubled, pa.int32(), mask=held["name"] == 0),
            "named_and_born": _where(is_named, both),
            "is_new": pa.array(np.isin(rows, affected)),
        }
        return pa.table(columns)

    def _count(self, kind: str, hashes: Hashes) -> Numbers:
        """How many rows carry each of these now."""
        return self.rows.count_ever(kind, hashes) - sum(
            SortedHashes(left, left).count(hashes) for left in self._left[kind]
        )


def _hashed(connection: duckdb.DuckDBPyConnection, records: pa.Table, first_row: int = 0) -> Carried:
    """What of each kind the records carry."""
    days = ", ".join(f"DATE '{day.isoformat()}'" for day in PLACEHOLDER_BIRTH_DATES)
    hashes = ", ".join(f"hash({', '.join(columns)}) AS {kind}" for kind, columns in HASHED.items())
    given = ", ".join(
        f"{' AND '.join(f'{c} IS NOT NULL' for c in columns)} AS has_{kind}" for kind, columns in HASHED.items()
    )
    born = f"CASE WHEN birth_date NOT IN ({days}) THEN birth_date END AS birth_date"
    connection.register("records", records)
    found = connection.sql(f"SELECT {hashes}, {given} FROM (SELECT * REPLACE ({born}) FROM records)").fetchnumpy()
    rows = np.arange(first_row, first_row + records.num_rows)
    return {kind: (found[kind][found[f"has_{kind}"]], rows[found[f"has_{kind}"]]) for kind in HASHED}


def _weight(kind: str, count: Numbers) -> Numbers:
    """What of a count decides how its records are prepared."""
    if kind == "name":
        return _doublings(np.maximum(count, 1))
    if kind == "named_and_born":
        return ((count >= 2) & (count <= MOST_RECORDS_SHARING)).astype(np.int64)
    return (count <= MOST_RECORDS_SHARING).astype(np.int64)


def _doublings(count: Numbers) -> Numbers:
    return np.frexp(count.astype(np.float64))[1].astype(np.int64) - 1  # exact, where a logarithm is rounded


def _born(records: pa.Table) -> pa.ChunkedArray:
    placeholders = pa.array(PLACEHOLDER_BIRTH_DATES, pa.date32())
    return pc.if_else(pc.is_in(records["birth_date"], value_set=placeholders), None, records["birth_date"])


def _where(holds: Marks, values: pa.ChunkedArray) -> pa.ChunkedArray:
    return pc.if_else(pa.array(holds), values, None)


def _compared(current: pa.Table, verdicts: pa.Table, weights: MatchWeights, count: int, version: str) -> pa.Table:
    """The pairs of `current` of which one end is new, and those that a reviewer decided on."""
    with duckdb.connect() as connection:
        connection.register("current", current)
        connection.register("carried", PAIRS.empty_table())
        connection.register("verdicts", verdicts)
        for statement in (sql.candidates(), sql.compared(), sql.judged(weights, count, version)):
            connection.execute(statement)
        return connection.sql(sql.RESULT).to_arrow_table().cast(PAIRS)
