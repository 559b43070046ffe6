"""The DAG processor reads the files in a moment, without Spark, jobs or checks; and they keep Airflow's own rules."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

PROJECT_ROOT = Path(__file__).resolve().parents[2]
HEAVY = ("pyspark", "jobs", "expectations", "great_expectations", "pandas", "numpy", "pyarrow", "sklearn", "optbinning")

READ = """
import json, sys
import airflow.sdk
from airflow.sdk import DAG, Asset, BaseOperator, BaseSensorOperator, Param, TaskGroup
modules = set(sys.modules)
import dags.nightly, dags.training
print(json.dumps(sorted(set(sys.modules) - modules)))
"""


def test_reading_both_dags_loads_nothing_heavy() -> None:
    done = subprocess.run(
        [sys.executable, "-c", READ], cwd=PROJECT_ROOT, capture_output=True, text=True, check=True, timeout=120
    )
    found = json.loads(done.stdout.splitlines()[-1])
    loaded = {module.split(".", maxsplit=1)[0] for module in found}
    assert not loaded & set(HEAVY)


def test_airflow_itself_reads_the_folder_without_errors() -> None:
    from airflow.dag_processing.dagbag import DagBag

    bag = DagBag(PROJECT_ROOT / "dags")
    assert bag.import_errors == {}
    assert sorted(bag.dags) == ["nightly", "training"]


def test_the_dags_survive_the_way_into_the_database() -> None:
    from airflow.dag_processing.dagbag import DagBag
    from airflow.serialization.serialized_objects import DagSerialization

    for dag in DagBag(PROJECT_ROOT / "dags").dags.values():
        stored = DagSerialization.to_dict(dag)
        DagSerialization.validate_schema(stored)
        assert DagSerialization.from_dict(stored).task_dict.keys() == dag.task_dict.keys()


@pytest.mark.parametrize("rules", ["AIR"])
def test_the_dags_keep_the_rules_of_airflow(rules: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "ruff", "check", "--no-cache", "--select", rules, "dags"],
        cwd=PROJECT_ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
