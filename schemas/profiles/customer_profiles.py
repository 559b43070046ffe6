"""Everything known about a customer: all feature families side by side.

The families are found by their files, so a new family gives the profile its columns without an edit here.
"""

from dataclasses import replace

from schemas.catalogue import tables_in_layer
from schemas.columns import CUSTOMER_ID
from schemas.customers.customers import CUSTOMERS
from schemas.table import Column, Describes, Table

FAMILIES = tables_in_layer("features")


def family_column(family: Table, column: Column) -> Column:
    """The family's column as the profile holds it: null where the customer has no row in the family."""
    missing = f"{column.missing}, or not: {family.grain}" if column.missing else f"not: {family.grain}"
    return replace(column, missing=missing)


CUSTOMER_PROFILES = Table(
    __name__,
    grain="one customer known by the day",
    built_from=(CUSTOMERS, *FAMILIES),
    describes=Describes.DAY,
    key=("customer_id",),
    columns=(
        *CUSTOMERS.columns,
        *(family_column(family, column) for family in FAMILIES for column in family.columns if column != CUSTOMER_ID),
    ),
)
