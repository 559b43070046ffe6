"""Where a number of a customer comes from: its meaning, its formula and the source rows behind it.

Everything is read from what the night published; nothing is computed anew and no Spark is started.
"""

from __future__ import annotations

import importlib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import reduce
from operator import or_
from typing import Any, Final
from zoneinfo import ZoneInfo

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds

from jobs.arrow_dates import local_dates
from jobs.errors import ExitCode
from jobs.explained_rows import DAY_OF, DAY_OF_PLAN, READ_BY, Moment, can_tell, names_of, rows_meant, told_of
from jobs.inputs import Input, Resolver, night
from jobs.lake import Lake
from jobs.settings import Settings
from schemas.catalogue import tables_in_layer
from schemas.cleaned.accounts import ACCOUNTS
from schemas.cleaned.instalments import INSTALMENTS
from schemas.customers.identities import IDENTITIES
from schemas.measures import EVERY_ROW, Feature
from schemas.profiles.customer_profiles import CUSTOMER_PROFILES
from schemas.table import Column, Table
from schemas.units import unit_of

WINDOW: Final = re.compile(r"\bdays_ago BETWEEN (-?\d+) AND (-?\d+)")
LAST_DAYS: Final = re.compile(r"(?<!_next)_(\d+)d$")
"""How a column that its job computes by other means tells its window; one that looks ahead has none."""

KNOWN_AHEAD: Final = frozenset({"cleaned/instalments"})
"""Parents of which rows with a later day are known: what is due one day was agreed before."""

ROWS_SHOWN: Final = 50

Days = tuple[int | None, int | None]
"""The newest and the oldest day before as_of that are meant, both included; None where there is no such end."""


class UnknownColumnError(LookupError):
    """No feature family has the column."""

    exit_code = ExitCode.BAD_INPUT


class OlderNightError(LookupError):
    """The night was built before the family had the column."""

    exit_code = ExitCode.BAD_INPUT


class UnknownCustomerError(LookupError):
    """The family has no row of the customer on the day."""

    exit_code = ExitCode.BAD_INPUT


@dataclass(frozen=True)
class Explanation:
    """One value with its definition, and for each parent the rows of the customer within the column's window.

    marks: conditions that the formula names, and what they mean. of_others: parents that only tell of other people.
    days: the window's first and last day. parts: family, column and value of what a profile's own column is made of.
    """

    family: Table
    feature: Feature | None
    column: str
    value: Any
    rows: tuple[tuple[Table, pa.Table], ...]
    marks: tuple[tuple[str, str], ...] = ()
    of_others: tuple[Table, ...] = ()
    days: tuple[date | None, date | None] = (None, None)
    parts: tuple[tuple[Table, str, Any], ...] = ()

    def lines(self) -> Iterator[str]:
        """As a person reads it; long lists of rows are cut, and say so."""
        promised = self.family.column(self.column)
        yield f"{self.column} = {self.value}"
        yield f"meaning  {promised.meaning}"
        if unit := unit_of(promised):
            yield f"unit     {unit}"
        if promised.missing:
            yield f"null     {promised.missing}"
        yield f"family   {self.family.address}: {self.family.grain}"
        if self.feature:
            yield f"window   {_told_days(*self.days)}"
            yield f"rows     {self.feature.rows}"
            yield f"formula  {self.feature.formula}"
        yield from (f"where    {mark} means {condition}" for mark, condition in self.marks)
        yield from (f"part     {name} = {value}, of {family.address}" for family, name, value in self.parts)
        for parent, rows in self.rows:
            yield f"{parent.address}: {rows.num_rows} rows"
            yield from (f"  {_told(row, parent)}" for row in rows.slice(0, ROWS_SHOWN).to_pylist())
            if rows.num_rows > ROWS_SHOWN:
                yield f"  and {rows.num_rows - ROWS_SHOWN} more"
        yield from (f"{parent.address}: only rows of other people, not shown" for parent in self.of_others)


