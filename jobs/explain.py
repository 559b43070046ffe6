"""Where a number of a customer comes from: its meaning, its formula and the source rows behind it.

Everything is read from what the night published; nothing is computed anew and no Spark is started.
"""

from __future__ import annotations

import importlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds

from jobs.errors import ExitCode
from jobs.inputs import Input, Resolver, night
from jobs.lake import Lake
from jobs.settings import Settings
from schemas.catalogue import tables_in_layer
from schemas.customers.identities import IDENTITIES
from schemas.measures import Feature
from schemas.table import Table

DAY_OF: Final = {
    "browsing_events": "occurred_at",
    "instalments": "due_date",
    "purchases": "paid_at",
    "refunds": "refunded_at",
    "repayments": "paid_at",
    "statements": "statement_date",
    "transactions": "booked_at",
    "transfers": "transferred_at",
}
"""The column that decides in which window a row of a parent lies; other parents tell a state and are shown whole."""

WINDOW: Final = re.compile(r"\bdays_ago BETWEEN (-?\d+) AND (-?\d+)")
ROWS_SHOWN: Final = 50


class UnknownColumnError(LookupError):
    """No feature family has the column."""

    exit_code = ExitCode.BAD_INPUT


class UnknownCustomerError(LookupError):
    """The family has no row of the customer on the day."""

    exit_code = ExitCode.BAD_INPUT


@dataclass(frozen=True)
class Explanation:
    """One value with its definition, and for each parent the rows of the customer within the column's window.

    marks: conditions that the formula names, and what they mean.
    """

    family: Table
    feature: Feature | None
    column: str
    value: Any
    rows: tuple[tuple[Table, pa.Table], ...]
    marks: tuple[tuple[str, str], ...] = ()

    def lines(self) -> Iterator[str]:
        """As a person reads it; long lists of rows are cut, and say so."""
        promised = self.family.column(self.column)
        yield f"{self.column} = {self.value}"
        yield f"meaning  {promised.meaning}"
        if promised.missing:
            yield f"null     {promised.missing}"
        yield f"family   {self.family.address}: {self.family.grain}"
        if self.feature:
            yield f"rows     {self.feature.rows}"
            yield f"formula  {self.feature.formula}"
        yield from (f"where    {mark} means {condition}" for mark, condition in self.marks)
        for parent, rows in self.rows:
            yield f"{parent.address}: {rows.num_rows} rows"
            yield from (f"  {_told(row)}" for row in rows.slice(0, ROWS_SHOWN).to_pylist())
            if rows.num_rows > ROWS_SHOWN:
                yield f"  and {rows.num_rows - ROWS_SHOWN} more"


def explain(customer_id: str, column: str, business_date: date, lake: Lake, settings: Settings) -> Explanation:
    """What is behind one value of a published night; errors name what is not there."""
    family = family_with(column)
    reader = Reader(lake, Resolver(lake, settings), business_date, settings.time_zone)
    found = reader.rows_where(reader.published(family), "customer_id", [customer_id])
    if not found.num_rows:
        raise UnknownCustomerError(f"{family.address} {business_date}: has no row of this customer ({family.grain})")
    feature = feature_of(family, column)
    parents = reader.resolver.inputs(family, night(business_date))
    identities = next((parent for parent in parents if parent.dataset == IDENTITIES), None)
    records = (
        reader.rows_where(identities, "customer_id", [customer_id])["source_record_id"].to_pylist()
        if identities
        else []
    )
    window = window_of(feature)
    rows = tuple(reader.rows_of_customer(parent, customer_id, records, window) for parent in parents)
    marks = marks_of(family, feature)
    return Explanation(family, feature, column, found[column][0].as_py(), tuple(row for row in rows if row), marks)


def family_with(column: str) -> Table:
    """The family that promises the column; UnknownColumnError names the nearest ones."""
    families = tables_in_layer("features")
    for family in families:
        if column in family.column_names and column not in family.key:
            return family
    word = column.split("_", maxsplit=1)[0]
    near = [name for family in families for name in family.column_names if name.startswith(word)]
    raise UnknownColumnError(
        f"no feature family has this column; those that begin with the same word: {', '.join(near[:8]) or 'none'}"
    )


def feature_of(family: Table, column: str) -> Feature | None:
    """The declaration of the column in the family's contract; None where its job computes it by other means."""
    declared = vars(importlib.import_module(family.module)).values()
    features = (item for value in declared if isinstance(value, tuple) for item in value if isinstance(item, Feature))
    return next((feature for feature in features if feature.column.name == column), None)


def marks_of(family: Table, feature: Feature | None) -> tuple[tuple[str, str], ...]:
    """The conditions to which the family's contract gives a name that the formula uses."""
    marks = vars(importlib.import_module(family.module)).get("MARKS", {})
    return tuple(pair for pair in marks.items() if feature and re.search(rf"\b{pair[0]}\b", feature.formula))


def window_of(feature: Feature | None) -> tuple[int, int] | None:
    """The first and last day before as_of that the feature looks at; None where it is not limited by days."""
    found = WINDOW.search(feature.rows) if feature else None
    return (int(found[1]), int(found[2])) if found else None


@dataclass(frozen=True)
class Reader:
    """Reads rows of published partitions."""

    lake: Lake
    resolver: Resolver
    business_date: date
    time_zone: str

    def published(self, table: Table) -> Input:
        """The table's partition of the night."""
        return self.resolver.published(table, night(self.business_date))

    def rows_where(self, parent: Input, column: str, values: Sequence[str]) -> pa.Table:
        """The rows whose column holds one of the values."""
        paths = [
            str(path)
            for manifest in parent.manifests
            for path in self.lake.local_files(parent.dates.partition(parent.dataset), manifest)
        ]
        return ds.dataset(paths, format="parquet").to_table(filter=pc.field(column).isin(list(values)))

    def rows_of_customer(
        self, parent: Input, customer_id: str, records: Sequence[str], window: tuple[int, int] | None
    ) -> tuple[Table, pa.Table] | None:
        """The parent's rows of the customer, newest first; None for a parent that tells nothing of one customer."""
        table = parent.dataset
        if not isinstance(table, Table):
            return None
        if "source_record_id" in table.column_names:
            rows = self.rows_where(parent, "source_record_id", records)
        elif "customer_id" in table.column_names:
            rows = self.rows_where(parent, "customer_id", [customer_id])
        else:
            return None
        moment = DAY_OF.get(table.name)
        return table, self._within(rows, moment, window) if moment else rows

    def _within(self, rows: pa.Table, moment: str, window: tuple[int, int] | None) -> pa.Table:
        day = rows[moment]
        if pa.types.is_timestamp(day.type):
            day = pc.cast(pc.local_timestamp(pc.cast(day, pa.timestamp("us", self.time_zone))), pa.date32())
        newest, oldest = window or (0, None)
        is_meant = pc.less_equal(day, pa.scalar(self.business_date - timedelta(days=newest)))
        if oldest is not None:
            is_meant = pc.and_(is_meant, pc.greater_equal(day, pa.scalar(self.business_date - timedelta(days=oldest))))
        return rows.filter(is_meant).sort_by([(moment, "descending")])


def _told(row: dict[str, Any]) -> str:
    """A row on one line, without the tokens of personal data."""
    return ", ".join(f"{name}={value}" for name, value in row.items() if not name.endswith("_token"))
