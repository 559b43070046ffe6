"""Every dataset there is, found by its file: schemas/<layer>/<dataset>.py is the registration."""

from __future__ import annotations

import importlib
from functools import cache
from pathlib import Path

from schemas.table import LAYERS, ContractError, Dataset, Document, Table, ancestors


class UnknownDatasetError(LookupError):
    """No contract has this address."""


@cache
def all_datasets() -> tuple[Dataset, ...]:
    """Every dataset, parents before children; the order is the same in every process."""
    found = {dataset.address: dataset for layer in LAYERS for dataset in map(_contract_in, _contract_files(layer))}
    ordered: dict[str, Dataset] = {}
    for dataset in found.values():
        for member in (*ancestors(dataset), dataset):
            ordered.setdefault(member.address, member)
    return tuple(sorted(ordered.values(), key=lambda dataset: LAYERS.index(dataset.layer)))


def dataset_at(address: str) -> Dataset:
    """The dataset at `<layer>/<dataset>`; UnknownDatasetError names the nearest ones."""
    for dataset in all_datasets():
        if dataset.address == address:
            return dataset
    layer = address.split("/", maxsplit=1)[0]
    near = [d.address for d in all_datasets() if d.layer == layer] or list(LAYERS)
    raise UnknownDatasetError(f"there is no dataset at this address; there are: {', '.join(near)}")


def captured_tables() -> tuple[Table, ...]:
    """Every table that comes from a partner."""
    return tuple(d for d in all_datasets() if isinstance(d, Table) and d.source is not None)


def tables_in_layer(layer: str) -> tuple[Table, ...]:
    """The tables of one layer, by name; a contract may call this for a layer to its left."""
    found = (_contract_in(path) for path in _contract_files(layer))
    return tuple(contract for contract in found if isinstance(contract, Table))


def children_of(dataset: Dataset) -> tuple[Dataset, ...]:
    """The datasets that list `dataset` among their parents."""
    return tuple(child for child in all_datasets() if dataset in child.built_from)


def _contract_files(layer: str) -> list[Path]:
    return sorted((Path(__file__).parent / layer).glob("[a-z]*.py"))


def _contract_in(path: Path) -> Dataset:
    module_name = f"schemas.{path.parent.name}.{path.stem}"
    module = importlib.import_module(module_name)
    contracts = [
        value for value in vars(module).values() if isinstance(value, (Table, Document)) and value.module == module_name
    ]
    if len(contracts) != 1:
        raise ContractError(f"{path.parent.name}/{path.stem}: holds {len(contracts)} contracts instead of one")
    return contracts[0]
