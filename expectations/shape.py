"""What a dataset promised against what it returned: every missing, extra, mistyped and misplaced column at once."""

from __future__ import annotations

from datetime import date

import pyarrow as pa

from schemas.table import Dataset, Table


class ContractBrokenError(Exception):
    """The columns returned are not the columns promised; the message lists every difference."""


def refuse_a_broken_contract(dataset: Table, returned: pa.Schema, business_date: date) -> None:
    """Raise ContractBrokenError with every difference, or return when there is none."""
    differences = compare_with_contract(dataset, returned)
    if differences:
        raise ContractBrokenError(f"{spoken(dataset)} {business_date}: {'; '.join(differences)}")


def compare_with_contract(dataset: Table, returned: pa.Schema) -> list[str]:
    """Every difference in names, types and order; empty when the contract is kept.

    Nullability is not compared: Spark makes every aggregate nullable. Nulls are found by the checks of the rows.
    """
    promised_types = {column.name: column.type.replace(" ", "") for column in dataset.columns}
    returned_types = {field.name: contract_type(field.type) for field in returned}
    differing = [name for name in promised_types if returned_types.get(name) != promised_types[name]]
    extra = [name for name in returned_types if name not in promised_types]
    doubled = sorted({name for name in returned.names if returned.names.count(name) > 1})
    differences = []
    if differing or extra:
        wrong = [name for name in differing if name in returned_types]
        differences.append(
            f"promised {_listed(promised_types, differing)}, returned {_listed(returned_types, [*wrong, *extra])}"
        )
    if doubled:
        differences.append(f"returned twice: {', '.join(doubled)}")
    promised_order = [name for name in promised_types if name in returned_types]
    returned_order = [name for name in returned_types if name in promised_types]
    if promised_order != returned_order:
        differences.append(f"promised order ({', '.join(promised_order)}), returned ({', '.join(returned_order)})")
    return differences


def contract_type(arrow: pa.DataType) -> str:
    """The contract's word for an Arrow type; Arrow's own word where the contract has none, which then differs."""
    if pa.types.is_list(arrow) or pa.types.is_large_list(arrow):
        return f"array<{contract_type(arrow.value_type)}>"
    if pa.types.is_struct(arrow):
        return f"struct<{','.join(f'{field.name}:{contract_type(field.type)}' for field in arrow)}>"
    if pa.types.is_timestamp(arrow):
        is_utc_micros = arrow.unit == "us" and arrow.tz in {"UTC", "Etc/UTC", "+00:00"}
        return "timestamp" if is_utc_micros else str(arrow)
    if pa.types.is_dictionary(arrow):
        return contract_type(arrow.value_type)
    words = {
        pa.string(): "string",
        pa.large_string(): "string",
        pa.int32(): "int",
        pa.int64(): "bigint",
        pa.float64(): "double",
        pa.bool_(): "boolean",
        pa.date32(): "date",
        pa.binary(): "binary",
    }
    return words.get(arrow, str(arrow))


def spoken(dataset: Dataset) -> str:
    """The address as it stands in messages: features.purchase_value."""
    return f"{dataset.layer}.{dataset.name}"


def _listed(types: dict[str, str], names: list[str]) -> str:
    return "{" + ", ".join(f"{name}: {types[name]}" for name in names) + "}"
