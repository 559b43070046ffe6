"""The gate: every kind of rule, and every way in which it has to fail closed."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from expectations import judge
from expectations.checks import CheckFailedError, RuleError, check, rules_for
from expectations.rules import (
    EndOfBusinessDate,
    Rule,
    Severity,
    at_least,
    at_most,
    between,
    from_every_partner_bank,
    given,
    mean_between,
    rows_between,
    sum_between,
    unique,
)
from expectations.verdict import RuleResult, Verdict
from tests.expectations.conftest import NIGHT, WALLETS, WalletChecker, offenders, say_rules, stage, wallets_named
from tests.expectations.kinds import KINDS, Kind, Wallets

FROM_CONTRACT = ("allowed values of the contract", "a probability of the contract")


def own_rules(name: str, kind: Kind) -> tuple[Rule, ...]:
    return () if name in FROM_CONTRACT else (kind.rule,)


@pytest.mark.parametrize("name", KINDS)
def test_rows_that_obey_a_rule_pass_it(checked: WalletChecker, name: str) -> None:
    verdict = checked(KINDS[name].obeying, *own_rules(name, KINDS[name]))
    assert verdict.passed, verdict.message
    assert all(result.success for result in verdict.results)
    assert verdict.offending.num_rows == 0


@pytest.mark.parametrize("name", KINDS)
def test_rows_that_break_a_rule_stop_the_dataset_and_are_named(checked: WalletChecker, name: str) -> None:
    kind = KINDS[name]
    verdict = checked(kind.breaking, *own_rules(name, kind), files=2)
    assert [(result.rule.id, result.failing_rows) for result in verdict.failures] == [
        (kind.rule.id, len(kind.offenders))
    ]
    assert offenders(verdict, kind.rule) == list(kind.offenders)
    with pytest.raises(CheckFailedError, match=f"is not in {len(kind.offenders)} of {len(kind.breaking)} rows"):
        verdict.raise_if_failed()


def test_the_message_says_what_where_how_many_and_why(checked: WalletChecker) -> None:
    verdict = checked({"ann": {"balance_cents": -1}, "bob": {}}, at_least("balance_cents", 0, because="a guess"))
    assert verdict.message == (
        "features.wallets 2026-04-01: balance_cents must be at least 0, is not in 1 of 2 rows (a guess); "
        "rows are in quarantine"
    )


def test_what_broke_a_rule_about_a_model_is_named_and_a_customer_never() -> None:
    broken = RuleResult(at_most("changed", 0, because="a guess"), success=False, failing_rows=1)
    rows = {"rule": ["r"], "severity": ["critical"], "because": ["a guess"], "offending_values": ["{}"]}

    def message(dataset: str, key: dict[str, list[str]]) -> str:
        return Verdict(dataset, NIGHT, 9, "pandas", (broken,), pa.table({**rows, **key})).message

    attack = {"family": ["neighbourhood"], "attack": ["own label flipped"]}
    assert message("models.leak_audit", attack).endswith("rows are in quarantine: neighbourhood, own label flipped")
    assert message("models.observations", {"customer_id": ["ann"]}).endswith("rows are in quarantine")
    assert message("edges.heavy_identifiers", {"identifier": ["d1"]}).endswith("rows are in quarantine")


def test_a_warning_is_reported_and_does_not_stop(checked: WalletChecker) -> None:
    rule = at_least("balance_cents", 0, because="a guess", severity=Severity.WARNING)
    verdict = checked({"ann": {"balance_cents": -1}, "bob": {}}, rule)
    verdict.raise_if_failed()
    assert verdict.warning_sentences == ("balance_cents must be at least 0, is not in 1 of 2 rows (a guess)",)
    assert offenders(verdict, rule) == ["ann"]


def test_a_broken_info_is_neither_failure_nor_warning(checked: WalletChecker) -> None:
    verdict = checked({"ann": {}}, at_least("balance_cents", 101, because="a guess", severity=Severity.INFO))
    assert verdict.passed
    assert not verdict.warnings
    assert [result.rule.severity for result in verdict.results if not result.success] == [Severity.INFO]


def test_a_share_of_rows_may_break_a_rule_that_says_mostly(checked: WalletChecker) -> None:
    wallets: Wallets = {"ann": {"balance_cents": -1}, "bob": {}, "cat": {}, "dan": {}, "eve": {"balance_cents": None}}
    assert checked(wallets, at_least("balance_cents", 0, because="a guess", mostly=0.75)).passed
    assert not checked(wallets, at_least("balance_cents", 0, because="a guess", mostly=0.76)).passed


def test_a_null_in_a_column_without_nulls_is_named_with_the_null(checked: WalletChecker) -> None:
    verdict = checked({"ann": {"wallet_id": None}, "bob": {}})
    assert [row["wallet_id"] for row in verdict.offending.to_pylist()] == [None]
    assert "wallet_id must be given, is not in 1 of 2 rows (the contract says so)" in verdict.message


def test_duplicates_in_a_compound_key_are_all_named(checked: WalletChecker) -> None:
    wallets = {
        "ann": {"wallet_id": "twice"},
        "bob": {"wallet_id": "twice"},
        "cat": {"wallet_id": "twice", "bank_code": "meridian"},
    }
    verdict = checked(wallets)
    rows = verdict.offending.to_pylist()
    assert [(row["bank_code"], row["wallet_id"]) for row in rows] == [("harbour", "twice")] * 2
    assert "bank_code and wallet_id must be unique together, is not in 2 of 3 rows" in verdict.message


def test_infinity_and_nan_are_no_numbers(checked: WalletChecker) -> None:
    wallets: Wallets = {
        "ann": {"weight": float("nan")},
        "bob": {"weight": float("inf")},
        "cat": {"weight": None},
        "dan": {},
    }
    verdict = checked(wallets)
    assert [row["wallet_id"] for row in verdict.offending.to_pylist()] == ["ann", "bob"]


@pytest.mark.parametrize(
    ("rule", "found"),
    [
        (mean_between("balance_cents", 0, 99, because="a guess", severity=Severity.CRITICAL), 100.0),
        (sum_between("balance_cents", 0, 199, because="a guess"), 200.0),
        (rows_between(3, 5, because="a guess"), 2.0),
        (rows_between(0, 1, because="a guess"), 2.0),
    ],
    ids=lambda value: value.expectation if isinstance(value, Rule) else "",
)
def test_a_rule_about_the_table_names_the_number_it_found(checked: WalletChecker, rule: Rule, found: float) -> None:
    verdict = checked({"ann": {}, "bob": {}}, rule)
    assert [(result.rule.id, result.observed) for result in verdict.failures] == [(rule.id, found)]
    assert f", is {found:.0f} (a guess)" in verdict.message
    assert verdict.offending.num_rows == 0


def test_a_silent_partner_bank_is_named(checked: WalletChecker) -> None:
    verdict = checked({"ann": {}}, from_every_partner_bank(because="a guess"), partner_banks=("harbour", "meridian"))
    assert "bank_code must be there for every partner bank: missing: meridian" in verdict.message
    assert checked({"ann": {}}, from_every_partner_bank(because="a guess"), partner_banks=("harbour",)).passed


def test_a_rule_about_partner_banks_is_refused_when_nobody_says_which(checked: WalletChecker) -> None:
    with pytest.raises(RuleError, match="was not told the partner banks"):
        checked({"ann": {}}, from_every_partner_bank(because="a guess"))


def test_a_dataset_without_rows_is_refused(checked: WalletChecker) -> None:
    verdict = checked({}, at_least("balance_cents", 0, because="a guess"))
    assert not verdict.passed
    assert verdict.message == (
        "features.wallets 2026-04-01: the number of rows must be at least 1, is 0 "
        "(a night without rows is not believable)"
    )


def test_a_dataset_that_may_be_empty_passes_without_rows(checked: WalletChecker) -> None:
    may_be_empty = replace(WALLETS, may_be_empty=True)
    verdict = checked({}, at_least("balance_cents", 0, because="a guess"), table=may_be_empty)
    assert verdict.passed
    assert len(verdict.results) == 1


def test_no_staged_file_at_all_is_no_row(monkeypatch: pytest.MonkeyPatch) -> None:
    say_rules(monkeypatch)
    assert not check(WALLETS, [], business_date=NIGHT, rows=0).passed


def test_files_with_other_rows_than_were_written_are_refused(checked: WalletChecker) -> None:
    with pytest.raises(CheckFailedError, match=r"2026-04-01: 3 rows were written, the staged files hold 1"):
        checked({"ann": {}}, rows=3)


def test_a_flipped_bit_in_a_staged_file_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    say_rules(monkeypatch)
    (path,) = stage(tmp_path, wallets_named({f"w{number}": {"balance_cents": number} for number in range(500)}))
    content = bytearray(path.read_bytes())
    content[100] ^= 1  # within the first column's pages
    path.write_bytes(content)
    with pytest.raises(CheckFailedError, match="cannot be read back"):
        check(WALLETS, [path], business_date=NIGHT, rows=500)


@pytest.mark.parametrize(
    ("rule", "problem"),
    [
        (Rule("ExpectColumnValuesToBeBetwen", {"column": "code"}, "a guess"), "knows no ExpectColumnValuesToBeBetwen"),
        (Rule("registry", {"column": "code"}, "a module, not an expectation"), "knows no registry"),
        (Rule("ExpectColumnToExist", {"column": "code", "mosty": 1}, "a guess"), "mosty"),
        (Rule("ExpectColumnValuesToBeInSet", {"colum": "code", "value_set": [1]}, "a guess"), "colum"),
        (at_least("balance", 0, because="a guess"), "columns that the contract does not have: balance"),
        (given("wallet_id", because="a guess"), "already given by the contract"),
    ],
)
def test_a_misspelt_rule_is_refused_when_it_is_loaded(checked: WalletChecker, rule: Rule, problem: str) -> None:
    with pytest.raises(RuleError, match=problem):
        checked({"ann": {}}, rule)


def test_great_expectations_does_not_make_the_configuration_of_a_rule_at_every_look(
    checked: WalletChecker, monkeypatch: pytest.MonkeyPatch
) -> None:
    from great_expectations.expectations import Expectation

    made: list[str] = []
    make = Expectation.configuration.fget

    def counted(self: Expectation) -> object:
        made.append(type(self).__name__)
        return make(self)

    monkeypatch.setattr(Expectation, "configuration", property(counted))
    verdict = checked({"ann": {}}, at_least("balance_cents", 0, because="a guess"))
    assert len(verdict.results) <= len(made) <= 20 * len(verdict.results)


def test_a_dataset_without_its_own_expectations_is_refused() -> None:
    with pytest.raises(RuleError, match=r"features\.wallets: expectations/features/wallets\.py is missing"):
        rules_for(WALLETS)


def test_expectations_that_are_no_tuple_of_rules_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    say_rules(monkeypatch, "balance_cents >= 0")  # type: ignore[arg-type]
    with pytest.raises(RuleError, match="holds no tuple RULES of Rule"):
        rules_for(WALLETS)


def test_a_rule_that_raises_while_it_is_judged_is_broken(checked: WalletChecker) -> None:
    verdict = checked({"ann": {"owner_token": "secret"}}, at_least("owner_token", 3, because="a guess"))
    assert "owner_token must be at least 3: could not be evaluated (TypeError) (a guess)" in verdict.message
    assert "secret" not in verdict.to_json()


def drop_the_last(results: list[Any]) -> list[Any]:
    return results[:-1]


def double_the_last(results: list[Any]) -> list[Any]:
    return [*results, results[-1]]


@pytest.mark.parametrize(("spoil", "times"), [(drop_the_last, 0), (double_the_last, 2)])
def test_a_rule_that_is_not_judged_exactly_once_is_broken(
    checked: WalletChecker, monkeypatch: pytest.MonkeyPatch, spoil: Any, times: int
) -> None:
    validate = judge._validate  # the only call into Great Expectations that judges
    monkeypatch.setattr(judge, "_validate", lambda *asked: spoil(validate(*asked)))
    verdict = checked({"ann": {}})
    assert not verdict.passed
    assert f"was judged {times} times instead of once" in verdict.message


def test_results_nobody_asked_for_are_refused(checked: WalletChecker, monkeypatch: pytest.MonkeyPatch) -> None:
    validate = judge._validate

    def rename_the_first(*asked: Any) -> list[Any]:
        results = validate(*asked)
        results[0].expectation_config.meta["rule"] = "another"
        return results

    monkeypatch.setattr(judge, "_validate", rename_the_first)
    with pytest.raises(CheckFailedError, match="another"):
        checked({"ann": {}})


def test_a_thousand_offending_rows_are_kept_and_all_are_counted(checked: WalletChecker) -> None:
    rule = at_most("balance_cents", 0, because="a guess")
    verdict = checked({f"w{number:04d}": {} for number in range(1_500)}, rule)
    assert verdict.failures[0].failing_rows == 1_500
    assert offenders(verdict, rule) == [f"w{number:04d}" for number in range(1_000)]


def test_offending_rows_carry_the_rule_its_reason_and_the_values_it_read(checked: WalletChecker) -> None:
    rule = between("balance_cents", 0, 10, because="a guess")
    (row,) = checked({"ann": {"balance_cents": 11}}, rule).offending.to_pylist()
    assert row == {
        "rule": rule.id,
        "severity": "critical",
        "because": "a guess",
        "bank_code": "harbour",
        "wallet_id": "ann",
        "offending_values": '{"balance_cents": 11}',
    }


def test_a_verdict_as_json_holds_no_value_of_a_row_and_no_clock(checked: WalletChecker) -> None:
    wallets = {"ann": {"owner_token": "secret", "code": "hidden"}, "bob": {"owner_token": "secret"}}
    rules = (unique("owner_token", because="a guess"), KINDS["matches the whole text"].rule)
    first, second = (checked(wallets, *rules).to_json() for _ in range(2))
    assert first == second
    assert json.loads(first)["passed"] is False
    assert "secret" not in first
    assert "hidden" not in first


def test_bounds_of_another_night_are_another_night_s(checked: WalletChecker) -> None:
    rule = at_most("opened_at", EndOfBusinessDate(hours=1), because="a guess")
    late = {"ann": {"opened_at": KINDS["not after the night"].obeying["ann"]["opened_at"].replace(hour=17)}}
    assert checked(late, rule).passed
    assert not checked(late, rule, time_zone="Asia/Tokyo").passed


WITHOUT_NETWORK = """
import socket, sys
def refuse(*asked): raise AssertionError(f"network: {asked}")
socket.socket.connect = socket.getaddrinfo = refuse
import expectations.rules
assert not {"great_expectations", "pyarrow", "pandas", "pyspark"} & set(sys.modules)
import expectations.checks
assert "great_expectations" not in sys.modules
from datetime import date
from pathlib import Path
from expectations.judge import warm_up
warm_up().join()
assert "great_expectations" in sys.modules
from schemas.captured.shop_referrals import SHOP_REFERRALS
print(expectations.checks.check(SHOP_REFERRALS, [], business_date=date(2026, 4, 1), rows=0).passed)
"""


@pytest.mark.meanwhile  # in a process of its own, and no Spark
def test_a_check_needs_no_network_and_rules_need_no_great_expectations() -> None:
    done = subprocess.run([sys.executable, "-c", WITHOUT_NETWORK], capture_output=True, text=True, check=False)
    assert (done.stdout.strip(), done.returncode) == ("True", 0), done.stderr