def explain(customer_id: str, column: str, business_date: date, lake: Lake, settings: Settings) -> Explanation:
    """What is behind one value of a published night; errors name what is not there."""
    family = family_with(column)
    reader = Reader(lake, Resolver(lake, settings), business_date, settings.time_zone)
    found = reader.rows_where(reader.published(family), "customer_id", [customer_id])
    if column not in found.column_names:
        raise OlderNightError(
            f"{family.address} {business_date}: built before it had {column}; build it again: python -m jobs.run "
            f"{family.address} --business-date {business_date}"
        )
    if not found.num_rows:
        raise UnknownCustomerError(f"{family.address} {business_date}: has no row of this customer ({family.grain})")
    feature, value = feature_of(family, column), found[column][0].as_py()
    window = window_of(feature, column)
    oldest_and_newest = tuple(None if days is None else business_date - timedelta(days=days) for days in window[::-1])
    days = (oldest_and_newest[0], oldest_and_newest[1])
    if family.layer == "profiles":
        return Explanation(family, feature, column, value, (), days=days, parts=parts_of(feature, found))
    parents = reader.resolver.inputs(family, night(business_date))
    own = reader.own(customer_id, parents, window, days_for(family, feature))
    others = parents_about_others(family)
    read = parents_read(family, feature)
    needed = {address for parent in read for address in told_of(family, parent).needs}
    asked = [parent for parent in parents if parent.dataset in read or parent.dataset.address in needed]
    known = dict(filter(None, (reader.rows_of_customer(parent, own) for parent in asked)))
    told = tuple((parent, reader.narrowed(known, family, parent, feature, own)) for parent in read if parent in known)
    return Explanation(family, feature, column, value, told, marks_of(family, feature), others, days)


def parts_of(feature: Feature | None, profile: pa.Table) -> tuple[tuple[Table, str, Any], ...]:
    """The families' columns that a profile's own column is made of, with their values."""
    named = names_of(feature.formula) if feature else frozenset()
    families = tables_in_layer("features")
    return tuple((f, name, profile[name][0].as_py()) for f in families for name in f.column_names if name in named)


def parents_read(family: Table, feature: Feature | None) -> tuple[Table, ...]:
    """The parents whose rows a feature looks at: those of its declaration, else those that tell its condition."""
    others = parents_about_others(family)
    parents = [parent for parent in family.built_from if isinstance(parent, Table) and parent not in others]
    if feature is None:
        return tuple(parents)
    declared = vars(importlib.import_module(family.module)).items()
    names = [feature.column.name, *(name for name, value in declared if isinstance(value, tuple) and feature in value)]
    listed = next(filter(None, (READ_BY.get((family.name, name)) for name in names)), None)
    if listed:
        return tuple(parent for parent in parents if parent.address in listed)
    return tuple(parent for parent in parents if can_tell(family, parent, feature.rows)) or tuple(parents)


def parents_about_others(family: Table) -> tuple[Table, ...]:
    """The parents of which a family about ties reads other people's rows only: neighbours owe, and have cards."""
    has_ties = any(parent.layer == "edges" for parent in family.built_from)
    return tuple(parent for parent in (INSTALMENTS, ACCOUNTS) if has_ties and parent in family.built_from)


def days_for(family: Table, feature: Feature | None) -> Mapping[str, str]:
    """By the parent's address, the column from which the feature counts days."""
    of_plans = getattr(importlib.import_module(family.module), "PLAN_MEASURES", ())
    return DAY_OF_PLAN if feature in of_plans else DAY_OF


def family_with(column: str) -> Table:
    """The family that promises the column; UnknownColumnError names the nearest ones."""
    families = tables_in_layer("features")
    for family in (*families, CUSTOMER_PROFILES):
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


def window_of(feature: Feature | None, column: str) -> Days:
    """The days before as_of that the column looks at; up to as_of where nothing limits them."""
    found = WINDOW.search(feature.rows) if feature else None
    if found:
        return int(found[1]), int(found[2])
    if feature and feature.rows == EVERY_ROW:
        return None, None
    named = LAST_DAYS.search(column) if feature is None else None
    return 0, int(named[1]) - 1 if named else None


def condition_of(window: Days) -> str:
    """SQL: whether a row lies on the days meant."""
    newest, oldest = window
    ends = (
        f"days_ago >= {newest}" if newest is not None else "",
        f"days_ago <= {oldest}" if oldest is not None else "",
    )
    return " AND ".join(filter(None, ends)) or EVERY_ROW


