"""The grammar of features: windows and measures, of which every column's name, type, meaning and formula follow.

A family's contract declares measures. Its columns (`columns_of`) and, in jobs/windows.py, its Spark aggregates
(`aggregates_of`) are read from that one declaration, so a contract and its job cannot drift apart:

    count("purchase", "purchases paid", *last(30, 90))
    ->  purchase_count_30d  bigint  "purchases paid in the last 30 days"
                                    count(1) FILTER (WHERE days_ago BETWEEN 0 AND 29)
    ->  purchase_count_90d  ...

A measure looks at the rows of one source, one group for each customer. Such a row tells with `days_ago` how many local
days it lies before as_of: 0 on as_of itself, negative after it. Values and conditions are SQL over the row's columns.
Every aggregate is made of integers, or takes a minimum or maximum, so neither order nor partitions of rows can show.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from schemas.table import Column
from schemas.windows import EVER, MONTH_DAYS, Window, last

EVERY_ROW: Final = "true"
"""The condition of a value that rests on all rows of its source, those after as_of included."""

NO_ROW_THEN: Final = "never: no row then"
"""What a column says that is null in no row of its family, where the measure itself could be."""


@dataclass(frozen=True)
class Feature:
    """One column of a family with its formula: SQL over the group of a customer's rows, or over a row's columns.

    rows: SQL that tells which of the source's rows the value rests on.
    is_sum: whether the value is a count or a sum over the rows of one window.
    """

    column: Column
    formula: str
    rows: str = EVERY_ROW
    is_sum: bool = False


BITS: Final = 60
"""Days in one set of bits; a 64-bit integer without its sign."""


def count(what: str, meaning: str, *windows: Window, where: str = "true") -> tuple[Feature, ...]:
    """How many rows; 0 when none."""
    return tuple(
        Feature(
            Column(window.named(f"{what}_count"), "bigint", window.told(meaning)),
            count_of(_both(window.condition, where)),
            _both(window.condition, where),
            is_sum=True,
        )
        for window in windows
    )


def total(what: str, value: str, meaning: str, *windows: Window, where: str = "true") -> tuple[Feature, ...]:
    """The sum of an integer; 0 when there is no row, and a null counts as 0."""
    return tuple(
        Feature(
            Column(window.named(f"{what}_sum"), "bigint", window.told(meaning)),
            sum_of(value, _both(window.condition, where)),
            _both(window.condition, where),
            is_sum=True,
        )
        for window in windows
    )


def mean(
    what: str, value: str, meaning: str, *windows: Window, missing: str, where: str = "true"
) -> tuple[Feature, ...]:
    """The mean of an integer over the rows that have it, from exact sums; null without such a row."""
    return tuple(
        Feature(
            Column(window.named(f"{what}_mean"), "double", window.told(f"mean of {meaning}"), missing=missing),
            share_of(sum_of(value, meant), count_of(f"{meant} AND ({value}) IS NOT NULL")),
            meant,
        )
        for window in windows
        for meant in (_both(window.condition, where),)
    )


def least(
    what: str, value: str, meaning: str, *windows: Window, missing: str, where: str = "true", kind: str = "bigint"
) -> tuple[Feature, ...]:
    """The smallest value; null without a row."""
    return _extreme("min", "smallest", what, value, meaning, *windows, missing=missing, where=where, kind=kind)


def most(
    what: str, value: str, meaning: str, *windows: Window, missing: str, where: str = "true", kind: str = "bigint"
) -> tuple[Feature, ...]:
    """The largest value; null without a row."""
    return _extreme("max", "largest", what, value, meaning, *windows, missing=missing, where=where, kind=kind)


def deviation(
    what: str, value: str, meaning: str, *windows: Window, missing: str, where: str = "true"
) -> tuple[Feature, ...]:
    """The standard deviation of the whole, not of a sample, of an integer; null without a row.

    From the exact sums of values and squares, as the root of (n * sum of squares - square of the sum) over n.
    """
    return tuple(
        Feature(
            Column(
                window.named(f"{what}_deviation"),
                "double",
                window.told(f"standard deviation of {meaning}"),
                missing=missing,
            ),
            deviation_of(value, f"{_both(window.condition, where)} AND ({value}) IS NOT NULL"),
            _both(window.condition, where),
        )
        for window in windows
    )


def share(
    what: str,
    meaning: str,
    *windows: Window,
    part: str,
    where: str = "true",
    value: str = "",
    whole: str = "",
    missing: str = "",
    noun: str = "share",
) -> tuple[Feature, ...]:
    """Rows for which the condition `part` holds over all rows; with a value, over the sums of that value.

    whole: with it, the sum of `part` over the sum of `whole`. noun: "ratio" where the part may exceed the whole.
    """
    features = []
    for window in windows:
        meant = _both(window.condition, where)
        shared = (
            share_of(sum_of(part, meant), sum_of(whole, meant))
            if whole
            else share_of(sum_of(value, _both(meant, part)), sum_of(value, meant))
            if value
            else share_of(count_of(_both(meant, part)), count_of(meant))
        )
        column = Column(window.named(f"{what}_{noun}"), "double", window.told(meaning), missing=missing)
        features.append(Feature(column, shared, meant))
    return tuple(features)


def trend(what: str, value: str, meaning: str, *, missing: str, where: str = "true") -> tuple[Feature, ...]:
    """The last 30 days over a third of the last 90: 1 when nothing changed; null where the 90 days have 0 or less."""
    month, season = (_both(window.condition, where) for window in last(MONTH_DAYS, 3 * MONTH_DAYS))
    column = Column(
        f"{what}_trend_30d_90d", "double", f"{meaning} in the last 30 days over a third of the last 90", missing=missing
    )
    return (Feature(column, trend_of(sum_of(value, month), sum_of(value, season)), season),)


def distinct(
    what: str, value: str, values: Sequence[str], meaning: str, *windows: Window, where: str = "true"
) -> tuple[Feature, ...]:
    """How many of the listed values occur; for a short list, one flag each, as a set of them would not be compiled."""
    return tuple(
        Feature(
            Column(window.named(f"{what}_count"), "bigint", window.told(meaning)),
            f"CAST({' + '.join(_occurs(value, name, meant) for name in values)} AS BIGINT)",
            meant,
        )
        for window in windows
        for meant in (_both(window.condition, where),)
    )


def _occurs(value: str, name: str, condition: str) -> str:
    return f"max(CASE WHEN {condition} AND {value} = '{name}' THEN 1 ELSE 0 END)"


def days_since(event: str, meaning: str, *, where: str = "true", missing: str = "") -> tuple[Feature, ...]:
    """Whole local days from the newest row to as_of; 0 when it lies on as_of."""
    meant = _both(EVER.condition, where)
    column = Column(f"days_since_{event}", "int", meaning, missing=missing)
    return (Feature(column, f"min(days_ago){_filter(meant)}", meant),)


def formula(
    name: str,
    kind: str,
    meaning: str,
    sql: str,
    *,
    missing: str = "",
    allowed: tuple[str, ...] = (),
    rows: str = EVER.condition,
) -> tuple[Feature, ...]:
    """A column with a formula of its own."""
    return (Feature(Column(name, kind, meaning, missing=missing, allowed=allowed), sql, rows),)


def favourites(
    what: str,
    value: str,
    number: str,
    window: Window,
    *,
    groups: str,
    rows_told: str,
    missing: str,
    rows: str,
) -> tuple[Feature, ...]:
    """How many groups, the three largest by name and with their shares, and how evenly rows spread over all.

    Over rows that each hold the name of a group and the number of its rows; in a tie the first by name is larger. A row
    without a name belongs to none, and its number must be null.
    groups: what is counted, like "categories bought". rows_told: what each group is made of, like "lines of purchases".
    """
    noun = what.rpartition("_")[2]
    named = f"CASE WHEN {value} IS NOT NULL THEN named_struct('less', -{number}, 'name', {value}) END"
    places = tuple(
        (
            name,
            f"try_element_at(sort_array(collect_list({named})), {place})",
            missing if place == 1 else f"no {name} one",
        )
        for place, name in enumerate(("top", "second", "third"), start=1)
    )
    return (
        *formula(f"{what}_count_{window.name}", "bigint", window.told(groups), f"count({value})", rows=rows),
        *(
            feature
            for name, group, missing_there in places
            for feature in formula(
                f"{name}_{what}",
                "string",
                window.told(f"{noun} with the {f'{name} ' if name != 'top' else ''}most {rows_told}")
                + ", the first by name in a tie",
                f"{group}.name",
                missing=missing_there,
                rows=rows,
            )
        ),
        *formula(
            f"{what}_entropy_{window.name}",
            "double",
            window.told(f"Shannon's entropy, in nats, of the {rows_told} over {groups}") + ": 0 for one only",
            entropy_over_groups(number),
            missing=missing,
            rows=rows,
        ),
        *(
            feature
            for name, group, missing_there in places
            for feature in formula(
                f"{name}_{what}_share_{window.name}",
                "double",
                window.told(f"{rows_told} of the {name} {noun} over those of any"),
                share_of(f"-{group}.less", f"sum({number})"),
                missing=missing_there,
                rows=rows,
            )
        ),
    )


def columns_of(*features: Feature) -> tuple[Column, ...]:
    """The contract's columns, in the order of the declarations."""
    return tuple(feature.column for feature in features)


