"""What a check found: a result for each rule, the offending rows of the broken ones, and whether the night goes on."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

import pyarrow as pa

from expectations.offending import has_offending_rows
from expectations.rules import Rule, Severity

MOST_NAMED = 5
OF_EVERY_OFFENDING_ROW = ("rule", "severity", "because", "offending_values")


class CheckFailedError(Exception):
    """A critical rule is broken: nothing is published, the offending rows are in quarantine."""


@dataclass(frozen=True)
class RuleResult:
    """Whether one rule held.

    failing_rows: how many rows break the rule; None where a rule is about the table, or could not be evaluated.
    observed: the plain number a rule about the table found; never a value of a row.
    note: why a rule was not compared or could not be evaluated, or what of the wished is missing; else empty.
    judged: the judgement of Great Expectations as JSON, without any value of a row.
    """

    rule: Rule
    success: bool
    failing_rows: int | None = None
    observed: float | None = None
    note: str = ""
    judged: Mapping[str, object] = field(default_factory=dict)

    @property
    def severity(self) -> Severity:
        """What a broken rule does to the night."""
        return self.rule.severity


@dataclass(frozen=True)
class Verdict:
    """The outcome of one check of one dataset on one night.

    dataset: as it stands in messages, features.purchase_value. engine: "pandas" or "spark".
    offending: up to a limit of rows for each broken rule; columns rule, severity, because, the key of the dataset and
        `offending_values` (JSON of the columns the rule reads). Personal columns hold tokens only, here as in the lake.
    """

    dataset: str
    business_date: date
    rows: int
    engine: str
    results: tuple[RuleResult, ...]
    offending: pa.Table

    @property
    def failures(self) -> tuple[RuleResult, ...]:
        """The broken critical rules."""
        return self._broken(Severity.CRITICAL)

    @property
    def warnings(self) -> tuple[RuleResult, ...]:
        """The broken rules that are reported and do not stop the night."""
        return self._broken(Severity.WARNING)

    @property
    def passed(self) -> bool:
        """Whether the dataset may be published: rules were judged, and no critical one is broken."""
        return bool(self.results) and not self.failures

    @property
    def message(self) -> str:
        """One line: what broke and where, or how many rules held."""
        where = f"{self.dataset} {self.business_date}"
        if self.failures:
            kept = f"; rows are in quarantine{self._named()}" if self.offending.num_rows else ""
            return f"{where}: {'; '.join(self._sentence(result) for result in self.failures)}{kept}"
        held = sum(result.success for result in self.results)
        warned = "".join(f"; warning: {sentence}" for sentence in self.warning_sentences)
        return f"{where}: {held} of {len(self.results)} rules hold for {self.rows} rows{warned}"

    @property
    def warning_sentences(self) -> tuple[str, ...]:
        """One sentence for each broken rule that is reported and does not stop the night."""
        return tuple(self._sentence(result) for result in self.warnings)

    def raise_if_failed(self) -> None:
        """CheckFailedError with the one-line message when a critical rule is broken."""
        if not self.passed:
            raise CheckFailedError(self.message)

    def to_json(self) -> str:
        """The verdict as JSON that holds no value of any row and no clock: same data, same text.

        `data_docs.build_data_docs` reads it again.
        """
        results = [
            {
                "rule": result.rule.id,
                "severity": result.severity.value,
                "because": result.rule.because,
                "about": "rows" if has_offending_rows(result.rule) else "table",
                "success": result.success,
                "failing_rows": result.failing_rows,
                "observed": result.observed,
                "note": result.note,
                "finding": self._finding(result),
                "judged": result.judged,
            }
            for result in self.results
        ]
        verdict = {
            "dataset": self.dataset,
            "business_date": self.business_date.isoformat(),
            "passed": self.passed,
            "rows": self.rows,
            "engine": self.engine,
            "message": self.message,
            "results": results,
        }
        return json.dumps(verdict, indent=1, sort_keys=True, ensure_ascii=False) + "\n"

    def _broken(self, severity: Severity) -> tuple[RuleResult, ...]:
        return tuple(result for result in self.results if not result.success and result.severity is severity)

    def _sentence(self, result: RuleResult) -> str:
        return f"{self._finding(result)} ({result.rule.because})"

    def _named(self) -> str:
        """The first offending rows of a model by their key; other layers, and keys of people, are never named."""
        keys = [name for name in self.offending.column_names if name not in OF_EVERY_OFFENDING_ROW]
        if not self.dataset.startswith("models.") or any(name.endswith("_id") for name in keys):
            return ""
        critical = [row for row in self.offending.to_pylist() if row["severity"] == Severity.CRITICAL.value]
        names = dict.fromkeys(", ".join(str(row[key]) for key in keys) for row in critical)
        return f": {'; '.join(list(names)[:MOST_NAMED])}" if keys and names else ""

    def _finding(self, result: RuleResult) -> str:
        what = " and ".join(result.rule.columns) or "the number of rows"
        wish = f"{'the row' if result.rule.sums else what} must be {result.rule.wish}"
        if result.note:
            return f"{wish}: {result.note}"
        if result.success:
            return wish
        if result.failing_rows is not None:
            return f"{wish}, is not in {result.failing_rows} of {self.rows} rows"
        return wish if result.observed is None else f"{wish}, is {result.observed:.15g}"
