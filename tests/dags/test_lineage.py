"""What the DAGs are made of follows from the contracts, and from nothing else."""

from __future__ import annotations

from types import ModuleType

import pytest
from airflow.sdk import DAG

from schemas.catalogue import all_datasets, captured_tables
from schemas.table import BankTable, Dataset, Table

LEARNT = {"labels", "models"}
NIGHT = [dataset for dataset in all_datasets() if dataset.layer not in LEARNT]
TRAINING = [dataset for dataset in all_datasets() if dataset.layer in LEARNT]


def task_id(dataset: Dataset) -> str:
    if isinstance(dataset, Table) and isinstance(dataset.source, BankTable):
        return "captured.banks"
    return dataset.address.replace("/", ".")


def edges(dag: DAG) -> set[tuple[str, str]]:
    return {(before, task.task_id) for task in dag.tasks for before in task.upstream_task_ids}


def lineage(datasets: list[Dataset]) -> set[tuple[str, str]]:
    here = {dataset.address for dataset in datasets}
    return {
        (task_id(parent), task_id(child)) for child in datasets for parent in child.built_from if parent.address in here
    }


def around_spark(datasets: list[Dataset]) -> set[tuple[str, str]]:
    users = [task_id(dataset) for dataset in datasets if dataset.layer != "captured"]
    return (
        {("spark_connect.start", user) for user in users}
        | {(user, "spark_connect.stop") for user in users}
        | {("spark_connect.start", "spark_connect.stop")}
    )


def readiness() -> set[tuple[str, str]]:
    return {
        ("ready.banks" if isinstance(table.source, BankTable) else "ready.shop", task_id(table))
        for table in captured_tables()
    }


def before_the_data_docs(datasets: list[Dataset]) -> set[tuple[str, str]]:
    return {(task_id(dataset), "data_docs.write") for dataset in datasets}


def test_the_edges_of_the_night_are_the_lineage_and_nothing_else(nightly: ModuleType) -> None:
    assert edges(nightly.dag) == lineage(NIGHT) | readiness() | around_spark(NIGHT) | before_the_data_docs(NIGHT)


def test_the_data_docs_are_written_after_everything_and_decide_nothing(nightly: ModuleType) -> None:
    pages = nightly.dag.get_task("data_docs.write")
    assert pages.is_teardown
    assert not pages.on_failure_fail_dagrun


def test_the_edges_of_the_training_are_the_lineage_and_nothing_else(training: ModuleType) -> None:
    assert edges(training.dag) == lineage(TRAINING) | around_spark(TRAINING)


def test_every_dataset_is_published_by_exactly_one_task(nightly: ModuleType, training: ModuleType) -> None:
    published = [outlet.name for dag in (nightly.dag, training.dag) for task in dag.tasks for outlet in task.outlets]
    assert sorted(published) == sorted(dataset.address for dataset in all_datasets())


def test_all_tables_of_the_banks_are_captured_by_one_task(nightly: ModuleType) -> None:
    outlets = {outlet.name for outlet in nightly.dag.get_task("captured.banks").outlets}
    assert outlets == {table.address for table in captured_tables() if isinstance(table.source, BankTable)}


def test_tasks_are_grouped_by_layer(nightly: ModuleType) -> None:
    layers = {dataset.layer for dataset in NIGHT}
    assert set(nightly.dag.task_group.get_task_group_dict()) - {None} == layers | {"ready"}


def test_capture_does_not_wait_for_spark(nightly: ModuleType) -> None:
    for task in nightly.dag.tasks:
        if task.task_id.startswith("captured."):
            assert "spark_connect.start" not in task.get_flat_relative_ids(upstream=True)


def test_spark_is_torn_down_after_every_task_that_uses_it(nightly: ModuleType) -> None:
    start, stop = nightly.dag.get_task("spark_connect.start"), nightly.dag.get_task("spark_connect.stop")
    assert start.is_setup
    assert stop.is_teardown
    assert not stop.on_failure_fail_dagrun


def test_the_waiting_tasks_hold_no_worker(nightly: ModuleType) -> None:
    assert {nightly.dag.get_task(f"ready.{partner}").mode for partner in ("shop", "banks")} == {"reschedule"}


@pytest.mark.parametrize("name", ["nightly", "training"])
def test_every_task_has_an_owner_retries_a_time_limit_and_says_why_it_is_red(
    name: str, request: pytest.FixtureRequest
) -> None:
    dag = request.getfixturevalue(name).dag
    for task in dag.tasks:
        assert task.owner == "nightledger", task.task_id
        assert task.retries >= 1, task.task_id
        assert task.execution_timeout is not None, task.task_id
        assert task.on_failure_callback, task.task_id


@pytest.mark.parametrize("name", ["nightly", "training"])
def test_the_documentation_says_what_to_do_when_the_dag_is_red(name: str, request: pytest.FixtureRequest) -> None:
    dag = request.getfixturevalue(name).dag
    assert "## When it is red" in dag.doc_md
    assert "## By hand" in dag.doc_md


def test_the_training_is_started_by_time_and_not_by_the_night(training: ModuleType) -> None:
    assert training.dag.timetable.__class__.__name__ == "CronTriggerTimetable"
    assert not training.dag.catchup


def test_a_night_starts_after_the_night_before_it(nightly: ModuleType) -> None:
    assert nightly.dag.catchup
    assert nightly.dag.max_active_runs == 1
