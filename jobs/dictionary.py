"""The data dictionary: every dataset and column in words, generated from the contracts."""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Iterator
from pathlib import Path

import schemas
from schemas.catalogue import all_datasets, children_of
from schemas.label_specification import LabelSpecification
from schemas.table import LAYERS, Column, Dataset, Document, Table
from schemas.units import unit_of

DICTIONARY_FILE = Path(str(schemas.__file__)).parent / "README.md"

HEAD = """\
# Data dictionary

Generated from the contracts by `make dictionary`; a test fails when it is stale. Money is whole cents; moments are UTC;
a window of n days ends with the night's business date. A column that is not said to be missing sometimes is never null.
"""


def data_dictionary() -> str:
    """The whole dictionary in Markdown, the same bytes every time."""
    sections = [HEAD, _contents()]
    sections += [_section(dataset) for dataset in all_datasets()]
    return "\n".join(sections)


def _contents() -> str:
    lines = [f"- **{layer}**: {', '.join(_link(d) for d in all_datasets() if d.layer == layer)}" for layer in LAYERS]
    return "\n".join(lines) + "\n"


def _section(dataset: Dataset) -> str:
    parents = ", ".join(_link(parent) for parent in dataset.built_from)
    children = ", ".join(_link(child) for child in children_of(dataset))
    lines = [f"## {dataset.address}", "", _description(dataset), "", f"Grain: {dataset.grain}."]
    if isinstance(dataset, Table):
        lines.append(f"Key: {', '.join(dataset.key)}.")
        lines += [_label(label) for label in dataset.specifications]
    if parents:
        lines.append(f"Built from {parents}.")
    if children:
        lines.append(f"Read by {children}.")
    lines += ["", *_body(dataset), ""]
    return "\n".join(lines)


def _description(dataset: Dataset) -> str:
    """What the contract says of itself, where its formulas come from included."""
    return inspect.cleandoc(importlib.import_module(dataset.module).__doc__ or "")


def _body(dataset: Dataset) -> Iterator[str]:
    if isinstance(dataset, Document):
        yield "| file | holds |"
        yield "|---|---|"
        yield from (f"| {name} | {meaning} |" for name, meaning in dataset.files)
    if isinstance(dataset, Table):
        yield "| column | type | unit | meaning | missing |"
        yield "|---|---|---|---|---|"
        yield from (_row(column) for column in dataset.columns)


def _label(label: LabelSpecification) -> str:
    window = f"{label.window_months} months" if label.window_months else f"{label.window_days} days"
    return (
        f"\nLabel `{label.name}`, asked of {label.population}; observed on {label.observed_on}; window {window}, then "
        f"{label.settle_days} days to settle. Good: {label.good}. Bad: {label.bad}. "
        f"Indeterminate: {label.indeterminate}."
    )


def _row(column: Column) -> str:
    allowed = f" One of: {', '.join(column.allowed)}." if column.allowed else ""
    return f"| {column.name} | {column.type} | {unit_of(column)} | {column.meaning}.{allowed} | {column.missing} |"


def _link(dataset: Dataset) -> str:
    return f"[{dataset.address}](#{dataset.address.replace('/', '')})"
