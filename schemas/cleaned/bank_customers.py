"""Customers of the partner banks as they were on the day."""

from schemas.captured.bank_customers import BANK_CUSTOMERS
from schemas.captured.erasure_requests import ERASURE_REQUESTS
from schemas.columns import (
    BANK_CODE,
    BIRTH_DATE,
    CITY_CODE,
    EMAIL_TOKEN,
    FULL_NAME_ENCODING,
    FULL_NAME_TOKEN,
    GENDER,
    GIVEN_NAME_TOKEN,
    NATIONAL_ID_TOKEN,
    OCCUPATION,
    PHONE_TOKEN,
    SOURCE_RECORD_ID,
    UPDATED_AT,
)
from schemas.table import Column, Describes, Table

BANK_CUSTOMERS = Table(
    __name__,
    grain="one bank's customer who did not ask to be forgotten, in the version in force on the day",
    built_from=(BANK_CUSTOMERS, ERASURE_REQUESTS),
    describes=Describes.DAY,
    key=("source_record_id",),
    columns=(
        SOURCE_RECORD_ID,
        BANK_CODE,
        Column("bank_customer_id", "string", "the bank's id of the customer"),
        Column("opened_at", "timestamp", "when the relation with the bank began"),
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
        UPDATED_AT,
    ),
)
