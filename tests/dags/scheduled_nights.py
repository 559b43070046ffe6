"""Nights closed by a real Airflow: one by its scheduler, two by a backfill, one by a person; and a training.

Nothing here is replaced by something lighter: a world served by a real S3 server and a real PostgreSQL, a real
`airflow standalone`, and one Spark server for each night.
"""

from __future__ import annotations

import contextlib
import shutil
import time
from collections.abc import Iterator
from datetime import date
from typing import Any
from urllib.parse import quote

import boto3
import pytest

from demo.airflow import DATABASE, Airflow, airflow_standalone
from demo.object_store import DROP_BUCKET, DROP_PREFIX, ObjectStore
from demo.tour import SECONDS_BETWEEN_QUESTIONS, SECONDS_FOR_A_NIGHT, watch
from tests.alliance import INHERITED, Alliance, published

LEARNT = ("labels/", "models/")
LOST_BEFORE_TRAINING = ("labels/first_payment_default", "models/credit_training_set", "models/credit_score")
"""Of the first day, so that its training by Airflow has to learn a model; its bytes are compared, too."""


def nights_of_airflow(alliance: Alliance) -> list[date]:
    """The nights after the first: one for the scheduler, two for a backfill, one for a person."""
    return list(alliance.days[1:5])


def close_by_airflow(alliance: Alliance) -> None:
    """The lake `by-airflow`, in which Airflow closed those nights; the asserts see it at work.

    The scheduler would close the nights of the backfill, too: a night that is past is due. So the backfill's runs are
    made before the DAG is unpaused, and held until the scheduler's night is over.
    """
    nights = nights_of_airflow(alliance)
    lake = alliance.copy_lake("first", "by-airflow")
    for address in LOST_BEFORE_TRAINING:
        shutil.rmtree(lake / address / f"business_date={alliance.days[0]}")
    scheduled, *backfilled, by_hand = nights
    variables = alliance.environment(
        "by-airflow",
        NIGHTLEDGER_SCHEDULE_FROM=str(scheduled),
        NIGHTLEDGER_SCHEDULE_UNTIL=str(backfilled[-1]),
        NIGHTLEDGER_SECONDS_BETWEEN_LOOKS="3",
    )
    with airflow_standalone(alliance.folder / "airflow", variables, inherited=INHERITED) as airflow:
        airflow.command(
            *("backfill", "create", "--dag-id", "nightly", "--max-active-runs", "1"),
            *("--from-date", f"{backfilled[0]}T00:00:00+08:00", "--to-date", f"{backfilled[-1]}T00:00:00+08:00"),
        )
        airflow.request("PUT", "/backfills/1/pause")
        with undelivered(alliance.partners.store, scheduled):
            airflow.unpause("nightly")
            wait_until_the_shop_is_waited_for(airflow)
            airflow.unpause("training")
            airflow.trigger("training", str(alliance.days[0]))
            wait_for_runs(airflow, "manual", 1, dag_id="training")
        said: list[str] = []  # and not printed: another test of this process may read what is
        watch(airflow, scheduled, said.append)  # as `make demo` does
        assert any("tasks done, now " in line for line in said)
        airflow.request("PUT", "/backfills/1/unpause")
        wait_for_runs(airflow, "backfill", len(backfilled))
        airflow.trigger("nightly", str(by_hand))
        wait_for_runs(airflow, "manual", 1)
        assert_assets_carry_the_counts_of_the_manifests(airflow, alliance, nights)
        assert_the_training_built_only_what_was_lost(airflow)
        assert_tasks_hand_on_nothing_but_where_spark_is(airflow)
        (airflow.home / "database.sql").write_text(airflow.database.dump(DATABASE), encoding="utf-8")
    assert not (airflow.database.home / "data" / "postmaster.pid").exists()
    airflow.database.remove()


