"""People, each once, with what their records say about them."""

from schemas.cleaned.bank_customers import BANK_CUSTOMERS
from schemas.cleaned.shop_users import SHOP_USERS
from schemas.columns import BIRTH_DATE, CITY_CODE, CUSTOMER_ID
from schemas.customers.identities import IDENTITIES
from schemas.table import Column, Describes, Table

CUSTOMERS = Table(
    __name__,
    grain="one customer",
    built_from=(
        IDENTITIES,
        SHOP_USERS,
        BANK_CUSTOMERS,
    ),
    describes=Describes.KNOWLEDGE,
    key=("customer_id",),
    columns=(
        CUSTOMER_ID,
        Column("known_since_date", "date", "local day on which the oldest record began"),
        Column("shop_record_count", "bigint", "records at the shop"),
        Column("bank_record_count", "bigint", "records at the banks"),
        Column("bank_codes", "array<string>", "banks with a record, in alphabetical order; empty when none"),
        BIRTH_DATE,
        CITY_CODE,
        Column(
            "is_verified",
            "boolean",
            "whether a partner verified the identity: real name at the shop, or kyc level 2 and above at a bank",
        ),
    ),
)
