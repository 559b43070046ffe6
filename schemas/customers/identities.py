"""Which record of which partner belongs to which person."""

from schemas.cleaned.bank_customers import BANK_CUSTOMERS
from schemas.cleaned.shop_users import SHOP_USERS
from schemas.columns import CUSTOMER_ID, SOURCE_RECORD_ID
from schemas.table import Column, Describes, Table

IDENTITIES = Table(
    __name__,
    grain="one source record",
    built_from=(
        SHOP_USERS,
        BANK_CUSTOMERS,
    ),
    describes=Describes.KNOWLEDGE,
    key=("source_record_id",),
    reads_previous_night=True,
    columns=(
        SOURCE_RECORD_ID,
        CUSTOMER_ID,
        Column(
            "matched_by",
            "string",
            "the rule that tied the record to the others of the customer",
            allowed=("national_id", "phone_and_birth_date", "alone"),
        ),
        Column("record_since", "timestamp", "when the relation with the partner began"),
        Column("customer_since_date", "date", "business date on which the customer id was given"),
    ),
)
