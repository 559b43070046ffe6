"""Which two records of the partners look like one person, by which rule, and what was decided about them."""

from schemas.cleaned.bank_customers import BANK_CUSTOMERS
from schemas.cleaned.shop_users import SHOP_USERS
from schemas.table import Column, Describes, Table

EXACT_RULES = (
    "national_id",
    "email_and_birth_date",
    "phone_and_birth_date",
    "phone_and_email",
    "email_and_name",
    "phone_and_name",
)
"""In the order of priority: a pair carries the first rule that holds for it."""

PROBABILISTIC = "probabilistic"
REVIEWED = "reviewed"
WHY_NOT_AUTOMATIC = (
    "conflicting_national_id",
    "conflicting_name_and_birth_date",
    "other_name",
    "below_threshold",
    "reviewer_said_no",
)

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
    reads_previous_night=True,
    may_start_late=True,
    also_previous=(
        SHOP_USERS,
        BANK_CUSTOMERS,
    ),
    needs=("compare_all_below", "match_weights", "pair_decisions"),
    columns=(
        Column("left_record_id", "string", "the record with the smaller source record id"),
        Column("right_record_id", "string", "the record with the larger source record id"),
        Column(
            "matched_by",
            "string",
            "the first rule that holds for the pair",
            allowed=(*EXACT_RULES, PROBABILISTIC, REVIEWED),
        ),
        Column(
            "match_probability",
            "double",
            "how surely the two are one person, 0 to 1: declared for an exact rule, else the model's",
            missing="a reviewer decided",
        ),
        Column(
            "decision",
            "string",
            "automatic: one person; review: for a person to decide; rejected: two people",
            allowed=("automatic", "review", "rejected"),
        ),
        Column("decided_by", "string", "who decided", allowed=("rule", "model", "reviewer")),
        Column(
            "reason",
            "string",
            "why the pair is not automatic",
            missing="automatic",
            allowed=WHY_NOT_AUTOMATIC,
        ),
        Column("evidence", "string", "what the two records say of each identifier and trait, without any value"),
        Column("rules_version", "string", "names the rules and weights that compared the pair"),
    ),
)
