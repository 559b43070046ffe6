"""Rows that were refused: where they stand and why, never what they say."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

import pyarrow as pa

from jobs.captured.capture import Delivery
from jobs.captured.headers import CHANGED_COLUMNS
from jobs.captured.rows import RefusedRow
from jobs.captured.tokens import Tokeniser

SCHEMA = pa.schema(
    [
        pa.field("table", pa.string(), nullable=False, metadata={"comment": "address of the captured table"}),
        pa.field("business_date", pa.date32(), nullable=False, metadata={"comment": "the day captured"}),
        pa.field("file", pa.string(), nullable=False, metadata={"comment": "file of the drop, or code of the bank"}),
        pa.field("line", pa.int64(), nullable=False, metadata={"comment": "line or row number in it, from 1"}),
        pa.field("column", pa.string(), metadata={"comment": "the column at fault; null: the row as a whole"}),
        pa.field("reason", pa.string(), nullable=False, metadata={"comment": "what is wrong with it"}),
        pa.field("line_digest", pa.string(), nullable=False, metadata={"comment": "keyed digest of the line"}),
    ]
)
FEW_ROWS = 20  # a hand's count of bad rows is a slip of the pen, whatever share of a small table it is
LARGEST_SHARE = 0.05  # more is not bad rows but a bad table, and the rest would look like lost customers (a guess)
FIELD_REASONS = ("field is missing", "field is unknown")  # in every row of a file, this is a changed table


class Quarantine:
    """Collects the refused rows of one table and one day; too many of them stop the table."""

    def __init__(self, delivery: Delivery, tokeniser: Tokeniser) -> None:
        self._delivery = delivery
        self._tokeniser = tokeniser
        self._batches: list[pa.RecordBatch] = []
        self._reasons: Counter[tuple[str, str]] = Counter()
        self._first_places: dict[tuple[str, str], str] = {}
        self.row_count = 0

    def add(self, place: str, refused: Iterable[RefusedRow]) -> None:
        """Take in rows of one file or bank."""
        rows = list(refused)
        for row in rows:
            fault = (row.column, row.reason)
            self._reasons[fault] += 1
            self._first_places.setdefault(fault, f"{place} line {row.line}")
        table, day, count = self._delivery.table.address, self._delivery.business_date, len(rows)
        columns = [
            [table] * count,
            [day] * count,
            [place] * count,
            [row.line for row in rows],
            [row.column or None for row in rows],
            [row.reason for row in rows],
            [self._tokeniser.line_digest(row.raw) for row in rows],
        ]
        arrays = [pa.array(values, field.type) for values, field in zip(columns, SCHEMA, strict=True)]
        self._batches += [pa.record_batch(arrays, schema=SCHEMA)] if rows else []
        self.row_count += count

    def stop_when_too_many(self, rows: int, coming: int = 0, reason: str = "") -> None:
        """BadSourceError when more than FEW_ROWS and more than LARGEST_SHARE of `rows` are refused.

        coming: rows that are about to be refused for `reason`.
        """
        count = self.row_count + coming
        if count > FEW_ROWS and count > LARGEST_SHARE * rows:
            reasons = "; ".join([*([f"{coming} times {reason}"] if coming else []), *self._most_frequent()])
            raise self._delivery.bad(
                f"{count} of {rows} rows",
                f"refused, more than {LARGEST_SHARE:.0%}: {reasons}",
                "ask the partner to correct and deliver again",
            )

    def stop_when_a_field_changed(self, rows: int) -> None:
        """BadSourceError when all `rows` lack the same field or bring the same unknown one."""
        changed = [fault for fault, count in self._reasons.items() if count == rows and fault[1] in FIELD_REASONS]
        if rows and changed:
            names = "; ".join(f"{column}: {reason}" for column, reason in sorted(changed))
            raise self._delivery.bad("every row", names, CHANGED_COLUMNS)

    def as_table(self) -> pa.Table:
        """All refused rows in the order in which they were found."""
        return pa.Table.from_batches(self._batches, schema=SCHEMA)

    def _most_frequent(self) -> list[str]:
        return [
            f"{count} times {column + ' ' if column else ''}{reason}, first in {self._first_places[column, reason]}"
            for (column, reason), count in self._reasons.most_common(3)
        ]
