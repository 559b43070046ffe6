"""Wishes people expressed about the use of their data."""

from schemas.columns import CAPTURED_DATE, CONSENT_STATUSES, CONTACT_CHANNELS, PURPOSES, SUBJECT_TYPES
from schemas.table import Column, Describes, FileDrop, Table

CONSENTS = Table(
    __name__,
    grain="one wish expressed",
    describes=Describes.KNOWLEDGE,
    key=("consent_id",),
    source=FileDrop("consents", file_format="jsonl.gz"),
    may_be_empty=True,
    columns=(
        Column("consent_id", "string", "id of the wish"),
        Column("subject_type", "string", "whose kind of record the wish is about", allowed=SUBJECT_TYPES),
        Column("subject_id", "string", "shop_user_id or bank_customer_id"),
        Column("purpose", "string", "what the wish is about", allowed=PURPOSES),
        Column(
            "contact_channel", "string", "the channel it is about", missing="every channel", allowed=CONTACT_CHANNELS
        ),
        Column("bank_code", "string", "the partner bank it is about", missing="every bank"),
        Column("consent_status", "string", "the wish", allowed=CONSENT_STATUSES),
        Column("occurred_at", "timestamp", "when it was expressed"),
        CAPTURED_DATE,
    ),
)
