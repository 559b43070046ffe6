"""Everything known about a customer: all feature families side by side."""

from schemas.customers.customers import CUSTOMERS
from schemas.families import FAMILIES, family_columns
from schemas.table import Describes, Table

CUSTOMER_PROFILES = Table(
    __name__,
    grain="one customer known by the day",
    built_from=(CUSTOMERS, *FAMILIES),
    describes=Describes.DAY,
    key=("customer_id",),
    columns=(*CUSTOMERS.columns, *family_columns()),
)