@contextlib.contextmanager
def undelivered(store: ObjectStore, day: date) -> Iterator[None]:
    """The shop has not finished its drop of that day: one manifest is missing until the block ends."""
    name = f"{DROP_PREFIX}/users/dt={day}/_MANIFEST.json"
    client = boto3.client(
        "s3",
        endpoint_url=store.endpoint,
        region_name="us-east-1",
        aws_access_key_id=store.shop.key_id,
        aws_secret_access_key=store.shop.secret,
    )
    content = client.get_object(Bucket=DROP_BUCKET, Key=name)["Body"].read()
    client.delete_object(Bucket=DROP_BUCKET, Key=name)
    try:
        yield
    finally:
        client.put_object(Bucket=DROP_BUCKET, Key=name, Body=content)


def wait_for_runs(airflow: Airflow, kind: str, count: int, *, dag_id: str = "nightly") -> None:
    deadline = time.monotonic() + SECONDS_FOR_A_NIGHT * count
    while time.monotonic() < deadline:
        runs = [run for run in airflow.runs(dag_id) if run["run_type"] == kind]
        for failed in (run for run in runs if run["state"] == "failed"):
            tasks = airflow.tasks(dag_id, failed["dag_run_id"])
            pytest.fail(f"{dag_id}, {kind}: {[task['task_id'] for task in tasks if task['state'] == 'failed']} failed")
        if [run["state"] for run in runs] == ["success"] * count:
            return
        time.sleep(SECONDS_BETWEEN_QUESTIONS)
    pytest.fail(f"the {kind} runs did not end within {SECONDS_FOR_A_NIGHT * count} s")


def wait_until_the_shop_is_waited_for(airflow: Airflow) -> None:
    """Returns when the sensor has looked, found no complete drop, and given its worker back; nothing was captured."""
    deadline = time.monotonic() + SECONDS_FOR_A_NIGHT
    states: dict[str, str | None] = {}
    while states.get("ready.shop") != "up_for_reschedule":
        assert time.monotonic() < deadline, states
        time.sleep(0.5)
        for run in airflow.runs("nightly"):
            if run["run_type"] == "scheduled":
                tasks = airflow.tasks("nightly", run["dag_run_id"])
                states = {task["task_id"]: task["state"] for task in tasks}
    assert states["captured.shop_users"] is None


def assert_assets_carry_the_counts_of_the_manifests(airflow: Airflow, alliance: Alliance, nights: list[date]) -> None:
    """Every published dataset has one event a night or training, with its number of rows and nothing from its data."""
    days = {str(night) for night in nights}
    in_manifests = {
        (address, night): sum(rows for _, rows, _ in files)
        for (address, night), files in published(alliance.lake("by-airflow")).items()
        if night in days or address.startswith(LEARNT)
    }
    events: list[Any] = []
    while page := airflow.request("GET", f"/assets/events?limit=100&offset={len(events)}")["asset_events"]:
        events += page
    assert {name for event in events for name in event["extra"]} == {"business_date", "rows", "state"}
    in_events = {(event["name"], event["extra"]["business_date"]): event["extra"]["rows"] for event in events}
    assert in_events == in_manifests


def assert_the_training_built_only_what_was_lost(airflow: Airflow) -> None:
    """It found what the command line had trained: the scheduler's way to a model is the same."""
    (run,) = airflow.runs("training")
    states = {task["task_id"]: task["state"] for task in airflow.tasks("training", run["dag_run_id"])}
    assert set(states.values()) == {"success"}, states
    events = airflow.request(
        "GET", f"/assets/events?limit=100&source_dag_id=training&source_run_id={quote(run['dag_run_id'])}"
    )
    built = {event["name"]: event["extra"]["state"] for event in events["asset_events"]}
    assert {address for address, state in built.items() if state == "published"} == {*LOST_BEFORE_TRAINING}
    assert all(address.startswith(LEARNT) for address in built)


def assert_tasks_hand_on_nothing_but_where_spark_is(airflow: Airflow) -> None:
    for run in airflow.runs("nightly"):
        handed_on = airflow.request("GET", f"/dags/nightly/dagRuns/{run['dag_run_id']}/taskInstances/~/xcomEntries")
        keys = {(entry["task_id"], entry["key"]) for entry in handed_on["xcom_entries"]}
        assert keys == {("spark_connect.start", "return_value")}
