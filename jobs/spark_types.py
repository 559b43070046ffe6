"""Contract types as Spark types."""

from __future__ import annotations

from typing import Final

from pyspark.sql import types as T

from schemas.table import Table

SCALARS: Final = {
    "string": T.StringType(),
    "int": T.IntegerType(),
    "bigint": T.LongType(),
    "double": T.DoubleType(),
    "boolean": T.BooleanType(),
    "date": T.DateType(),
    "timestamp": T.TimestampType(),
    "binary": T.BinaryType(),
}


def spark_type(text: str) -> T.DataType:
    """The Spark type of a contract type; KeyError for a type no contract may use."""
    if not text.startswith("array<"):
        return SCALARS[text]
    element = text[len("array<") : -1]
    if not element.startswith("struct<"):
        return T.ArrayType(SCALARS[element])
    fields = (field.split(":", 1) for field in element[len("struct<") : -1].split(","))
    return T.ArrayType(T.StructType([T.StructField(name, SCALARS[kind]) for name, kind in fields]))


def spark_schema(table: Table) -> T.StructType:
    """The table's columns in the contract's order, each with its meaning as comment; all nullable, as Spark reads."""
    return T.StructType(
        [
            T.StructField(column.name, spark_type(column.type), nullable=True, metadata={"comment": column.meaning})
            for column in table.columns
        ]
    )
