"""Great Expectations, reached in one place: rules and rows go in, one judgement for each rule comes out.

The validator is used without a batch definition: the fluent way hashes the whole DataFrame first (half of the time of
a check of 800 000 rows). Results are BOOLEAN_ONLY: they carry no value of any row. Great Expectations is imported when
the first check runs, because the import takes three seconds; `warm_up` starts it beside other work.
"""

from __future__ import annotations

import importlib
import logging
import numbers
import re
import types
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path
from threading import Lock, Thread
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

from expectations.bounds import BoundRule
from expectations.offending import observes_a_number, read_columns, with_sums
from expectations.rules import Rule, RuleError

if TYPE_CHECKING:
    from great_expectations.data_context import EphemeralDataContext
    from pyspark.sql import DataFrame, SparkSession

LARGEST_EXACT_IN_A_DOUBLE = 2**53
BATCH = "staged"
IMPORTING = Lock()
"""Held by whoever imports Great Expectations: its packages import each other in circles, which two threads that enter
at different places see half done."""


@dataclass(frozen=True)
class Judgement:
    """What Great Expectations said about one rule, without any value of a row.

    error: what kept it from judging; empty when nothing did. observed: the plain number that a broken rule about the
    whole table saw.
    """

    rule_id: str
    success: bool
    error: str
    as_json: Mapping[str, object]
    observed: float | None = None


def warm_up() -> Thread:
    """Import Great Expectations beside other work, such as waiting for Spark; the next check then starts at once.

    To be called once pyspark is imported: two threads that import the same packages wait for each other.
    """
    thread = Thread(target=_expectations_known, daemon=True)
    thread.start()
    return thread


def refuse_misspelt(rules: Iterable[BoundRule]) -> None:
    """RuleError unless Great Expectations knows every expectation and every parameter.

    A suite file with a misspelt type would lose that rule without a word, and an empty suite would succeed.
    """
    for bound in rules:
        _expectation(bound)


def judge_in_memory(files: Sequence[Path], rules: Sequence[BoundRule]) -> list[Judgement]:
    """Judge rows that fit into memory, with the pandas engine."""
    from great_expectations.execution_engine import PandasExecutionEngine

    rows = read_columns(files, _columns_read(rules))
    for bound in rules:
        rows = with_sums(rows, bound.rule)
    frame = _for_pandas_engine(rows)
    return _judge(PandasExecutionEngine(batch_data_dict={BATCH: frame}), [_with_moments(bound) for bound in rules])


def judge_with_spark(spark: SparkSession, files: Sequence[Path], rules: Sequence[BoundRule]) -> list[Judgement]:
    """Judge rows that do not fit into memory, with the Spark engine: same rules, same judgement.

    persist=False: Great Expectations would otherwise keep the whole DataFrame in the cluster's memory.
    ConnectionError when Spark went away meanwhile.
    """
    from great_expectations.execution_engine import SparkDFExecutionEngine

    local = (f"file://{file.resolve()}" for file in files)  # as_uri() would encode what Spark does not decode
    rows = spark.read.parquet(*local)
    for bound in rules:
        rows = _with_sums_in_spark(rows, bound.rule)
    engine = SparkDFExecutionEngine(spark=spark, persist=False, batch_data_dict={BATCH: rows})
    judgements = _judge(engine, list(rules))
    if any(judgement.error for judgement in judgements):
        _refuse_a_lost_server(spark)
    return judgements


def _refuse_a_lost_server(spark: SparkSession) -> None:
    """Great Expectations catches everything: a lost server, which a retry cures, would pass for broken rules."""
    try:
        spark.range(1).count()
    except Exception as error:
        raise ConnectionError("Spark was lost while the staged files were checked; try again") from error


def _judge(engine: Any, rules: Sequence[BoundRule]) -> list[Judgement]:
    judgements = [_judgement(result) for result in _validate(engine, rules, "BOOLEAN_ONLY")]
    broken = {judgement.rule_id for judgement in judgements if not judgement.success and not judgement.error}
    about_the_table = [one for one in rules if one.rule.id in broken and observes_a_number(one.rule)]
    observed = _observed_numbers(engine, about_the_table) if about_the_table else {}
    return [replace(judgement, observed=observed.get(judgement.rule_id)) for judgement in judgements]


