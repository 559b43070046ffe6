"""Identifiers that tie nobody: on too many records, filled in by systems, or of a kind that never ties alone."""

from schemas.cleaned.bank_customers import BANK_CUSTOMERS
from schemas.cleaned.purchases import PURCHASES
from schemas.cleaned.shop_users import SHOP_USERS
from schemas.table import Column, Describes, Table

BLOCKED_IDENTIFIERS = Table(
    __name__,
    grain="one identifier that does not tie records",
    built_from=(
        SHOP_USERS,
        BANK_CUSTOMERS,
        PURCHASES,
    ),
    describes=Describes.DAY,
    key=(
        "identifier_type",
        "identifier",
    ),
    may_be_empty=True,
    columns=(
        Column(
            "identifier_type",
            "string",
            "what it is; recipient_phone, address and device as on purchases of the last 90 days",
            allowed=(
                *("national_id", "phone", "email", "name_and_birth_date", "birth_date"),
                *("recipient_phone", "address", "device"),
            ),
        ),
        Column(
            "identifier",
            "string",
            "its keyed token, before the birth date if it is both; a device's id as the shop gives it; a day",
        ),
        Column("record_count", "bigint", "records of people that carry it"),
        Column(
            "blocked_because",
            "string",
            "too_many_records: on more than ten; placeholder: a date that systems fill in; never_alone: more than ten"
            " share it, and of a kind that no rule ties records by",
            allowed=("too_many_records", "placeholder", "never_alone"),
        ),
    ),
)
