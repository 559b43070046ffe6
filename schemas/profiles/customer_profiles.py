"""Everything known about a customer: all feature families side by side."""

from schemas.customers.customers import CUSTOMERS
from schemas.families import FAMILIES, family_columns
from schemas.table import Column, Describes, Table

FAMILIES_OF_A_FULL_PROFILE = 4
"""Identity knows everybody; who is known by fewer than three others is described by nulls. A guess."""

CUSTOMER_PROFILES = Table(
    __name__,
    grain="one customer known by the day",
    built_from=(CUSTOMERS, *FAMILIES),
    describes=Describes.DAY,
    key=("customer_id",),
    columns=(
        *CUSTOMERS.columns,
        *family_columns(),
        Column("known_family_count", "bigint", "feature families that have a row of the customer"),
        Column(
            "is_thin_profile",
            "boolean",
            f"whether fewer than {FAMILIES_OF_A_FULL_PROFILE} families have a row of the customer",
        ),
        Column(
            "debt_service_ratio",
            "double",
            "instalments due in the next 30 days over a sixth of the inflow of the last 180 days; above 1 when more is "
            "due than comes in",
            missing="no instalment plan, or no inflow known",
        ),
    ),
)
