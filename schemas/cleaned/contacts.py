"""Messages sent to people, and what had come of them by the day."""

from schemas.captured.bank_customers import BANK_CUSTOMERS
from schemas.captured.contacts import CONTACTS
from schemas.columns import CONTACT_CHANNELS
from schemas.table import Column, Describes, Table

CONTACTS = Table(
    __name__,
    grain="one message to one source record",
    built_from=(
        CONTACTS,
        BANK_CUSTOMERS,
    ),
    describes=Describes.DAY,
    key=(
        "contact_id",
        "source_record_id",
    ),
    may_be_empty=True,
    columns=(
        Column("contact_id", "string", "id of the message"),
        Column("campaign_code", "string", "the campaign it belongs to"),
        Column(
            "source_record_id",
            "string",
            "a partner's record of a person: shop:<shop_user_id> or <bank_code>:<bank_customer_id>; "
            "`?:<subject_id>` where no bank has a customer of this id",
        ),
        Column("contact_channel", "string", "the channel used", allowed=CONTACT_CHANNELS),
        Column("sent_at", "timestamp", "when it was sent, or would have been"),
        Column("is_control", "boolean", "whether the message was withheld to measure its effect"),
        Column("opened_at", "timestamp", "when it was opened", missing="not opened by the day"),
        Column("applied_at", "timestamp", "when the person applied", missing="did not apply by the day"),
    ),
)