@dataclass(frozen=True)
class Own:
    """What makes a row one of the customer's: the ids, the days meant, and the column that tells each parent's day."""

    customer_id: str
    records: Sequence[str]
    window: Days
    day_of: Mapping[str, str]
    bank_since: datetime | None = None

    def values(self, column: str) -> Sequence[str] | None:
        """What a column that names a person holds in a row of the customer; None for any other column."""
        if column == "customer_id" or column.endswith("_customer_id"):
            return [self.customer_id]
        return self.records if column == "source_record_id" or column.endswith("_source_record_id") else None


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

    def own(self, customer_id: str, parents: Sequence[Input], window: Days, day_of: Mapping[str, str]) -> Own:
        """Whose rows are the customer's, by the records of the night."""
        identities = next((parent for parent in parents if parent.dataset == IDENTITIES), None)
        if identities is None:
            return Own(customer_id, (), window, day_of)
        records = self.rows_where(identities, "customer_id", [customer_id]).to_pylist()
        of_banks = [row["record_since"] for row in records if not row["source_record_id"].startswith("shop:")]
        ids = [row["source_record_id"] for row in records]
        return Own(customer_id, ids, window, day_of, min(of_banks, default=None))

    def narrowed(
        self, known: Mapping[Table, pa.Table], family: Table, parent: Table, feature: Feature | None, own: Own
    ) -> pa.Table:
        """The rows that the family reads for the feature; those of its window where the parent cannot tell more.

        known: all that is known of the customer by the day, since the newest three are told by those before.
        """
        told, window = told_of(family, parent), own.window if parent.address in own.day_of else (None, None)
        meant = feature.rows if feature and can_tell(family, parent, feature.rows) else condition_of(window)
        counted = {
            table: self._with_days_ago(rows, own.day_of.get(table.address))
            for table, rows in known.items()
            if table == parent or table.address in told.needs
        }
        ends_at = datetime.combine(self.business_date + timedelta(days=1), time(), ZoneInfo(self.time_zone))
        moment = Moment(self.business_date, ends_at, own.bank_since)
        return rows_meant(counted, family, parent, meant, moment).select(known[parent].column_names)

    def rows_where(self, parent: Input, column: str, values: Sequence[str]) -> pa.Table:
        """The rows whose column holds one of the values."""
        return self._rows(parent, pc.field(column).isin(list(values)))

    def rows_of_customer(self, parent: Input, own: Own) -> tuple[Table, pa.Table] | None:
        """The parent's rows of the customer, on whichever side, newest first; None where no column names a person."""
        table = parent.dataset
        if not isinstance(table, Table):
            return None
        # a record says more exactly whose a row is than a customer id beside it
        by_record = [name for name in table.column_names if name.endswith("source_record_id")]
        named = by_record or list(table.column_names)
        held = {name: values for name in named if (values := own.values(name)) is not None}
        if not held:
            return None
        is_own = reduce(or_, (pc.field(name).isin(list(values)) for name, values in held.items()))
        rows, moment = self._rows(parent, is_own), own.day_of.get(table.address)
        return table, self._within(
            rows, moment, (None if table.address in KNOWN_AHEAD else 0, None)
        ) if moment else rows

    def _rows(self, parent: Input, condition: pc.Expression) -> pa.Table:
        paths = [
            str(path)
            for manifest in parent.manifests
            for path in self.lake.local_files(parent.dates.partition(parent.dataset), manifest)
        ]
        return ds.dataset(paths, format="parquet").to_table(filter=condition)

    def _within(self, rows: pa.Table, moment: str, window: Days) -> pa.Table:
        day = self._days(rows, moment)
        for days, is_within in zip(window, (pc.less_equal, pc.greater_equal), strict=True):
            if days is not None:
                meant = is_within(day, pa.scalar(self.business_date - timedelta(days=days)))
                rows, day = rows.filter(meant), day.filter(meant)
        return rows.sort_by([(moment, "descending")])

    def _with_days_ago(self, rows: pa.Table, moment: str | None) -> pa.Table:
        if not moment:
            return rows
        days = [(self.business_date - day).days for day in self._days(rows, moment).to_pylist()]
        return rows.append_column("days_ago", pa.array(days, pa.int64()))

    def _days(self, rows: pa.Table, moment: str) -> pa.ChunkedArray:
        day = rows[moment]
        return local_dates(day, self.time_zone) if pa.types.is_timestamp(day.type) else day


def _told_days(oldest: date | None, newest: date | None) -> str:
    if newest is None:
        return "all that is known on the day, what is still to come included" if oldest is None else f"from {oldest} on"
    return f"{oldest} to {newest}" if oldest else f"everything up to {newest}"


def _told(row: dict[str, Any], table: Table) -> str:
    """A row on one line, without the tokens and encodings of personal data."""
    shown = (column.name for column in table.columns if not is_token(column))
    return ", ".join(f"{name}={row[name]}" for name in shown)


def is_token(column: Column) -> bool:
    """Whether the contract says that the column holds a token or an encoding, under whatever name."""
    is_kept_back = bool(column.personal or column.encodes) or column.type == "binary"
    return is_kept_back or column.name.endswith("_token") or "keyed token" in column.meaning
