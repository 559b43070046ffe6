"""The language in which business truths are written: one `Rule` is one named Great Expectations expectation.

A dataset's truths live at its address, `expectations/<layer>/<dataset>.py`, as a tuple named RULES. It holds only what
the contract does not already give: not-null columns, the unique key, allowed values, at least one row (unless the
contract says `may_be_empty`) and 0..1 for doubles named `..._share` or `..._probability` are checked without a word
here.

    \"\"\"What must be true of purchase_value beyond its contract.\"\"\"

    from expectations.rules import Severity, at_least, not_less_than, rows_not_far_below_earlier_nights

    RULES = (
        at_least("order_count_90d", 1, because="a customer without an order in the window has no row"),
        not_less_than("order_count_365d", "order_count_90d", because="the longer window holds the shorter one"),
        at_least("net_spend_cents_sum_90d", 0, because="a guess", severity=Severity.WARNING),
        rows_not_far_below_earlier_nights(0.8, because="customers do not vanish overnight; 0.8 is a guess"),
    )

A dataset about which nothing more is known says `RULES: tuple[Rule, ...] = ()`; a missing module is an error.

Severity: CRITICAL (the default) stops the dataset, and what is published stays; WARNING is reported and published;
INFO is only recorded. Every rule says `because`: the reason and the source of its bound, or "a guess".

Rules about rows pass over nulls (whether a column may be null is the contract's word), and rules about two columns
pass over rows where either is null. `mostly` is the least share of the rows with a value that must obey; 1.0 is all.
A bound may depend on the night: `BusinessDate(days)` for a date column, `EndOfBusinessDate(hours)` for a moment.

What has no shorthand here is written out, with the parameters of the expectation as Great Expectations names them:

    Rule("ExpectColumnMeanToBeBetween", {"column": "age", "min_value": 18, "max_value": 90}, because="a guess")

A misspelt expectation, parameter or column is an error when the rules are loaded. This module imports the standard
library only; Great Expectations, which takes seconds to import, is the business of expectations/checks.py.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import Enum


class RuleError(ValueError):
    """A rule cannot be meant as it is written; the message says which and what to change."""


class Severity(Enum):
    """What a broken rule does to the night."""

    CRITICAL = "critical"
    WARNING = "warning"
    INFO = "info"


@dataclass(frozen=True)
class BusinessDate:
    """The night's business date plus so many days, as the bound of a date column."""

    days: int = 0


@dataclass(frozen=True)
class EndOfBusinessDate:
    """The midnight that ends the business date in the alliance's time zone plus so many hours, as the bound of a
    timestamp column."""

    hours: int = 0


@dataclass(frozen=True)
class EarlierRowCounts:
    """So much of the usual row count: the median of earlier nights, the same weekday where there are enough of them."""

    share: float


@dataclass(frozen=True)
class PartnerBanks:
    """The codes of the partner banks in the settings."""


Bound = int | float | date | datetime | BusinessDate | EndOfBusinessDate


