"""explain of the outlook: with which parameters a night forecast, how the hold-out went, and what was used."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pyarrow.compute as pc
import pyarrow.dataset as ds
import pytest
from pyspark.sql import SparkSession

from demo.processes import PROJECT_ROOT
from jobs.code_version import code_version
from jobs.explained_outlook import FORMULAS, NAIVE_FORMULAS, FitOfNight, fit_of_night
from jobs.features.purchase_outlook import build
from jobs.inputs import Resolver, digests_of, night
from jobs.lake import Lake
from jobs.origin import Origin
from jobs.spark_sessions import SparkSessions
from jobs.storage_local import LocalStorage
from schemas.cleaned.purchases import PURCHASES
from schemas.cleaned.refunds import REFUNDS
from schemas.customers.identities import IDENTITIES
from schemas.features.purchase_outlook import PURCHASE_OUTLOOK
from tests.conftest import tables_in
from tests.features.random_rows import AS_OF, Row
from tests.features.test_purchase_outlook import bought, people_who_leave, refunded
from tests.lake.explained_night import settings
from tests.published_rows import publish_rows


@pytest.fixture
def sessions(spark: SparkSession, tmp_path: Path) -> SparkSessions:
    return SparkSessions(settings(tmp_path), {"compiling": spark, "interpreting": spark})


def closed(folder: Path, purchases: list[Row], refunds: list[Row], sessions: SparkSessions) -> Resolver:
    """A lake on AS_OF with the outlook as the family builds it."""
    lake = Lake(LocalStorage(folder / "lake"), folder / "scratch")
    resolver = Resolver(lake, sessions.settings)
    names = sorted({row["source_record_id"] for row in purchases})
    identities = [{"source_record_id": name, "customer_id": name.removeprefix("shop:")} for name in names]
    given = {PURCHASES: purchases, REFUNDS: refunds, IDENTITIES: identities}
    for table, rows in given.items():
        publish_rows(lake, table, night(AS_OF), rows)
    make = tables_in(sessions.for_many_rows)
    built = build(*(make(table, rows) for table, rows in given.items()), as_of=AS_OF).toArrow().to_pylist()
    inputs = digests_of(resolver.inputs(PURCHASE_OUTLOOK, night(AS_OF)))
    origin = Origin(PURCHASE_OUTLOOK.address, night(AS_OF), inputs, "c", code_version(PURCHASE_OUTLOOK))
    publish_rows(lake, PURCHASE_OUTLOOK, night(AS_OF), built, origin)
    return resolver


def told(fit: FitOfNight, column: str) -> str:
    return "\n".join(fit.lines(column))


def test_the_parameters_of_a_night_are_told_with_the_hold_out_and_the_customers_own_state(
    sessions: SparkSessions, tmp_path: Path
) -> None:
    purchases = [*people_who_leave(), *(bought("bob", day, 300) for day in range(0, 200, 10))]
    resolver = closed(tmp_path, purchases, [refunded("bob-0-0", 0, 300), refunded("bob-10-0", 0, 30)], sessions)
    fit = fit_of_night("bob", AS_OF, resolver, sessions)
    text = told(fit, "alive_probability")
    assert not fit.outlook.is_fallback
    assert "state    frequency 18, recency 180 days, age 191 days, mean 298.33 cents" in text
    assert "used     the models" in text
    assert re.search(r"BG/NBD: r [\d.]+, alpha [\d.]+ days, a [\d.]+, b [\d.]+; log-likelihood -[\d.]+", text)
    assert re.search(r"Gamma-Gamma: p [\d.]+, q [\d.]+, v [\d.]+ cents; log-likelihood -[\d.]+", text)
    by_models, by_rate = map(float, re.findall(r"hold-out ([\d.]+) off by the models, ([\d.]+) by the rate", text)[0])
    assert by_models < by_rate
    assert "note" not in text


def test_a_formula_with_the_parameters_that_are_told_gives_the_published_value(
    sessions: SparkSessions, tmp_path: Path
) -> None:
    resolver = closed(tmp_path, people_who_leave(), [], sessions)
    fit = fit_of_night("c007", AS_OF, resolver, sessions)
    assert fit.state
    frequency, recency, age, _ = fit.state
    model = fit.outlook.purchases
    assert model
    left = model.a / (model.b + frequency - 1)
    left *= ((model.alpha + age) / (model.alpha + recency)) ** (model.r + frequency)
    assert frequency > 0
    partition = night(AS_OF).partition(PURCHASE_OUTLOOK)
    rows = ds.dataset([str(path) for path in resolver.lake.local_files(partition)], format="parquet").to_table()
    [published] = rows.filter(pc.field("customer_id") == "c007").to_pylist()
    assert published["alive_probability"] == pytest.approx(1 / (1 + left), abs=1e-8)


def test_a_night_that_fell_back_says_why_and_tells_the_formula_that_was_used(
    sessions: SparkSessions, tmp_path: Path
) -> None:
    resolver = closed(tmp_path, [bought("ann", day, 200) for day in (60, 30, 0)], [], sessions)
    fit = fit_of_night("ann", AS_OF, resolver, sessions)
    text = told(fit, "expected_purchase_day_count_next_90d")
    assert "used     the rate so far: the number of purchases: nobody had bought before the hold-out period" in text
    assert "formula  days * frequency / age" in text
    assert "on 0 customers" in text
    assert "BG/NBD" not in text
    assert "formula  none: only the models tell it" in told(fit, "alive_probability")


def test_where_what_the_night_read_has_changed_since_a_note_says_so(sessions: SparkSessions, tmp_path: Path) -> None:
    resolver = closed(tmp_path, [bought("ann", day, 200) for day in (60, 30, 0)], [], sessions)
    late = [{"refund_id": "late", "order_id": "ann-30-0", "refunded_at": bought("ann", 1)["paid_at"]}]
    publish_rows(resolver.lake, REFUNDS, night(AS_OF), late)
    fit = fit_of_night("ann", AS_OF, Resolver(resolver.lake, sessions.settings), sessions)
    assert "changed since" in told(fit, "alive_probability")
    assert "changed since" not in told(replace(fit, is_as_published=True), "alive_probability")


def test_every_column_of_the_outlook_has_a_formula() -> None:
    columns = set(PURCHASE_OUTLOOK.column_names) - set(PURCHASE_OUTLOOK.key)
    assert [name for name in columns if not name.startswith(tuple(FORMULAS))] == []
    assert set(NAIVE_FORMULAS) <= set(FORMULAS)


def test_the_command_prints_the_value_and_then_the_fit(sessions: SparkSessions, tmp_path: Path) -> None:
    closed(tmp_path, [bought("ann", day, 200) for day in (60, 30, 0)], [], sessions)
    of_installation = {
        "NIGHTLEDGER_LAKE": str(tmp_path / "lake"),
        "NIGHTLEDGER_SCRATCH": str(tmp_path / "scratch"),
        "NIGHTLEDGER_FIRST_BUSINESS_DATE": str(AS_OF),
    }
    column = "expected_purchase_day_count_next_30d"
    done = subprocess.run(
        [sys.executable, "-m", "jobs.run", "explain", "ann", column, "--business-date", str(AS_OF)],
        cwd=PROJECT_ROOT,
        env={name: value for name, value in os.environ.items() if not name.startswith("NIGHTLEDGER")} | of_installation,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    first, *_, last = done.stdout.splitlines()
    assert first.startswith(f"{column} = 0.98")
    assert last == "fit      on 0 customers as they were known 90 days before"
