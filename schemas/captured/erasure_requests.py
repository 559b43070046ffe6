"""People who ask to be forgotten."""

from schemas.columns import CAPTURED_DATE, SUBJECT_TYPES
from schemas.table import Column, Describes, FileDrop, Table

ERASURE_REQUESTS = Table(
    __name__,
    grain="one request",
    describes=Describes.KNOWLEDGE,
    key=("request_id",),
    source=FileDrop("erasure_requests", file_format="jsonl.gz"),
    may_be_empty=True,
    columns=(
        Column("request_id", "string", "id of the request"),
        Column("subject_type", "string", "whose kind of record is to be erased", allowed=SUBJECT_TYPES),
        Column("subject_id", "string", "shop_user_id or bank_customer_id"),
        Column("requested_at", "timestamp", "when the person asked"),
        CAPTURED_DATE,
    ),
)
