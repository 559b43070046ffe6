"""The rows that break a rule, found by ourselves in the staged files.

Great Expectations judges with BOOLEAN_ONLY, so that no value of a row ever reaches its results or the Data Docs; for
the few rules that broke, the rows that go to quarantine are fetched here, with a limit for each rule.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from expectations.rules import Rule
from schemas.table import Table

ROWS_PER_RULE = 1_000
BATCH_ROWS = 131_072

Parameters = Mapping[str, object]


def read_columns(files: Sequence[Path], columns: Sequence[str]) -> pa.Table:
    """These columns of the staged files; a page whose checksum is wrong is an error, not a wrong value."""
    if not columns:
        return pa.table({})
    return pq.read_table(list(files), columns=list(columns), page_checksum_verification=True, partitioning=None)


def has_offending_rows(rule: Rule) -> bool:
    """Whether single rows can break the rule, rather than the table as a whole."""
    return rule.expectation in _MASKS or rule.expectation in _UNIQUE


def observes_a_number(rule: Rule) -> bool:
    """Whether Great Expectations sees a plain number for the rule, not rows and not a set of values."""
    return not has_offending_rows(rule) and "DistinctValues" not in rule.expectation


def missing_members(rule: Rule, parameters: Parameters, files: Sequence[Path]) -> list[str]:
    """Those values the rule asks for that the column does not have: the rule's own words, never a value of a row."""
    if rule.expectation != "ExpectColumnDistinctValuesToContainSet":
        return []
    column = str(parameters["column"])
    there = set(pc.unique(read_columns(files, [column])[column]).to_pylist())
    return [str(member) for member in parameters["value_set"] if member not in there]  # type: ignore[attr-defined]


def offending_rows(
    dataset: Table, rule: Rule, parameters: Parameters, files: Sequence[Path], limit: int = ROWS_PER_RULE
) -> tuple[pa.Table, int]:
    """The first `limit` rows that break the rule, in the order of the files, and how many break it in all.

    parameters: those of the rule, with the bounds of this night filled in.
    """
    names = tuple(dict.fromkeys((*dataset.key, *rule.columns)))
    kept: list[pa.Table] = []
    total = 0
    for rows, breaks in _masked(rule, parameters, files, names):
        offending = rows.filter(breaks)
        kept.append(offending.slice(0, max(0, limit - sum(map(len, kept)))))
        total += offending.num_rows
    rows = pa.concat_tables(kept) if kept else read_columns(files, names).slice(0, 0)
    return _described(dataset, rule, rows), total


def nothing_offending(dataset: Table) -> pa.Table:
    """The offending rows of a check without any."""
    names = ["rule", "severity", "because", *dataset.key, "offending_values"]
    return pa.table({name: pa.array([], pa.string()) for name in names})


def with_sums(rows: pa.Table, rule: Rule) -> pa.Table:
    """The rows with the column that the rule adds up, exactly, in 64-bit integers; null where a part is null."""
    for name, parts in rule.sums.items():
        terms = [pc.multiply(rows[part].cast(pa.int64()), sign) for part, sign in parts.items()]
        total = terms[0]
        for term in terms[1:]:
            total = pc.add_checked(total, term)
        rows = rows.append_column(name, total)
    return rows


def _masked(
    rule: Rule, parameters: Parameters, files: Sequence[Path], names: Sequence[str]
) -> Iterator[tuple[pa.Table, pa.ChunkedArray]]:
    if rule.expectation in _UNIQUE:
        rows = read_columns(files, names)
        yield rows, _shared_with_another_row(rows, rule.columns)
        return
    # Row by row rules need no more memory than one batch, however large the dataset.
    for file in files:
        parquet = pq.ParquetFile(file, page_checksum_verification=True)
        for batch in parquet.iter_batches(BATCH_ROWS, columns=list(names)):
            rows = pa.Table.from_batches([batch])
            yield rows, pc.fill_null(_MASKS[rule.expectation](with_sums(rows, rule), parameters), False)


def _described(dataset: Table, rule: Rule, rows: pa.Table) -> pa.Table:
    count = rows.num_rows
    values = [
        json.dumps({name: row[name] for name in rule.columns}, default=str, sort_keys=True, ensure_ascii=False)
        for row in rows.select(list(rule.columns)).to_pylist()
    ]
    columns = {
        "rule": [rule.id] * count,
        "severity": [rule.severity.value] * count,
        "because": [rule.because] * count,
        **{name: [None if value is None else str(value) for value in rows[name].to_pylist()] for name in dataset.key},
        "offending_values": values,
    }
    return pa.table({name: pa.array(column, pa.string()) for name, column in columns.items()})


