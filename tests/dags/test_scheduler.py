"""Every way to close a night publishes the same bytes: the scheduler, a backfill, a person, and the command line."""

from __future__ import annotations

import contextlib

import psutil
import pytest

from schemas.catalogue import all_datasets
from tests.alliance import Alliance, published
from tests.dags.scheduled_nights import nights_of_airflow

pytestmark = pytest.mark.scheduler

NIGHT = {dataset.address for dataset in all_datasets() if dataset.layer not in {"labels", "models"}}


def test_the_scheduler_a_backfill_and_a_person_publish_the_bytes_of_the_command_line(
    closed: Alliance, by_airflow: Alliance
) -> None:
    nights = nights_of_airflow(by_airflow)
    files = published(by_airflow.lake("by-airflow"))
    for night in nights:
        assert {address for address, of in files if of == str(night)} == NIGHT
    by_command = published(closed.lake("forward"))
    assert files == {key: of_night for key, of_night in by_command.items() if key[1] <= str(nights[-1])}


def test_airflow_leaves_no_process_and_no_spark_server(by_airflow: Alliance) -> None:
    left = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            line = " ".join(process.cmdline())
            if str(by_airflow.folder / "airflow") in line or str(by_airflow.folder / "by-airflow-scratch") in line:
                left.append(line)
    assert left == []
    assert not list((by_airflow.folder / "by-airflow-scratch" / "spark").glob("*.json"))
