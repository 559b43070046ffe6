"""Contract types as Arrow types: the one place where the two vocabularies meet."""

from __future__ import annotations

import pyarrow as pa

from schemas.table import ContractError, Table

SCALARS = {
    "string": pa.string(),
    "int": pa.int32(),
    "bigint": pa.int64(),
    "double": pa.float64(),
    "boolean": pa.bool_(),
    "date": pa.date32(),
    "timestamp": pa.timestamp("us", tz="UTC"),
    "binary": pa.binary(),
}


def arrow_type(text: str) -> pa.DataType:
    """The Arrow type of a contract type; an unknown word raises ContractError."""
    if text in SCALARS:
        return SCALARS[text]
    if text.startswith("array<") and text.endswith(">"):
        return pa.list_(pa.field("element", _element_type(text[len("array<") : -1])))
    raise ContractError(f"{text} is not a type that a contract may promise; scalars: {', '.join(sorted(SCALARS))}")


def arrow_schema(table: Table) -> pa.Schema:
    """The columns of `table` in their order, nullable where the contract says what a null means, each with its
    meaning under the field's metadata key `comment`."""
    return pa.schema(
        [
            pa.field(
                column.name,
                arrow_type(column.type),
                nullable=column.is_nullable,
                metadata={"comment": column.meaning},
            )
            for column in table.columns
        ]
    )


def unchecked_schema(table: Table) -> pa.Schema:
    """The same with every column nullable: of rows that no check has judged yet."""
    return pa.schema([field.with_nullable(True) for field in arrow_schema(table)])


def _element_type(text: str) -> pa.DataType:
    if text.startswith("struct<") and text.endswith(">"):
        fields = [field.split(":", 1) for field in text[len("struct<") : -1].split(",")]
        return pa.struct([pa.field(name.strip(), arrow_type(word.strip())) for name, word in fields])
    return arrow_type(text)
