"""How an answer in SQL is put together: views, and for each of them measures by the beginning of a column's name."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import duckdb
import pyarrow as pa

from schemas.table import Table

MACROS = """
    CREATE MACRO local_day(moment) AS CAST(moment + INTERVAL 8 HOUR AS DATE);
    CREATE MACRO days_to_as_of(day) AS date_diff('day', day, getvariable('as_of'));
    CREATE MACRO days_ago_of(moment) AS days_to_as_of(local_day(moment));
    CREATE MACRO ratio(part, whole) AS CASE WHEN whole <> 0 THEN part::DOUBLE / whole::DOUBLE END;
"""
"""China keeps UTC+8 all year since 1992."""

WINDOWS = (
    (r"", lambda: "ago >= 0"),
    (r"_(\d+)d", lambda days: f"ago BETWEEN 0 AND {int(days) - 1}"),
    (r"_(\d+)_(\d+)d", lambda first, last: f"ago BETWEEN {int(first) - 1} AND {int(last) - 1}"),
    (r"_(\d+)d_(\d)m_ago", lambda days, m: f"ago BETWEEN {30 * int(m)} AND {30 * int(m) + int(days) - 1}"),
    (r"_30d_last_year", lambda: "ago BETWEEN 365 AND 394"),
    (r"_last_(\d+)", lambda number: f"events_ago BETWEEN 0 AND {int(number) - 1}"),
)
"""What the end of a column's name says about the days it looks at; the first day of a disjoint window is day 1."""


ENTROPY = "greatest(-sum((n / all_n) * ln(n / all_n)), 0)"
"""SQL over one row per group: n of all_n rows are in it."""


def favourites(what: str, window: str) -> dict[str, str]:
    """The largest groups: beginning of a column's name -> SQL over one row per group.

    A row holds the name of the group, the n of all_n rows that are in it, and its place, 1 for the largest.
    """
    places = ("top", "second", "third")
    return {
        f"{what}_count_{window}": "count(*)",
        **{f"{name}_{what}": f"any_value(name) FILTER (place = {place})" for place, name in enumerate(places, 1)},
        f"{what}_entropy_{window}": ENTROPY,
        **{
            f"{name}_{what}_share_{window}": f"ratio(any_value(n) FILTER (place = {place}), sum(n))"
            for place, name in enumerate(places, 1)
        },
    }


@dataclass(frozen=True)
class Answer:
    """A family in SQL.

    views: statements that prepare the rows. measures: view -> beginning of a column's name -> SQL aggregate, in which
    {w} stands for the condition of the window. derived: SQL over the measured columns. customers: view that says whom
    the family describes. zero: columns that are 0 where the view has no row of the customer. untold: columns of which
    SQL can tell nothing.
    """

    views: str
    customers: str
    measures: Mapping[str, Mapping[str, str]]
    derived: Mapping[str, str]
    zero: Sequence[str] = ()
    untold: Sequence[str] = ()

    def columns(self, family: Table) -> list[str]:
        """The columns that are told, in the order of the contract."""
        return [name for name in family.column_names if name not in self.untold]

    def query(self, family: Table) -> str:
        """One statement that gives every column of the family but the customer, a KeyError for what is not defined."""
        chosen: dict[str, list[str]] = {view: [] for view in self.measures}
        for column in self.columns(family)[1:]:
            if column not in self.derived:
                view, sql = self._measure(column)
                chosen[view].append(f"{sql} AS {column}")
        parts = [
            f"{view}_measured AS (SELECT customer_id, {', '.join(columns)} FROM {view} GROUP BY customer_id)"
            for view, columns in chosen.items()
            if columns
        ]
        joins = " ".join(f"LEFT JOIN {view}_measured USING (customer_id)" for view in chosen if chosen[view])
        measured = f"WITH {', '.join(parts)} SELECT * FROM {self.customers} {joins}"
        columns = ", ".join(
            f"{self.derived.get(name, f'coalesce({name}, 0)' if name in self.zero else name)} AS {name}"
            for name in self.columns(family)
        )
        return f"SELECT {columns} FROM ({measured})"

    def _measure(self, column: str) -> tuple[str, str]:
        found = [
            (len(stem), view, sql.replace("{w}", window(*match.groups())))
            for view, stems in self.measures.items()
            for stem, sql in stems.items()
            if column.startswith(stem)
            for pattern, window in WINDOWS
            if (match := re.fullmatch(pattern, column[len(stem) :]))
        ]
        if not found:
            raise KeyError(f"no definition in SQL of {column}")
        _, view, sql = max(found)
        return view, sql


def rows_of(answer: Answer, family: Table, parents: Mapping[str, pa.Table], as_of: date) -> list[tuple[Any, ...]]:
    """The family's rows in the order of the customers, as DuckDB computes them from tables with moments in UTC."""
    with duckdb.connect() as database:
        database.execute(MACROS)
        database.execute(f"SET VARIABLE as_of = DATE '{as_of}'")
        for name, rows in parents.items():
            database.register(name, rows)
        database.execute(answer.views)
        found: list[tuple[Any, ...]] = database.execute(f"{answer.query(family)} ORDER BY customer_id").fetchall()
        return found


def is_same(one: Any, other: Any) -> bool:
    """Integers, words and nulls exactly; doubles to 1e-9 of their size."""
    if isinstance(one, float) and other is not None:
        return math.isclose(one, float(other), rel_tol=1e-9, abs_tol=1e-9)
    return bool(one == other and (one is None) == (other is None))


def without_zone(rows: pa.Table) -> pa.Table:
    """The rows with their moments as plain UTC."""
    fields = [pa.field(f.name, pa.timestamp("us") if pa.types.is_timestamp(f.type) else f.type) for f in rows.schema]
    return rows.cast(pa.schema(fields))