def count_of(condition: str) -> str:
    """SQL: the number of rows for which the condition holds."""
    return f"count(1){_filter(condition)}"


def sum_of(value: str, condition: str) -> str:
    """SQL: the sum of an integer over the rows for which the condition holds; 0 when there is none."""
    return f"coalesce(sum({value}){_filter(condition)}, 0)"


def share_of(part: str, whole: str) -> str:
    """SQL: part over whole as a double; null when the whole is 0."""
    return f"CASE WHEN {whole} <> 0 THEN CAST({part} AS DOUBLE) / CAST({whole} AS DOUBLE) END"


def trend_of(month: str, season: str) -> str:
    """SQL: three times the 30 days over the 90; null when these have no more than 0, where a ratio would turn round."""
    return f"CASE WHEN {season} > 0 THEN CAST(3 * {month} AS DOUBLE) / CAST({season} AS DOUBLE) END"


def deviation_of(value: str, condition: str) -> str:
    """SQL: the standard deviation of an integer of at most 15 digits; exact up to one division and one root."""
    number = count_of(condition)
    squares = f"sum(CAST({value} AS DECIMAL(15, 0)) * CAST({value} AS DECIMAL(15, 0))){_filter(condition)}"
    squared_sum = (
        f"CAST({sum_of(value, condition)} AS DECIMAL(19, 0)) * CAST({sum_of(value, condition)} AS DECIMAL(19, 0))"
    )
    return f"CASE WHEN {number} > 0 THEN sqrt(CAST({number} * {squares} - {squared_sum} AS DOUBLE)) / {number} END"


