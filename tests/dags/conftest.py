"""The DAGs as Airflow imports them, with an Airflow home that nobody else uses."""

from __future__ import annotations

import atexit
import importlib
import os
import shutil
import tempfile
from types import ModuleType

import pytest

FIRST_BUSINESS_DATE = "2026-03-31"

os.environ["AIRFLOW_HOME"] = tempfile.mkdtemp(prefix="nightledger-airflow-")  # before anything imports airflow
atexit.register(shutil.rmtree, os.environ["AIRFLOW_HOME"], ignore_errors=True)
os.environ["AIRFLOW__CORE__LOAD_EXAMPLES"] = "False"


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "scheduler: runs nights through a real Airflow scheduler; takes minutes")


@pytest.fixture(autouse=True)
def _installation(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.startswith("NIGHTLEDGER_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("NIGHTLEDGER_FIRST_BUSINESS_DATE", FIRST_BUSINESS_DATE)


@pytest.fixture
def nightly(_installation: None) -> ModuleType:
    """dags/nightly.py, read again, as the DAG processor does."""
    return importlib.reload(importlib.import_module("dags.nightly"))


@pytest.fixture
def training(_installation: None) -> ModuleType:
    """dags/training.py, read again, as the DAG processor does."""
    return importlib.reload(importlib.import_module("dags.training"))
