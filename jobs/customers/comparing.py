"""Compares records that share an identifier, or name and birth date, and says which are one person.

    pairs = compare(records)                                              every record with every other
    pairs = compare(records, before=yesterday, pairs_before=its_pairs)    only what changed; the same rows

A pair's row depends on its two records as they are *prepared* alone (tokens of too many records taken out, how common
the name is) and on the rules. So a row is carried over when neither prepared record changed, and both ways agree.
Runs in DuckDB, in this process; every choice is by total order, so rows and their order are the same on any number
of threads.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping

import duckdb
import pyarrow as pa

from jobs.customers import comparing_sql as sql
from jobs.customers.comparing_changes import what_changed
from jobs.customers.match_weights import DECLARED, MatchWeights
from jobs.customers.records import IDENTIFYING
from jobs.customers.verdicts import Verdict, by_pair

TYPES = {"full_name_encoding": pa.binary(), "birth_date": pa.date32()}
RECORDS = pa.schema([pa.field(name, TYPES.get(name, pa.string())) for name in IDENTIFYING])
PAIRS = pa.schema(
    [
        pa.field("left_record_id", pa.string()),
        pa.field("right_record_id", pa.string()),
        pa.field("matched_by", pa.string()),
        pa.field("match_probability", pa.float64()),
        pa.field("decision", pa.string()),
        pa.field("decided_by", pa.string()),
        pa.field("reason", pa.string()),
        pa.field("evidence", pa.string()),
        pa.field("rules_version", pa.string()),
    ]
)


def compare(
    records: pa.Table,
    weights: MatchWeights = DECLARED,
    *,
    verdicts: Iterable[Verdict] = (),
    before: pa.Table | None = None,
    pairs_before: pa.Table | None = None,
    threads: int | None = None,
) -> pa.Table:
    """One row per pair that is not plainly unrelated, with the columns of PAIRS, in the order of the two ids.

    records, before: one row per record with the columns of RECORDS. before, pairs_before: the records and the result
    of an earlier call; without both, or when rules, weights or the order of magnitude changed, all is compared.
    """
    version = rules_version(weights, records.num_rows)
    with duckdb.connect(config={"threads": threads} if threads else {}) as connection:
        _load(connection, records, verdicts)
        if before is None or pairs_before is None or not _is_of(pairs_before, version):
            connection.register("pairs_before", PAIRS.empty_table())
            statements: tuple[str, ...] = (sql.all_current(), sql.NOTHING_CARRIED)
        else:
            connection.register("records_before", before.select(IDENTIFYING).cast(RECORDS))
            connection.register("pairs_before", pairs_before.select(PAIRS.names).cast(PAIRS))
            statements = what_changed()
        for statement in (*statements, sql.candidates(), sql.compared()):
            connection.execute(statement)
        connection.execute(sql.judged(weights, records.num_rows, version))
        return connection.sql(sql.RESULT).to_arrow_table().cast(PAIRS)


def count_candidates(records: pa.Table) -> pa.Table:
    """The blocking report: for each rule its keys, its pairs and its largest keys, before anything is compared."""
    with duckdb.connect() as connection:
        _load(connection, records, ())
        return connection.sql(sql.blocking_report()).to_arrow_table()


def most_shared(records: pa.Table, count: int = 10) -> pa.Table:
    """The identifiers that most records share, whatever becomes of them: blocked_by, value, records."""
    with duckdb.connect() as connection:
        _load(connection, records, ())
        return connection.sql(sql.most_shared(count)).to_arrow_table()


def rules_version(weights: MatchWeights, record_count: int) -> str:
    """Names everything that decides about two prepared records."""
    said = (
        sql.prepared("records"),
        sql.candidates(),
        sql.compared(),
        sql.judged(weights, record_count, ""),
        weights.digest,
    )
    return hashlib.sha256("\n".join(said).encode()).hexdigest()[:12]


def _load(connection: duckdb.DuckDBPyConnection, records: pa.Table, verdicts: Iterable[Verdict]) -> None:
    connection.register("records", records.select(IDENTIFYING).cast(RECORDS))
    connection.register("verdicts", reviewed(by_pair(verdicts)))


def reviewed(said: Mapping[tuple[str, str], bool]) -> pa.Table:
    """What was said of each pair, as the statements read it."""
    columns = {
        "left_record_id": pa.array([left for left, _ in said], pa.string()),
        "right_record_id": pa.array([right for _, right in said], pa.string()),
        "is_same": pa.array(said.values(), pa.bool_()),
    }
    return pa.table(columns)


def _is_of(pairs: pa.Table, version: str) -> bool:
    return set(pairs["rules_version"].unique().to_pylist()) == {version}
