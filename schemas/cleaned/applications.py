"""Applications for the co-branded card as they stood on the day."""

from schemas.captured.bank_card_applications import BANK_CARD_APPLICATIONS
from schemas.columns import BANK_CODE, NATIONAL_ID_TOKEN, PHONE_TOKEN, UPDATED_AT
from schemas.table import Column, Describes, Table

APPLICATIONS = Table(
    __name__,
    grain="one application",
    built_from=(BANK_CARD_APPLICATIONS,),
    describes=Describes.DAY,
    key=(
        "bank_code",
        "application_id",
    ),
    may_be_empty=True,
    columns=(
        BANK_CODE,
        Column("application_id", "string", "the bank's id of the application"),
        Column("applied_at", "timestamp", "when the person applied"),
        Column("product_code", "string", "the product applied for"),
        PHONE_TOKEN,
        NATIONAL_ID_TOKEN,
        Column(
            "decision",
            "string",
            "what the bank decided",
            missing="not decided on the day",
            allowed=("approved", "declined"),
        ),
        Column("decided_at", "timestamp", "when the bank decided", missing="not decided on the day"),
        Column("approved_limit_cents", "bigint", "limit granted", missing="not approved"),
        Column("activated_at", "timestamp", "when the card was first used", missing="not activated on the day"),
        UPDATED_AT,
    ),
)
