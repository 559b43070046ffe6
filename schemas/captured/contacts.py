"""Messages sent to people, and what came of them, each version as it was delivered."""

from schemas.columns import CAPTURED_DATE, CONTACT_CHANNELS, SUBJECT_TYPES, UPDATED_AT
from schemas.table import Column, Describes, FileDrop, Table

CONTACTS = Table(
    __name__,
    grain="one version of a message sent or withheld",
    describes=Describes.KNOWLEDGE,
    key=(
        "contact_id",
        "updated_at",
    ),
    source=FileDrop("contacts", file_format="csv.gz"),
    may_be_empty=True,
    columns=(
        Column("contact_id", "string", "id of the message"),
        Column("campaign_code", "string", "the campaign it belongs to"),
        Column("subject_type", "string", "whose kind of record was addressed", allowed=SUBJECT_TYPES),
        Column("subject_id", "string", "shop_user_id or bank_customer_id"),
        Column("contact_channel", "string", "the channel used", allowed=CONTACT_CHANNELS),
        Column("sent_at", "timestamp", "when it was sent, or would have been"),
        Column("is_control", "boolean", "whether the message was withheld to measure its effect"),
        Column("opened_at", "timestamp", "when it was opened", missing="not opened"),
        Column("applied_at", "timestamp", "when the person applied", missing="did not apply"),
        UPDATED_AT,
        CAPTURED_DATE,
    ),
)
