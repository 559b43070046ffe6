"""Which code made a dataset: a hash over its job with the modules and formulas the job imports, and over its rules.

A commit id would call every dataset stale when a comment in another job changes; this changes for a dataset only when
something it is made with does. Contracts have a fingerprint of their own (`contract_fingerprint`).
"""

from __future__ import annotations

import ast
import hashlib
import json
from dataclasses import asdict
from functools import cache
from pathlib import Path
from threading import Lock

from schemas.table import BankTable, Dataset, Document, FileDrop, Table

PROJECT_ROOT = Path(__file__).parent.parent
MADE_WITH = (
    *("jobs.", "schemas.measures", "schemas.windows", "schemas.features.", "schemas.profiles."),
    *("schemas.label_specification", "schemas.labels.", "schemas.models."),
)
"""Jobs, and contracts that hold formulas, windows or whom a model is learnt on."""

_ONE_AT_A_TIME = Lock()
"""Python 3.11 counts the depth of the tree it parses once for all threads, and fails when two of them parse at once."""

NOT_PART_OF_A_RESULT = frozenset({"jobs.settings", "jobs.lake", "jobs.storage"})
"""Where and how results are kept, never what they are."""


def job_module(dataset: Dataset) -> str:
    """The module that builds the dataset: one at its own address, or the one for its kind of source."""
    if isinstance(dataset, Table) and isinstance(dataset.source, FileDrop):
        return "jobs.captured.file_drop"
    if isinstance(dataset, Table) and isinstance(dataset.source, BankTable):
        return "jobs.captured.postgres"
    return f"jobs.{dataset.layer}.{dataset.name}"


def code_version(dataset: Dataset) -> str:
    """Hexadecimal SHA-256 over the sources of the dataset's job with everything it imports, and of its expectations."""
    modules = {job_module(dataset), f"expectations.{dataset.layer}.{dataset.name}"}
    digest = hashlib.sha256()
    for module in sorted(_with_imports(modules)):
        digest.update(f"{module}\0".encode())
        digest.update(_source(module))
    return digest.hexdigest()


def contract_fingerprint(dataset: Dataset) -> str:
    """Hexadecimal SHA-256 over what the contract promises: grain, key, columns, order, or a document's files."""
    promise: dict[str, object] = {"grain": dataset.grain, "describes": dataset.describes.value}
    if isinstance(dataset, Table):
        promise |= {"key": dataset.key, "columns": [asdict(column) for column in dataset.columns]}
        promise |= {"arranged_by": dataset.arranged_by} if dataset.arranged_by else {}
    if isinstance(dataset, Document):
        promise |= {"files": dataset.files}
    return hashlib.sha256(json.dumps(promise, sort_keys=True).encode()).hexdigest()


def _with_imports(modules: set[str]) -> set[str]:
    found: set[str] = set()
    waiting = set(modules)
    while waiting:
        module = waiting.pop()
        if module not in found and _path(module).exists():
            found.add(module)
            waiting |= _imported(module) - NOT_PART_OF_A_RESULT
    return found


@cache
def _imported(module: str) -> frozenset[str]:
    names: set[str] = set()
    with _ONE_AT_A_TIME:
        tree = ast.parse(_source(module))
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return frozenset(name for name in names if name.startswith(MADE_WITH))


def _path(module: str) -> Path:
    path = PROJECT_ROOT.joinpath(*module.split("."))
    return path / "__init__.py" if path.is_dir() else path.with_suffix(".py")


@cache
def _source(module: str) -> bytes:
    return _path(module).read_bytes()
