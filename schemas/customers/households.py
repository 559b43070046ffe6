"""Who lives together: customers who share an address and a phone. A household is never a person and ties no records."""

from schemas.cleaned.bank_customers import BANK_CUSTOMERS
from schemas.cleaned.purchases import PURCHASES
from schemas.cleaned.shop_users import SHOP_USERS
from schemas.columns import CUSTOMER_ID
from schemas.customers.identities import IDENTITIES
from schemas.table import Column, Describes, Table

HOUSEHOLDS = Table(
    __name__,
    grain="one customer who shares a household with another",
    built_from=(
        PURCHASES,
        SHOP_USERS,
        BANK_CUSTOMERS,
        IDENTITIES,
    ),
    describes=Describes.KNOWLEDGE,
    key=("customer_id",),
    may_be_empty=True,
    columns=(
        CUSTOMER_ID,
        Column("household_id", "string", "the smallest customer id of the household; it changes when that one leaves"),
        Column("household_customer_count", "bigint", "customers of the household, 2 to 8"),
        Column(
            "tie_count",
            "bigint",
            "customers of the household with whom this one shares both an address and a phone",
        ),
    ),
)
