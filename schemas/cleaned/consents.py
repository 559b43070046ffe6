"""Wishes people expressed, tied to the record they are about."""

from schemas.captured.bank_customers import BANK_CUSTOMERS
from schemas.captured.consents import CONSENTS
from schemas.columns import CONSENT_STATUSES, CONTACT_CHANNELS, PURPOSES
from schemas.table import Column, Describes, Table

CONSENTS = Table(
    __name__,
    grain="one wish about one source record",
    built_from=(
        CONSENTS,
        BANK_CUSTOMERS,
    ),
    describes=Describes.KNOWLEDGE,
    key=(
        "consent_id",
        "source_record_id",
    ),
    may_be_empty=True,
    columns=(
        Column("consent_id", "string", "id of the wish"),
        Column(
            "source_record_id",
            "string",
            "a partner's record of a person: shop:<shop_user_id> or <bank_code>:<bank_customer_id>; "
            "`?:<subject_id>` where no bank has a customer of this id, or for a grant more than one",
        ),
        Column("purpose", "string", "what the wish is about", allowed=PURPOSES),
        Column(
            "contact_channel", "string", "the channel it is about", missing="every channel", allowed=CONTACT_CHANNELS
        ),
        Column("bank_code", "string", "the partner bank it is about", missing="every bank"),
        Column("consent_status", "string", "the wish", allowed=CONSENT_STATUSES),
        Column("occurred_at", "timestamp", "when it was expressed"),
    ),
)
