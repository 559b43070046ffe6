"""Everything known about a customer: all feature families side by side."""

from typing import Final

from schemas.columns import CUSTOMER_ID
from schemas.customers.customers import CUSTOMERS
from schemas.families import FAMILIES, family_columns
from schemas.features.browsing import BROWSING
from schemas.features.cash_flow import CASH_FLOW
from schemas.features.purchase_value import PURCHASE_VALUE
from schemas.features.repayment import REPAYMENT
from schemas.features.scenes import SCENES_OF_LIFE
from schemas.measures import columns_of, formula
from schemas.measures_across_families import DEBT_MEASURES
from schemas.table import Describes, Table

SIDES: Final = (PURCHASE_VALUE, REPAYMENT, CASH_FLOW, BROWSING, SCENES_OF_LIFE)
"""The sides that tell what somebody does. Identity knows everybody, what relations tell is told of others, and tastes,
promises and the outlook look once more at what somebody buys or owes."""

SIDES_OF_A_FULL_PROFILE: Final = 3
"""Of five; spending by scene follows from purchases or card payments: one partner's habits alone are two. A guess."""


def has_row_in(family: Table) -> str:
    """SQL: 1 where a profile has a row of the family, else 0, by a column that is never null there."""
    told = next(column.name for column in family.columns if column != CUSTOMER_ID and not column.is_nullable)
    return f"CAST({told} IS NOT NULL AS BIGINT)"


BOUGHT_THIS_YEAR: Final = "CAST(coalesce(purchase_count_365d > 0, false) AS BIGINT)"
"""Who once bought has a row for ever; what somebody does now it does not tell."""

KNOWN_SIDES: Final = " + ".join(BOUGHT_THIS_YEAR if side == PURCHASE_VALUE else has_row_in(side) for side in SIDES)

PROFILE_MEASURES = (
    *formula(
        "known_side_count",
        "bigint",
        "of what a customer buys, repays, earns, looks at and spends on (purchase_value, repayment, cash_flow, "
        "browsing, scenes), the sides of which there is a row; of purchase_value one with a purchase in the last "
        "365 days",
        KNOWN_SIDES,
    ),
    *formula(
        "is_thin_profile",
        "boolean",
        f"whether fewer than {SIDES_OF_A_FULL_PROFILE} of these five sides are known",
        f"{KNOWN_SIDES} < {SIDES_OF_A_FULL_PROFILE}",
    ),
    *DEBT_MEASURES,
)
"""Over the columns of the families."""

CUSTOMER_PROFILES = Table(
    __name__,
    grain="one customer known by the day",
    built_from=(CUSTOMERS, *FAMILIES),
    describes=Describes.DAY,
    key=("customer_id",),
    columns=(
        *CUSTOMERS.columns,
        *family_columns(),
        *columns_of(*PROFILE_MEASURES),
    ),
)