def _observed_numbers(engine: Any, rules: Sequence[BoundRule]) -> dict[str, float]:
    """What rules about the whole table saw, where it is a plain number; a list of values stays behind."""
    found = {}
    for result in _validate(engine, rules, "BASIC"):
        value = result.result.get("observed_value")
        if isinstance(value, numbers.Real) and not isinstance(value, bool):
            found[str(result.expectation_config.meta["rule"])] = float(value)
    return found


def _validate(engine: Any, rules: Sequence[BoundRule], result_format: str) -> list[Any]:
    from great_expectations.validator.validator import Validator

    validator = Validator(execution_engine=engine, data_context=_context())
    configurations = [_expectation(bound).configuration for bound in rules]
    return list(
        validator.graph_validate(configurations=configurations, runtime_configuration={"result_format": result_format})
    )


@cache
def _context() -> EphemeralDataContext:
    """One context for the whole process, in memory, without progress bars and without usage statistics."""
    import great_expectations as gx
    from great_expectations.data_context.types.base import (
        DataContextConfig,
        InMemoryStoreBackendDefaults,
        ProgressBarsConfig,
    )

    settings = DataContextConfig(
        # Stores and a docs site of the context's own are not wanted: data_docs.py writes the site.
        store_backend_defaults=InMemoryStoreBackendDefaults(init_temp_docs_sites=False),
        progress_bars=ProgressBarsConfig(globally=False, metric_calculations=False),
        analytics_enabled=False,
    )
    return gx.get_context(mode="ephemeral", project_config=settings)


def _expectations_known() -> Any:
    """The module of Great Expectations that holds its expectations, whole."""
    with IMPORTING:
        importlib.import_module("great_expectations")
        return importlib.import_module("great_expectations.expectations")


@cache
def _kind(name: str) -> Any:
    """The expectation of that name, or None; its configuration is made once for each object.

    While it judges one rule Great Expectations asks some 80 times for it, and makes it anew from all fields each time:
    two fifths of the time of a check of few rows. Neither we nor its validator change an object once it is made. Where
    it makes one of its own from a configuration, it takes the class that was last declared under the name: ours.
    """
    from pydantic.v1 import PrivateAttr

    known = _expectations_known()
    found = getattr(known, name, None)
    if not isinstance(found, type) or not issubclass(found, known.Expectation):
        return None
    kind: Any = found

    def configuration(self: Any) -> Any:
        if self._made is None:
            self._made = kind.configuration.fget(self)
        return self._made

    def with_one_configuration(body: dict[str, Any]) -> None:
        body |= {"__module__": __name__, "_made": PrivateAttr(None), "configuration": property(configuration)}

    told_of_a_name_declared_twice = logging.getLogger("great_expectations.expectations.registry")
    told_of_a_name_declared_twice.setLevel(logging.ERROR)
    return types.new_class(name, (kind,), exec_body=with_one_configuration)


def _expectation(bound: BoundRule) -> Any:
    rule, kind = bound.rule, _kind(bound.rule.expectation)
    if kind is None:
        raise RuleError(f"{rule.id}: Great Expectations knows no {rule.expectation}")
    parameters = {name: list(v) if isinstance(v, tuple) else v for name, v in bound.parameters.items()}
    try:
        return kind(**parameters, severity=rule.severity.value, notes=rule.because, meta={"rule": rule.id})
    except (TypeError, ValueError) as error:
        problem = " ".join(str(error).split())
        raise RuleError(f"{rule.id}: Great Expectations refuses it: {problem}") from error


