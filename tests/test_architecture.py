"""Who may import whom, and that every dataset has its four files at one address."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from jobs.dictionary import DICTIONARY_FILE, data_dictionary
from schemas.catalogue import all_datasets
from schemas.families import FAMILIES
from schemas.table import LAYERS, Column
from schemas.units import NUMBERS, unit_of

ROOT = Path(__file__).parent.parent
PACKAGES = ("dags", "demo", "expectations", "jobs", "schemas")
DATASETS = [dataset for dataset in all_datasets() if dataset.layer != "captured"]
SHARED_EXPRESSIONS = {
    "jobs.windows",
    "jobs.arrow_frames",
    "jobs.arrow_types",
    "jobs.versions",
    "jobs.erasures",
    "jobs.scenes",
    "jobs.similarity",
    "jobs.personal_values",
    "jobs.families",
    "jobs.people",
    "jobs.models.baseline",
    "jobs.models.challenger",
    "jobs.models.propensity",
    "jobs.purchase_futures",
    "jobs.purchase_outlook",
    "jobs.repeat_buying",
    "jobs.models.grades",
    "jobs.models.scorecard",
    "jobs.models.scorecard_expressions",
    "jobs.models.stability",
    "jobs.segments.wishes",
}
MEASURES = "jobs.relations"
ATTACKED_BY = {"jobs/models/attacked_families.py": ("jobs.edges", "jobs.features")}
"""An audit that attacked a copy of a definition would prove nothing about the definition."""
STANDARD_LIBRARY = set(sys.stdlib_module_names)


def source_files(*folders: str) -> list[Path]:
    found = [path for folder in folders for path in sorted((ROOT / folder).rglob("*.py"))]
    assert found, f"no source under {folders}: the rule would hold for nothing"
    return found


def imports_of(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def package_of(name: str) -> str:
    return name.split(".", maxsplit=1)[0]


def violations(files: list[Path], is_allowed: object) -> list[str]:
    assert callable(is_allowed)
    return [
        f"{path.relative_to(ROOT)} imports {name}"
        for path in files
        for name in imports_of(path)
        if not is_allowed(name)
    ]


def test_schemas_import_the_standard_library_only() -> None:
    allowed = STANDARD_LIBRARY | {"schemas"}
    assert violations(source_files("schemas"), lambda name: package_of(name) in allowed) == []


@pytest.mark.parametrize("layer", LAYERS)
def test_a_contract_imports_from_its_own_layer_and_those_to_its_left(layer: str) -> None:
    to_the_right = {f"schemas.{other}" for other in LAYERS[LAYERS.index(layer) + 1 :]}
    files = source_files(f"schemas/{layer}")
    assert violations(files, lambda name: ".".join(name.split(".")[:2]) not in to_the_right) == []


def test_dags_know_the_contracts_and_never_the_jobs_or_spark() -> None:
    allowed = STANDARD_LIBRARY | {"airflow", "dags", "pydantic", "schemas"}
    assert violations(source_files("dags"), lambda name: package_of(name) in allowed) == []


def test_expectations_know_the_contracts_and_never_the_jobs() -> None:
    forbidden = {"jobs", "dags", "demo", "tests", "airflow"}
    assert violations(source_files("expectations"), lambda name: package_of(name) not in forbidden) == []


@pytest.mark.parametrize("package", [package for package in PACKAGES if package != "demo"])
def test_nobody_imports_the_demo_or_the_tests(package: str) -> None:
    assert violations(source_files(package), lambda name: package_of(name) not in {"demo", "tests"}) == []


def test_the_demo_plays_the_partners_and_never_calls_the_jobs() -> None:
    assert violations(source_files("demo"), lambda name: package_of(name) not in {"jobs", "expectations", "dags"}) == []


@pytest.mark.parametrize("layer", [layer for layer in LAYERS if layer != "captured"])
def test_a_job_sees_contracts_and_shared_expressions_but_neither_the_lake_nor_another_dataset(layer: str) -> None:
    datasets = {f"jobs.{dataset.layer}.{dataset.name}" for dataset in DATASETS}

    def is_allowed(name: str) -> bool:
        module = ".".join(name.split(".")[:3])
        if package_of(name) != "jobs" or any(
            name == s or name.startswith(f"{s}.") for s in (*SHARED_EXPRESSIONS, MEASURES)
        ):
            return True
        return module.startswith(f"jobs.{layer}") and module not in datasets

    plain = [path for path in source_files(f"jobs/{layer}") if str(path.relative_to(ROOT)) not in ATTACKED_BY]
    assert violations(plain, is_allowed) == []


def test_an_audit_sees_besides_only_the_definitions_it_attacks() -> None:
    for path, attacked in ATTACKED_BY.items():
        allowed = (*SHARED_EXPRESSIONS, MEASURES, *attacked)
        found = violations(
            [ROOT / path], lambda name, allowed=allowed: package_of(name) != "jobs" or name.startswith(allowed)
        )
        assert found == []


def test_shared_expressions_are_pure() -> None:
    files = [ROOT / f"{module.replace('.', '/')}.py" for module in SHARED_EXPRESSIONS]
    allowed = STANDARD_LIBRARY | {"numpy", "pyarrow", "pyspark", "schemas", "scipy"}
    assert (
        violations(files, lambda name: package_of(name) in allowed or name.startswith(tuple(SHARED_EXPRESSIONS))) == []
    )


def test_measures_of_relations_know_edge_tables_and_nothing_of_the_lake() -> None:
    allowed = STANDARD_LIBRARY | {"igraph", "numpy", "pandas", "pyarrow", "pyspark", "scipy"}
    files = source_files("jobs/relations")
    shared = (MEASURES, "jobs.windows")
    assert violations(files, lambda name: package_of(name) in allowed or name.startswith(shared)) == []


@pytest.mark.parametrize("address", [dataset.address for dataset in DATASETS])
def test_every_dataset_has_its_four_files_at_one_address(address: str) -> None:
    layer, name = address.split("/")
    files = [
        f"schemas/{layer}/{name}.py",
        f"jobs/{layer}/{name}.py",
        f"expectations/{layer}/{name}.py",
        f"tests/{layer}/test_{name}.py",
    ]
    assert [file for file in files if not (ROOT / file).exists()] == []


def test_no_file_is_called_by_a_word_that_means_nothing() -> None:
    bags = {"utils", "util", "helpers", "helper", "common", "misc"}
    assert [path for path in source_files(*PACKAGES, "tests") if path.stem in bags] == []


def test_no_job_reads_the_clock_or_draws_without_a_seed() -> None:
    forbidden = (
        "now(",
        "today(",
        "current_date",
        "current_timestamp",
        "monotonically_increasing_id",
        "F.rand(",
        "F.uuid(",
    )
    jobs = [path for path in source_files("jobs") if path.parent.name in LAYERS and path.parent.name != "captured"]
    found = [f"{path.relative_to(ROOT)}: {word}" for path in jobs for word in forbidden if word in path.read_text()]
    assert found == []


def test_every_number_of_a_family_has_a_unit() -> None:
    numbers = [column for family in FAMILIES for column in family.columns if column.type in NUMBERS]
    assert len(numbers) > 400
    assert [column.name for column in numbers if not unit_of(column)] == []
    told = {
        name: unit_of(Column(name, "double", "x")) for name in ("cash_cents_share", "low_day_count", "unit_price_cents")
    }
    assert told == {"cash_cents_share": "part of 1", "low_day_count": "number", "unit_price_cents": "cents"}
    assert unit_of(Column("days_since_last_event", "int", "x")) == "days"
    assert unit_of(Column("day_count", "string", "x")) == ""


def test_the_dictionary_tells_what_a_contract_says_of_its_formulas_and_their_sources() -> None:
    section = data_dictionary().partition("## features/purchase_value")[2].partition("## ")[0]
    assert "BG/NBD and Gamma-Gamma models (Fader, Hardie and Lee 2005" in section
    assert "| net_spend_cents_sum_30d | bigint | cents | paid minus refunded" in section


def test_the_data_dictionary_is_not_stale() -> None:
    assert DICTIONARY_FILE.read_text(encoding="utf-8") == data_dictionary(), "run make dictionary"