def days_of(condition: str, longest: int) -> str:
    """SQL: the number of different days, from 0 to longest - 1 before as_of, among the rows meant; as sets of bits."""
    parts = []
    for first in range(0, longest, BITS):
        meant = _both(f"days_ago BETWEEN {first} AND {min(first + BITS, longest) - 1}", condition)
        parts.append(f"bit_count(coalesce(bit_or(shiftleft(1L, days_ago - {first})){_filter(meant)}, 0L))")
    return f"CAST({' + '.join(parts)} AS BIGINT)"


def bits_from(newest: str, oldest: str, first: int) -> str:
    """SQL: the set of the days from newest to oldest before as_of, as bits of the BITS days that begin with `first`."""
    begin, end = f"(greatest({newest}, {first}) - {first})", f"(least({oldest}, {first + BITS - 1}) - {first})"
    return f"CASE WHEN {begin} <= {end} THEN shiftleft(1L, {end} + 1) - shiftleft(1L, {begin}) ELSE 0L END"


def entropy_of(counts: Sequence[str]) -> str:
    """SQL: Shannon's entropy in nats of a distribution given by non-negative columns; null when all are 0."""
    whole = " + ".join(counts)
    weighted = " + ".join(f"CASE WHEN {n} > 0 THEN {n} * ln({n}) ELSE 0D END" for n in counts)
    return f"CASE WHEN {whole} > 0 THEN greatest(ln({whole}) - ({weighted}) / ({whole}), 0D) END"


def entropy_over_groups(number: str) -> str:
    """SQL: Shannon's entropy in nats over rows that each hold the size of a group, at least 1; null without a size.

    Each term is rounded to a thousand-millionth and summed as an integer, so that the order of rows cannot show; the
    entropy then is right to half of that, and of one group exactly 0.
    """
    terms = f"CAST(sum(CAST(round({number} * ln({number}) * 1e9D) AS BIGINT)) AS DOUBLE) / 1e9D"
    entropy = f"greatest(ln(sum({number})) - {terms} / sum({number}), 0D)"
    return f"CASE WHEN count({number}) = 1 THEN 0D WHEN count({number}) > 1 THEN {entropy} END"


def first_largest(names: Sequence[str], columns: Sequence[str]) -> str:
    """SQL: the name whose column is largest and above 0, the earlier one in a tie; null when none is above 0."""
    largest = f"greatest({', '.join((*columns, '0'))})"
    cases = " ".join(
        f"WHEN {column} > 0 AND {column} = {largest} THEN '{name}'" for name, column in zip(names, columns, strict=True)
    )
    return f"CASE {cases} END"


def _extreme(
    function: str,
    adjective: str,
    what: str,
    value: str,
    meaning: str,
    *windows: Window,
    missing: str,
    where: str,
    kind: str,
) -> tuple[Feature, ...]:
    return tuple(
        Feature(
            Column(window.named(f"{what}_{function}"), kind, window.told(f"{adjective} of {meaning}"), missing=missing),
            f"{function}({value}){_filter(_both(window.condition, where))}",
            _both(window.condition, where),
        )
        for window in windows
    )


def _both(window: str, where: str) -> str:
    """Both conditions; the row's own first, which fails more often, so that the window is seldom looked at."""
    if where == "true":
        return window
    return f"{where} AND {window}" if where.isidentifier() else f"({where}) AND {window}"


def _filter(condition: str) -> str:
    return "" if condition == "true" else f" FILTER (WHERE {condition})"
