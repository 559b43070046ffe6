"""Contract + expectations -> Great Expectations -> pass, or an error that names what broke.

The gate fails closed. A rule that is misspelt is refused when it is loaded; a rule that Great Expectations drops, that
raises, or whose result cannot be told apart is a broken rule; a batch without rows is refused unless the contract says
that a night without rows is believable; the staged files must hold exactly the rows that were written.
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pyarrow as pa
import pyarrow.parquet as pq

from expectations.bounds import BoundRule, Night, bind
from expectations.judge import Judgement, judge_in_memory, judge_with_spark, refuse_misspelt, warm_up
from expectations.offending import has_offending_rows, missing_members, nothing_offending, offending_rows
from expectations.rules import BusinessDate, Rule, RuleError, between, given, in_set, rows_between, unique
from expectations.shape import ContractBrokenError, compare_with_contract, refuse_a_broken_contract, spoken
from expectations.verdict import CheckFailedError, RuleResult, Verdict
from schemas.table import Column, Table

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

__all__ = [
    "CheckFailedError",
    "ContractBrokenError",
    "RuleError",
    "RuleResult",
    "Verdict",
    "check",
    "compare_with_contract",
    "refuse_a_broken_contract",
    "rules_for",
    "warm_up",
]

LARGEST_DOUBLE = 1.7976931348623157e308
NOTHING_TO_COMPARE = "nothing to compare with yet: fewer than three earlier nights, or the first delivery"


def rules_for(dataset: Table) -> tuple[Rule, ...]:
    """Every rule of a dataset: those that follow from its contract, then its own.

    RuleError when the dataset's own module is missing (captured tables may do without), names a column that the
    contract does not have, or says the same rule twice.
    """
    rules = (*_rules_of_contract(dataset), *_own_rules(dataset))
    unknown = sorted({column for rule in rules for column in rule.columns} - set(dataset.column_names))
    ids = [rule.id for rule in rules]
    doubled = sorted({rule_id for rule_id in ids if ids.count(rule_id) > 1})
    if unknown:
        raise RuleError(f"{spoken(dataset)}: rules about columns that the contract does not have: {', '.join(unknown)}")
    if doubled:
        raise RuleError(f"{spoken(dataset)}: rules given twice, or already given by the contract: {', '.join(doubled)}")
    return rules


def check(
    dataset: Table,
    files: Sequence[Path],
    *,
    business_date: date,
    rows: int,
    earlier_row_counts: Mapping[date, int] | None = None,
    first_business_date: date | None = None,
    partner_banks: Sequence[str] | None = None,
    time_zone: str = "Asia/Shanghai",
    in_memory_rows: int = 2_000_000,
    spark: SparkSession | None = None,
) -> Verdict:
    """Judge the staged files of one dataset and night; broken rules are in the verdict, they do not raise here.

    rows: how many rows were written; CheckFailedError when the files hold another number.
    earlier_row_counts: rows of the published nights before this one, for rules that compare with them.
    first_business_date: the night of the first delivery, which holds the history and is no measure for others.
    partner_banks: the codes in the settings; RuleError when a rule speaks of them and they are not given.
    spark: judges datasets of more than in_memory_rows rows; without it they are judged in memory, whatever their size.
    """
    where = f"{spoken(dataset)} {business_date}"
    _refuse_other_row_count(files, rows, where)
    night = Night(business_date, earlier_row_counts or {}, first_business_date, partner_banks, ZoneInfo(time_zone))
    bound, without_measure = bind(rules_for(dataset), night)
    refuse_misspelt(bound)
    if not rows:
        # Of no rows, every rule about rows is true: only the number of rows says something.
        bound = [one for one in bound if one.rule.expectation.startswith("ExpectTableRowCount")]
    try:
        if spark is not None and rows > in_memory_rows:
            engine, judgements = "spark", judge_with_spark(spark, files, bound)
        else:
            engine, judgements = "pandas", judge_in_memory(files, bound)
        results, offending = _described(dataset, _matched(bound, judgements), files)
    except ConnectionError:
        raise  # Spark was lost: a retry may help, which a damaged file does not
    except OSError as error:
        raise CheckFailedError(f"{where}: a staged file cannot be read back (damaged page?); build it again") from error
    noted = [RuleResult(rule, success=True, note=NOTHING_TO_COMPARE) for rule in without_measure]
    return Verdict(spoken(dataset), business_date, rows, engine, (*results, *noted), offending)


def _refuse_other_row_count(files: Sequence[Path], rows: int, where: str) -> None:
    """CheckFailedError unless the staged files hold exactly the rows that were written."""
    try:
        found = sum(pq.read_metadata(file).num_rows for file in files)
    except (OSError, pa.ArrowException) as error:
        raise CheckFailedError(f"{where}: a staged file is no readable Parquet file; build it again") from error
    if found != rows:
        raise CheckFailedError(f"{where}: {rows} rows were written, the staged files hold {found}; build it again")


def _rules_of_contract(dataset: Table) -> tuple[Rule, ...]:
    """Rows unless the night may be without, values where the contract allows no null, a unique key, allowed values."""
    contract = "the contract says so"
    fewest = rows_between(0 if dataset.may_be_empty else 1, None, because="a night without rows is not believable")
    values = [given(column.name, because=contract) for column in dataset.columns if not column.is_nullable]
    sets = [in_set(c.name, c.allowed, because="the contract's allowed values") for c in dataset.columns if c.allowed]
    numbers = [_number_rule(column) for column in dataset.columns if column.type == "double"]
    arrived = [between("captured_date", BusinessDate(), BusinessDate(), because=contract)] * bool(dataset.source)
    return (
        fewest,
        *arrived,
        *values,
        unique(*dataset.key, because="the contract's key names one row"),
        *sets,
        *numbers,
    )


def _number_rule(column: Column) -> Rule:
    if column.name.endswith(("_share", "_probability")):
        return between(column.name, 0, 1, because="a share or probability, as its name says")
    return between(column.name, -LARGEST_DOUBLE, LARGEST_DOUBLE, because="NaN and infinity are not numbers")


def _own_rules(dataset: Table) -> tuple[Rule, ...]:
    module_name = f"expectations.{dataset.layer}.{dataset.name}"
    try:
        module = importlib.import_module(module_name)
    except ModuleNotFoundError as error:
        if error.name != module_name:
            raise
        if dataset.layer == "captured":
            return ()
        missing = f"expectations/{dataset.address}.py"
        raise RuleError(f"{spoken(dataset)}: {missing} is missing; with nothing to say, it says RULES = ()") from error
    rules = getattr(module, "RULES", None)
    if not isinstance(rules, tuple) or not all(isinstance(rule, Rule) for rule in rules):
        raise RuleError(f"{spoken(dataset)}: expectations/{dataset.address}.py holds no tuple RULES of Rule")
    return rules


def _matched(bound: Sequence[BoundRule], judgements: Sequence[Judgement]) -> list[tuple[BoundRule, RuleResult]]:
    """One result for each rule that was sent, in that order; a rule not judged exactly once is broken.

    Great Expectations returns results in another order than it was asked.
    """
    by_rule: dict[str, list[Judgement]] = {}
    for judgement in judgements:
        by_rule.setdefault(judgement.rule_id, []).append(judgement)
    unknown = set(by_rule) - {one.rule.id for one in bound}
    if unknown or not bound:
        raise CheckFailedError(f"judged {len(judgements)} rules of {len(bound)}, of them unknown: {sorted(unknown)}")
    return [(one, _result(one.rule, by_rule.get(one.rule.id, []))) for one in bound]


def _result(rule: Rule, judgements: Sequence[Judgement]) -> RuleResult:
    if len(judgements) != 1:
        return RuleResult(rule, success=False, note=f"was judged {len(judgements)} times instead of once")
    judgement = judgements[0]
    return RuleResult(
        rule, judgement.success, observed=judgement.observed, note=judgement.error, judged=judgement.as_json
    )


def _described(
    dataset: Table, results: Sequence[tuple[BoundRule, RuleResult]], files: Sequence[Path]
) -> tuple[list[RuleResult], pa.Table]:
    """The results, those of broken rules about rows with their number, and the rows themselves up to a limit."""
    described: list[RuleResult] = []
    offending = [nothing_offending(dataset)]
    for bound, result in results:
        if result.success or result.note:
            described.append(result)
            continue
        if not has_offending_rows(bound.rule):
            missing = missing_members(bound.rule, bound.parameters, files)
            described.append(replace(result, note=f"missing: {', '.join(missing)}" if missing else ""))
            continue
        rows, total = offending_rows(dataset, bound.rule, bound.parameters, files)
        offending.append(rows)
        described.append(RuleResult(bound.rule, success=False, failing_rows=total, judged=result.judged))
    return described, pa.concat_tables(offending)
