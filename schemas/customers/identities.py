"""Which record of which partner belongs to which person: the partition of a night says who was who on it."""

from schemas.captured.erasure_requests import ERASURE_REQUESTS
from schemas.cleaned.bank_customers import BANK_CUSTOMERS
from schemas.cleaned.shop_users import SHOP_USERS
from schemas.columns import CUSTOMER_ID, SOURCE_RECORD_ID
from schemas.customers.record_pairs import RECORD_PAIRS
from schemas.table import Column, Describes, Table

ALONE = "alone"

IDENTITIES = Table(
    __name__,
    grain="one source record ever known whose person did not ask to be forgotten",
    built_from=(
        SHOP_USERS,
        BANK_CUSTOMERS,
        RECORD_PAIRS,
        ERASURE_REQUESTS,
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
            "the rule of the strongest pair that ties the record to another of the customer; alone when none does",
            allowed=(*RECORD_PAIRS.column("matched_by").allowed, ALONE),
        ),
        Column("record_since", "timestamp", "when the relation with the partner began"),
        Column("customer_since_date", "date", "business date on which the customer id was given"),
        Column(
            "previous_customer_id",
            "string",
            "the customer the record belonged to the night before",
            missing="the record is new tonight",
        ),
        Column("is_shown", "boolean", "whether a partner still shows the record; else it stays with its customer"),
        Column(
            "match_probability",
            "double",
            "how surely the strongest pair of the record is right, 0 to 1; 1 when a reviewer decided",
            missing="alone",
        ),
        Column(
            "matched_record_id", "string", "the record at the other end of that pair; the smallest one", missing="alone"
        ),
        Column(
            "weakest_match_probability",
            "double",
            "how sure the weakest of the pairs is that hold the records of the customer together, 0 to 1",
            missing="alone",
        ),
        Column(
            "has_bridge",
            "boolean",
            "whether two parts of the customer, of two or more records each, are held together by one pair alone",
        ),
    ),
)