def _judgement(result: Any) -> Judgement:
    error = _error(result.exception_info)
    as_json = result.to_json_dict()
    # A traceback may quote a value; its kind is enough to find the rule's mistake.
    as_json["exception_info"] = {
        "raised_exception": bool(error),
        "exception_message": error or None,
        "exception_traceback": "",  # a text, or Great Expectations cannot show the page of the check
    }
    as_json["result"] = {}
    rule_id = str(result.expectation_config.meta["rule"])
    return Judgement(rule_id, bool(result.success) and not error, error, as_json)


def _error(information: Mapping[str, Any] | None) -> str:
    """The kind of what went wrong while judging; empty when nothing did.

    Great Expectations gives one record, or one for each metric that raised.
    """
    records = [information or {}, *(v for v in (information or {}).values() if isinstance(v, dict))]
    raised = [record for record in records if record.get("raised_exception")]
    if not raised:
        return ""
    kinds = [re.findall(r"^([\w.]+(?:Error|Exception))\b", str(r.get("exception_traceback")), re.M) for r in raised]
    kind = next((found[0] for found in kinds if found), "an error")
    return f"could not be evaluated ({kind.rsplit('.', maxsplit=1)[-1]})"


def _columns_read(rules: Iterable[BoundRule]) -> list[str]:
    return list(dict.fromkeys(column for bound in rules for column in bound.rule.columns))


def _with_moments(bound: BoundRule) -> BoundRule:
    """Dates as midnights, as the columns come to the pandas engine."""
    return BoundRule(bound.rule, {name: _moment(value) for name, value in bound.parameters.items()})


def _moment(value: object) -> object:
    if isinstance(value, tuple):
        return tuple(_moment(member) for member in value)
    if isinstance(value, date) and not isinstance(value, datetime):
        return datetime(value.year, value.month, value.day, tzinfo=UTC)
    return value


def _for_pandas_engine(rows: pa.Table) -> Any:
    """The rows in the types on which the engine compares whole columns instead of value by value."""
    import pandas as pd

    # Whole numbers with nulls become doubles in pandas; where a double is not exact, the slower type that is.
    inexact = {name: pd.Int64Dtype() for name in rows.column_names if _is_inexact_in_a_double(rows[name])}
    frame = pa.table(
        {name: _fast_and_exact(rows[name]) for name in rows.column_names if name not in inexact}
    ).to_pandas()
    for name, exact in inexact.items():
        frame[name] = rows[name].to_pandas(types_mapper={pa.int64(): exact}.get)
    return frame


def _fast_and_exact(values: pa.ChunkedArray) -> pa.ChunkedArray:
    """The same values in the type that the pandas engine judges fast, without losing a digit or a NaN.

    Texts become categories (a key column costs a tenth), whole numbers 64 bits wide, days midnights in UTC. NaN becomes
    infinity, because pandas takes NaN for a null and Spark does not. Nested values are only ever asked whether they are
    null.
    """
    kind = values.type
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        return values.dictionary_encode()
    if pa.types.is_nested(kind):
        return pc.if_else(pc.is_valid(values), pa.scalar(1, pa.int64()), pa.scalar(None, pa.int64()))
    if pa.types.is_date(kind):
        return values.cast(pa.timestamp("us")).cast(pa.timestamp("us", tz="UTC"))
    if pa.types.is_floating(kind):
        return pc.if_else(pc.is_nan(values), float("inf"), values)
    if pa.types.is_integer(kind):
        return values.cast(pa.int64())
    return values


def _is_inexact_in_a_double(values: pa.ChunkedArray) -> bool:
    if values.type != pa.int64() or not values.null_count:
        return False
    extremes = pc.min_max(values).as_py()
    return any(abs(extreme) > LARGEST_EXACT_IN_A_DOUBLE for extreme in extremes.values() if extreme is not None)


def _with_sums_in_spark(rows: DataFrame, rule: Rule) -> DataFrame:
    from pyspark.sql import functions as F

    for name, parts in rule.sums.items():
        terms = [F.col(part).cast("bigint") * sign for part, sign in parts.items()]
        total = terms[0]
        for term in terms[1:]:
            total += term
        rows = rows.withColumn(name, total)
    return rows
