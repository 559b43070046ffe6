"""Applications for the co-branded card, each version in its slice."""

from schemas.columns import BANK_CODE, CAPTURED_DATE, NATIONAL_ID_TOKEN, PHONE_TOKEN, UPDATED_AT
from schemas.table import BankTable, Column, Describes, Table

BANK_CARD_APPLICATIONS = Table(
    __name__,
    grain="one version of an application",
    describes=Describes.KNOWLEDGE,
    key=(
        "bank_code",
        "application_id",
        "updated_at",
    ),
    source=BankTable("card_applications", changed="updated_at"),
    may_be_empty=True,
    columns=(
        BANK_CODE,
        Column("application_id", "string", "the bank's id of the application"),
        Column("applied_at", "timestamp", "when the person applied"),
        Column("product_code", "string", "the product applied for"),
        PHONE_TOKEN,
        NATIONAL_ID_TOKEN,
        Column(
            "decision", "string", "what the bank decided", missing="not decided yet", allowed=("approved", "declined")
        ),
        Column("decided_at", "timestamp", "when the bank decided", missing="not decided yet"),
        Column("approved_limit_cents", "bigint", "limit granted", missing="not approved"),
        Column("activated_at", "timestamp", "when the card was first used", missing="not activated"),
        UPDATED_AT,
        CAPTURED_DATE,
    ),
)
