"""Merchants as the partner banks know them, each version in its slice."""

from schemas.columns import BANK_CODE, CAPTURED_DATE, CITY_CODE, UPDATED_AT
from schemas.table import BankTable, Column, Describes, Table

BANK_MERCHANTS = Table(
    __name__,
    grain="one version of a merchant",
    describes=Describes.KNOWLEDGE,
    key=(
        "bank_code",
        "merchant_id",
        "updated_at",
    ),
    source=BankTable("merchants", changed="updated_at"),
    may_be_empty=True,
    columns=(
        BANK_CODE,
        Column("merchant_id", "string", "the bank's id of the merchant"),
        Column("merchant_name", "string", "name of the merchant, a company"),
        Column("mcc", "string", "merchant category code (ISO 18245)"),
        CITY_CODE,
        UPDATED_AT,
        CAPTURED_DATE,
    ),
)
