"""The feature families, found by their files, and their columns as they stand side by side.

A new family under schemas/features/ gives the profile and the training set its columns without an edit anywhere else.
"""

from dataclasses import replace

from schemas.catalogue import tables_in_layer
from schemas.columns import CUSTOMER_ID
from schemas.table import Column, Table

FAMILIES = tables_in_layer("features")


def family_columns() -> tuple[Column, ...]:
    """Every family's columns but the customer, in the order of the families."""
    return tuple(
        _beside_others(family, column) for family in FAMILIES for column in family.columns if column != CUSTOMER_ID
    )


def _beside_others(family: Table, column: Column) -> Column:
    """The column as it stands in a wide table: also null where the customer has no row in the family."""
    has_no_row = f"not: {family.grain}"
    return replace(column, missing=f"{column.missing}, or {has_no_row}" if column.missing else has_no_row)