@dataclass(frozen=True)
class Rule:
    """One expectation with its parameters as Great Expectations names them, its reason and its severity.

    sums: the name of a column made for the check -> signed columns of the dataset that it adds up, row by row.
    expects: completes the sentence "<columns> must be ..." in the error; made from the parameters when empty.
    """

    expectation: str
    parameters: Mapping[str, object]
    because: str
    severity: Severity = Severity.CRITICAL
    expects: str = ""
    sums: Mapping[str, Mapping[str, int]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Refuse a rule without reason, and shares that no data could fail or satisfy."""
        if not self.because.strip():
            raise RuleError(f"{self.id}: say because; where the bound has no source, it is 'a guess'")
        mostly = self.parameters.get("mostly", 1.0)
        if not isinstance(mostly, (int, float)) or not 0 < mostly <= 1:
            raise RuleError(f"{self.id}: mostly is a share above 0 and up to 1, not {mostly}")

    @property
    def id(self) -> str:
        """A name that tells the rule from every other rule of the dataset, the same in every process."""
        words = ", ".join(f"{name}={self.parameters[name]}" for name in sorted(self.parameters))
        return f"{self.expectation}({words})"

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns of the dataset that the rule reads; none for a rule about the whole table."""
        named: list[str] = []
        for parameter in ("column", "column_A", "column_B", "column_list"):
            value = self.parameters.get(parameter, ())
            named.extend([value] if isinstance(value, str) else list(value))  # type: ignore[call-overload]
        read = [part for name in named for part in self.sums.get(name, (name,))]
        return tuple(dict.fromkeys(read))

    @property
    def wish(self) -> str:
        """What must be, as the end of a sentence."""
        mostly = self.parameters.get("mostly", 1.0)
        share = "" if mostly == 1 else f" in at least {mostly:.0%} of the rows"
        return f"{self.expects or f'as {self.id} says'}{share}"


def at_least(
    column: str, least: Bound, *, because: str, severity: Severity = Severity.CRITICAL, mostly: float = 1.0
) -> Rule:
    """No value lies below `least`."""
    return _values_between(
        column, least, None, because=because, severity=severity, mostly=mostly, expects=f"at least {_say(least)}"
    )


def at_most(
    column: str, most: Bound, *, because: str, severity: Severity = Severity.CRITICAL, mostly: float = 1.0
) -> Rule:
    """No value lies above `most`."""
    return _values_between(
        column, None, most, because=because, severity=severity, mostly=mostly, expects=f"at most {_say(most)}"
    )


def between(
    column: str, least: Bound, most: Bound, *, because: str, severity: Severity = Severity.CRITICAL, mostly: float = 1.0
) -> Rule:
    """Every value lies between the bounds; both bounds are allowed."""
    expects = f"between {_say(least)} and {_say(most)}"
    return _values_between(column, least, most, because=because, severity=severity, mostly=mostly, expects=expects)


def in_set(
    column: str,
    values: tuple[object, ...],
    *,
    because: str,
    severity: Severity = Severity.CRITICAL,
    mostly: float = 1.0,
) -> Rule:
    """Every value is one of `values`; a category's complete set belongs into the contract's `allowed` instead."""
    return Rule(
        "ExpectColumnValuesToBeInSet",
        {"column": column, "value_set": tuple(values), "mostly": mostly},
        because,
        severity,
        f"one of {', '.join(map(str, values))}",
    )


def matches(
    column: str, pattern: str, *, because: str, severity: Severity = Severity.CRITICAL, mostly: float = 1.0
) -> Rule:
    """Every value matches the whole of the regular expression, from its first character to its last."""
    # Both engines let "$" match before a final line break, hence the look-ahead.
    return Rule(
        "ExpectColumnValuesToMatchRegex",
        {"column": column, "regex": f"^(?:{pattern})$(?!\\n)", "mostly": mostly},
        because,
        severity,
        f"like {pattern}",
    )


def given(column: str, *, because: str, severity: Severity = Severity.CRITICAL, mostly: float = 1.0) -> Rule:
    """At least the share `mostly` of the rows has a value; a column that is never null says so in the contract."""
    return Rule("ExpectColumnValuesToNotBeNull", {"column": column, "mostly": mostly}, because, severity, "given")


def unique(*columns: str, because: str, severity: Severity = Severity.CRITICAL) -> Rule:
    """No two rows share the values of these columns; the contract's key is checked without saying so.

    Rows in which one of the columns is null are passed over.
    """
    if len(columns) == 1:
        return Rule("ExpectColumnValuesToBeUnique", {"column": columns[0]}, because, severity, "unique")
    parameters = {"column_list": tuple(columns), "ignore_row_if": "any_value_is_missing"}
    return Rule("ExpectCompoundColumnsToBeUnique", parameters, because, severity, "unique together")


def not_less_than(
    column: str, other: str, *, because: str, severity: Severity = Severity.CRITICAL, mostly: float = 1.0
) -> Rule:
    """In every row `column` >= `other`: a later moment, a longer window, a whole and its part."""
    parameters = {
        "column_A": column,
        "column_B": other,
        "or_equal": True,
        "ignore_row_if": "either_value_is_missing",
        "mostly": mostly,
    }
    return Rule("ExpectColumnPairValuesAToBeGreaterThanB", parameters, because, severity, f"at least {other}")


def different(
    column: str, other: str, *, because: str, severity: Severity = Severity.CRITICAL, mostly: float = 1.0
) -> Rule:
    """In no row the two columns hold the same value."""
    parameters = {"column_list": (column, other), "ignore_row_if": "any_value_is_missing", "mostly": mostly}
    return Rule(
        "ExpectSelectColumnValuesToBeUniqueWithinRecord", parameters, because, severity, "different from each other"
    )


def adds_up(
    total: str, parts: tuple[str, ...], *, because: str, severity: Severity = Severity.CRITICAL, mostly: float = 1.0
) -> Rule:
    """In every row `total` is the sum of `parts`; a part written as "-name" is taken away. Whole numbers only."""
    if total in parts or f"-{total}" in parts:
        raise RuleError(f"adds_up: {total} cannot be a part of itself")
    signed = {part.removeprefix("-"): (1 if part.startswith("-") else -1) for part in parts}
    name = f"{total} less {' and '.join(parts)}"
    return Rule(
        "ExpectColumnValuesToBeInSet",
        {"column": name, "value_set": (0,), "mostly": mostly},
        because,
        severity,
        f"such that {total} = {' + '.join(parts)}".replace("+ -", "- "),
        sums={name: {total: 1, **signed}},
    )


def mean_between(
    column: str, least: float, most: float, *, because: str, severity: Severity = Severity.WARNING
) -> Rule:
    """The mean of the values lies between the bounds; a warning unless said otherwise."""
    return _one_number("Mean", column, least, most, because=because, severity=severity)


def sum_between(
    column: str, least: float, most: float, *, because: str, severity: Severity = Severity.CRITICAL
) -> Rule:
    """The sum of the values lies between the bounds."""
    return _one_number("Sum", column, least, most, because=because, severity=severity)


def rows_between(least: int, most: int | None, *, because: str, severity: Severity = Severity.CRITICAL) -> Rule:
    """The number of rows lies between the bounds; None is no upper bound."""
    return Rule(
        "ExpectTableRowCountToBeBetween",
        {"min_value": least, "max_value": most},
        because,
        severity,
        f"at least {least}" if most is None else f"between {least} and {most}",
    )


def rows_not_far_below_earlier_nights(
    share: float = 0.5, *, because: str, severity: Severity = Severity.CRITICAL
) -> Rule:
    """The night brings at least `share` of its usual rows: a source that fell silent does not pass for a quiet day.

    Usual is the median of the last four nights of the same weekday, or, where there are fewer than three of them, of
    the last seven nights. A source of a few rows a night does not stop by chance: the bound never lies within four
    standard deviations (of a Poisson count) of the usual. With fewer than three earlier nights, and for the first
    delivery, which holds the history, the rule only notes (as INFO) that there is nothing to compare with yet.
    """
    if not 0 < share <= 1:
        raise RuleError(f"rows_not_far_below_earlier_nights: share is above 0 and up to 1, not {share}")
    return Rule(
        "ExpectTableRowCountToBeBetween",
        {"min_value": EarlierRowCounts(share), "max_value": None},
        because,
        severity,
        f"at least {share:.0%} of the usual",
    )


def from_every_partner_bank(column: str = "bank_code", *, because: str, severity: Severity = Severity.CRITICAL) -> Rule:
    """Every partner bank of the settings has at least one row: one silent bank does not hide behind the others."""
    return Rule(
        "ExpectColumnDistinctValuesToContainSet",
        {"column": column, "value_set": PartnerBanks()},
        because,
        severity,
        "there for every partner bank",
    )


def not_after_the_night(
    column: str, *, skew_hours: int = 0, because: str, severity: Severity = Severity.CRITICAL, mostly: float = 1.0
) -> Rule:
    """No moment lies after the end of the business date plus `skew_hours`."""
    expects = "not after the end of the business date" + (f" plus {skew_hours} h" if skew_hours else "")
    return _values_between(
        column, None, EndOfBusinessDate(skew_hours), because=because, severity=severity, mostly=mostly, expects=expects
    )


def _values_between(
    column: str,
    least: Bound | None,
    most: Bound | None,
    *,
    because: str,
    severity: Severity,
    mostly: float,
    expects: str,
) -> Rule:
    parameters = {"column": column, "min_value": least, "max_value": most, "mostly": mostly}
    return Rule("ExpectColumnValuesToBeBetween", parameters, because, severity, expects)


def _one_number(what: str, column: str, least: float, most: float, *, because: str, severity: Severity) -> Rule:
    return Rule(
        f"ExpectColumn{what}ToBeBetween",
        {"column": column, "min_value": least, "max_value": most},
        because,
        severity,
        f"in the {what.lower()} between {least} and {most}",
    )


def _say(bound: Bound) -> str:
    if isinstance(bound, BusinessDate):
        return "the business date" + (f" {bound.days:+d} days" if bound.days else "")
    if isinstance(bound, EndOfBusinessDate):
        return "the end of the business date" + (f" {bound.hours:+d} h" if bound.hours else "")
    return str(bound)
