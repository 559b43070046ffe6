"""Shop users as they were on the day."""

from schemas.captured.erasure_requests import ERASURE_REQUESTS
from schemas.captured.shop_users import SHOP_USERS
from schemas.columns import (
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

SHOP = "shop"
"""The first half of a shop user's source_record_id, where a bank's customer carries the bank's code."""

SHOP_USERS = Table(
    __name__,
    grain="one shop user who did not ask to be forgotten, in the version in force on the day",
    built_from=(SHOP_USERS, ERASURE_REQUESTS),
    describes=Describes.DAY,
    key=("source_record_id",),
    columns=(
        SOURCE_RECORD_ID,
        Column("shop_user_id", "string", "the shop's id of the user"),
        Column("registered_at", "timestamp", "when the user registered"),
        FULL_NAME_TOKEN,
        FULL_NAME_ENCODING,
        GIVEN_NAME_TOKEN,
        PHONE_TOKEN,
        EMAIL_TOKEN,
        NATIONAL_ID_TOKEN,
        BIRTH_DATE,
        GENDER,
        Column("is_real_name_verified", "boolean", "whether the shop verified the name against the identity number"),
        Column("education", "string", "highest education as the user stated it", missing="not given"),
        OCCUPATION,
        CITY_CODE,
        Column("city_tier", "int", "tier of the city, 1 is the largest", missing="not given"),
        Column("membership_level", "string", "level in the shop's loyalty programme"),
        UPDATED_AT,
    ),
)
