"""Customers of the partner banks, each version in its slice."""

from schemas.columns import (
    BANK_CODE,
    BIRTH_DATE,
    CAPTURED_DATE,
    CITY_CODE,
    EMAIL_TOKEN,
    FULL_NAME_ENCODING,
    FULL_NAME_TOKEN,
    GENDER,
    GIVEN_NAME_TOKEN,
    NATIONAL_ID_TOKEN,
    OCCUPATION,
    PHONE_TOKEN,
    UPDATED_AT,
)
from schemas.table import BankTable, Column, Describes, Table

BANK_CUSTOMERS = Table(
    __name__,
    grain="one version of a bank's customer",
    describes=Describes.KNOWLEDGE,
    key=(
        "bank_code",
        "bank_customer_id",
        "updated_at",
    ),
    source=BankTable("customers", changed="updated_at"),
    may_be_empty=True,
    columns=(
        BANK_CODE,
        Column("bank_customer_id", "string", "the bank's id of the customer"),
        FULL_NAME_TOKEN,
        FULL_NAME_ENCODING,
        GIVEN_NAME_TOKEN,
        PHONE_TOKEN,
        EMAIL_TOKEN,
        NATIONAL_ID_TOKEN,
        BIRTH_DATE,
        GENDER,
        CITY_CODE,
        OCCUPATION,
        Column("income_band", "string", "band of income as the bank codes it", missing="not known"),
        Column("kyc_level", "int", "how thoroughly the bank verified the customer, higher is more"),
        Column("opened_at", "timestamp", "when the relation with the bank began"),
        UPDATED_AT,
        CAPTURED_DATE,
    ),
)
