"""Rows that do not fit into memory are judged by Spark: same rules, same verdict, and few jobs."""

from __future__ import annotations

from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from expectations.bounds import BoundRule
from expectations.checks import check
from expectations.judge import judge_with_spark
from expectations.rules import (
    Rule,
    at_least,
    from_every_partner_bank,
    given,
    in_set,
    matches,
    mean_between,
    not_less_than,
    sum_between,
    unique,
)
from tests.expectations.conftest import NIGHT, WALLETS, WalletChecker, say_rules, stage, wallets_named
from tests.expectations.kinds import KINDS, Wallets
from tests.expectations.test_checks import FROM_CONTRACT

EVERY_KIND = (
    *(kind.rule for name, kind in KINDS.items() if name not in FROM_CONTRACT),
    mean_between("balance_cents", 0, 50, because="a guess"),
    sum_between("balance_cents", 0, 50, because="a guess"),
    from_every_partner_bank(because="a guess"),
    at_least("owner_token", 3, because="cannot be evaluated: a text is no number"),
)
BREAKING = {f"{name} {owner}": given for name, kind in KINDS.items() for owner, given in kind.breaking.items()}
OBEYING: Wallets = {
    "ann": {"owner_token": "a", "tags": []},
    "bob": {"owner_token": "b", "wallet_type": "cloth", "loss_probability": 1.0, "coin_count": 1},
}


def test_both_engines_give_the_same_verdict(
    spark: SparkSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    say_rules(monkeypatch, *EVERY_KIND)
    folder = tmp_path / "wallets.business_date%3D2026-03-31"  # staging folders are called so
    folder.mkdir()
    files = stage(folder, wallets_named(BREAKING), files=2)
    in_memory, in_spark = (
        check(
            WALLETS,
            files,
            business_date=NIGHT,
            rows=len(BREAKING),
            partner_banks=("harbour", "meridian"),
            in_memory_rows=limit,
            spark=spark,
        )
        for limit in (1_000, 1)
    )
    assert (in_memory.engine, in_spark.engine) == ("pandas", "spark")
    found = [
        [(result.rule.id, result.success, result.failing_rows, bool(result.note)) for result in verdict.results]
        for verdict in (in_memory, in_spark)
    ]
    assert found[0] == found[1]
    observed = [[result.observed for result in verdict.results] for verdict in (in_memory, in_spark)]
    assert observed[0] == pytest.approx(observed[1])
    assert in_memory.offending.equals(in_spark.offending)
    assert not in_memory.passed


def test_rows_that_obey_every_rule_pass_in_spark(spark: SparkSession, checked: WalletChecker) -> None:
    rules = [kind.rule for name, kind in KINDS.items() if name not in FROM_CONTRACT and "in set" not in name]
    verdict = checked(OBEYING, *rules, spark=spark, in_memory_rows=1)
    assert verdict.engine == "spark"
    assert verdict.passed, verdict.message


def jobs_for(spark: SparkSession, file: Path, rules: list[Rule]) -> int:
    context = spark.sparkContext
    context.setJobGroup("suite", "count the jobs of one suite")
    before = len(context.statusTracker().getJobIdsForGroup("suite"))
    try:
        judgements = judge_with_spark(spark, [file], [BoundRule(rule, rule.parameters) for rule in rules])
    finally:
        context._jsc.clearJobGroup()
    assert len(judgements) == len(rules)
    assert all(judgement.success for judgement in judgements), [j for j in judgements if not j.success]
    return len(context.statusTracker().getJobIdsForGroup("suite")) - before


def rules_about_single_columns(how_many: int) -> list[Rule]:
    rules = []
    for number in range(how_many):
        rules += [
            at_least("balance_cents", -number, because="a guess"),
            in_set("coin_count", tuple(range(number + 4)), because="a guess"),
            matches("code", f"[0-9]{{1,{number + 4}}}", because="a guess"),
            given("code", because="a guess", mostly=1 - number / 1_000),
            mean_between("balance_cents", 0, 100 + number, because="a guess"),
        ]
    return rules


def test_t35_the_number_of_spark_jobs_does_not_grow_with_the_rules(spark: SparkSession, tmp_path: Path) -> None:
    """Whatever the number of rules about single columns, they are one aggregation.

    A rule about several columns or about uniqueness is a pass of its own in Great Expectations' Spark engine: the
    constant of each kind is measured here, so that a suite's jobs can be told from its rules.
    """
    (file,) = stage(tmp_path, wallets_named({"ann": {"owner_token": "a"}, "bob": {"owner_token": "b"}}))
    jobs_for(spark, file, rules_about_single_columns(1))  # the first run may infer things once
    few, many = (jobs_for(spark, file, rules_about_single_columns(number)) for number in (1, 8))
    assert few == many <= 8

    pairs = [not_less_than("balance_cents", name, because="a guess") for name in ("paid_cents", "fee_cents")]
    uniques = [unique("owner_token", because="a guess"), unique("owner_token", "wallet_id", because="a guess")]
    for kind, most in ((pairs, 4), (uniques, 6)):
        one, two = (jobs_for(spark, file, kind[:number]) for number in (1, 2))
        assert two - one <= most