def _is_missing(rows: pa.Table, parameters: Parameters) -> pa.ChunkedArray:
    return pc.is_null(rows[str(parameters["column"])])


def _is_outside(rows: pa.Table, parameters: Parameters) -> pa.ChunkedArray:
    values = rows[str(parameters["column"])]
    # A number that is not a number lies between no bounds.
    outside = pc.is_nan(values) if pa.types.is_floating(values.type) else pc.and_(pc.is_null(values), False)
    if parameters.get("min_value") is not None:
        outside = pc.or_(outside, pc.less(values, _bound(parameters["min_value"], values.type)))
    if parameters.get("max_value") is not None:
        outside = pc.or_(outside, pc.greater(values, _bound(parameters["max_value"], values.type)))
    return outside


def _bound(value: object, arrow: pa.DataType) -> pa.Scalar:
    if pa.types.is_date(arrow) and isinstance(value, datetime):
        value = value.date()
    if pa.types.is_timestamp(arrow) and isinstance(value, date):
        return pa.scalar(value, arrow)
    return pa.scalar(value, arrow) if pa.types.is_date(arrow) else pa.scalar(value)


def _is_not_in_set(rows: pa.Table, parameters: Parameters) -> pa.ChunkedArray:
    values = rows[str(parameters["column"])]
    allowed = pa.array(list(parameters["value_set"]), values.type)  # type: ignore[call-overload]
    return pc.and_(pc.is_valid(values), pc.invert(pc.is_in(values, value_set=allowed)))


def _is_in_set(rows: pa.Table, parameters: Parameters) -> pa.ChunkedArray:
    return pc.and_(pc.is_valid(rows[str(parameters["column"])]), pc.invert(_is_not_in_set(rows, parameters)))


def _does_not_match(rows: pa.Table, parameters: Parameters) -> pa.ChunkedArray:
    # Python's own engine, as on the pandas engine: Arrow's RE2 knows no look-ahead.
    pattern = re.compile(str(parameters["regex"]))
    found = [None if v is None else pattern.search(v) is None for v in rows[str(parameters["column"])].to_pylist()]
    return pa.chunked_array([pa.array(found, pa.bool_())])


def _is_less_than_other(rows: pa.Table, parameters: Parameters) -> pa.ChunkedArray:
    is_broken = pc.less if parameters.get("or_equal") else pc.less_equal
    return is_broken(rows[str(parameters["column_A"])], rows[str(parameters["column_B"])])


def _repeats_within_row(rows: pa.Table, parameters: Parameters) -> pa.ChunkedArray:
    first, *others = [rows[name] for name in parameters["column_list"]]  # type: ignore[attr-defined]
    repeats = pc.equal(first, others[0])
    for position, other in enumerate(others[1:], start=1):
        for earlier in (first, *others[:position]):
            repeats = pc.or_(repeats, pc.equal(earlier, other))
    return repeats


def _shared_with_another_row(rows: pa.Table, columns: Sequence[str]) -> pa.Array:
    """True where another row has the same values; a null shares nothing."""
    numbered = rows.select(list(columns)).append_column("row", pa.array(range(rows.num_rows), pa.int64()))
    groups = numbered.group_by(list(columns)).aggregate([("row", "list")])
    shared = groups.filter(pc.greater(pc.list_value_length(groups["row_list"]), 1))
    for column in columns:
        shared = shared.filter(pc.is_valid(shared[column]))
    members = pc.list_flatten(shared["row_list"])
    return pc.is_in(numbered["row"], value_set=members.combine_chunks())


_MASKS: dict[str, Callable[[pa.Table, Parameters], pa.ChunkedArray]] = {
    "ExpectColumnValuesToNotBeNull": _is_missing,
    "ExpectColumnValuesToBeBetween": _is_outside,
    "ExpectColumnValuesToBeInSet": _is_not_in_set,
    "ExpectColumnValuesToNotBeInSet": _is_in_set,
    "ExpectColumnValuesToMatchRegex": _does_not_match,
    "ExpectColumnPairValuesAToBeGreaterThanB": _is_less_than_other,
    "ExpectSelectColumnValuesToBeUniqueWithinRecord": _repeats_within_row,
}
_UNIQUE = frozenset({"ExpectColumnValuesToBeUnique", "ExpectCompoundColumnsToBeUnique"})
