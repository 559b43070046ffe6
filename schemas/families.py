"""The feature families, found by their files, and their columns as they stand side by side.

A new family under schemas/features/ gives the profile and the training set its columns without an edit anywhere else.
"""

from dataclasses import replace

from schemas.catalogue import tables_in_layer
from schemas.columns import CUSTOMER_ID
from schemas.table import Column, Table

FAMILIES = tables_in_layer("features")

NOT_LEARNT_FROM = frozenset({"network_position", "default_influence", "identifier_risk", "money_flows"})
"""Families that describe people through others: in the profile for people to read and to rule on, not in the model.

They cost as much as all others together when they are built anew for six observation dates, and whether a score may
depend on whom somebody knows is for each partner to decide, not for us (Óskarsdóttir and others 2019).
"""

OBSERVED_FAMILIES = tuple(family for family in FAMILIES if family.name not in NOT_LEARNT_FROM)


def family_columns(families: tuple[Table, ...] = FAMILIES) -> tuple[Column, ...]:
    """The families' columns but the customer, in the order of the families."""
    return tuple(
        _beside_others(family, column) for family in families for column in family.columns if column != CUSTOMER_ID
    )


def _beside_others(family: Table, column: Column) -> Column:
    """The column as it stands in a wide table: also null where the customer has no row in the family."""
    has_no_row = f"not: {family.grain}"
    return replace(column, missing=f"{column.missing}, or {has_no_row}" if column.missing else has_no_row)
