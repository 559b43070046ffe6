"""Which two records of the partners look like one person, by which rule, and what was decided about them."""

from schemas.cleaned.bank_customers import BANK_CUSTOMERS
from schemas.cleaned.shop_users import SHOP_USERS
from schemas.table import Column, Describes, Table

MATCH_RULES = ("national_id", "phone_and_birth_date", "reviewed")
"""In the order of priority."""

RECORD_PAIRS = Table(
    __name__,
    grain="two source records that are not plainly unrelated",
    built_from=(
        SHOP_USERS,
        BANK_CUSTOMERS,
    ),
    describes=Describes.KNOWLEDGE,
    key=(
        "left_record_id",
        "right_record_id",
    ),
    may_be_empty=True,
    columns=(
        Column("left_record_id", "string", "the record with the smaller source record id"),
        Column("right_record_id", "string", "the record with the larger source record id"),
        Column("matched_by", "string", "the first rule that proposed the pair", allowed=MATCH_RULES),
        Column(
            "match_probability",
            "double",
            "how surely the two are one person, 0 to 1",
            missing="a reviewer decided",
        ),
        Column("decision", "string", "what follows", allowed=("automatic", "review", "rejected")),
        Column("decided_by", "string", "who decided", allowed=("rule", "model", "reviewer")),
        Column(
            "reason",
            "string",
            "why the pair is not automatic",
            missing="automatic",
            allowed=("conflicting_national_id", "reviewer_said_no"),
        ),
    ),
)
