"""Which pairs of records were automatic and not followed all the same, and why: the price of having no chains."""

from schemas.cleaned.bank_customers import BANK_CUSTOMERS
from schemas.cleaned.shop_users import SHOP_USERS
from schemas.columns import CUSTOMER_ID
from schemas.customers.identities import IDENTITIES
from schemas.customers.record_pairs import RECORD_PAIRS
from schemas.table import Column, Describes, Table

REFUSAL_REASONS = (
    "conflicting_national_id",
    "reviewer_said_no",
    "two_candidates",
    "too_many_records",
    "weak_bridge",
    "too_sparse",
)

IDENTITY_REFUSALS = Table(
    __name__,
    grain="one automatic pair of source records that belong to two customers",
    built_from=(
        SHOP_USERS,
        BANK_CUSTOMERS,
        RECORD_PAIRS,
        IDENTITIES,
    ),
    describes=Describes.KNOWLEDGE,
    key=(
        "left_record_id",
        "right_record_id",
    ),
    may_be_empty=True,
    columns=(
        RECORD_PAIRS.column("left_record_id"),
        RECORD_PAIRS.column("right_record_id"),
        Column("left_customer_id", "string", f"the left record's customer: {CUSTOMER_ID.meaning}"),
        Column("right_customer_id", "string", f"the right record's customer: {CUSTOMER_ID.meaning}"),
        RECORD_PAIRS.column("matched_by"),
        RECORD_PAIRS.column("match_probability"),
        Column(
            "reason",
            "string",
            "why the pair was not followed: the two would have brought two national ids together; a reviewer keeps "
            "them apart; a record is tied as strongly to two people; the customer would have had more than 12 records; "
            "the pair alone, and weaker than 0.998, held two parts of two or more records together; the cluster had "
            "less than 0.3 of the pairs that its records could make",
            allowed=REFUSAL_REASONS,
        ),
    ),
)
