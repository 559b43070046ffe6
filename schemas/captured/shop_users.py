"""People who registered with the shop."""

from schemas.columns import (
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
from schemas.table import Column, Describes, FileDrop, Table

SHOP_USERS = Table(
    __name__,
    grain="one version of a shop user",
    describes=Describes.KNOWLEDGE,
    key=(
        "shop_user_id",
        "updated_at",
    ),
    source=FileDrop("users", file_format="csv.gz"),
    may_be_empty=True,
    columns=(
        Column("shop_user_id", "string", "the shop's id of the user"),
        Column("registered_at", "timestamp", "when the user registered"),
        FULL_NAME_TOKEN,
        FULL_NAME_ENCODING,
        GIVEN_NAME_TOKEN,
        PHONE_TOKEN,
        EMAIL_TOKEN,
        NATIONAL_ID_TOKEN,
        Column("is_real_name_verified", "boolean", "whether the shop verified the name against the identity number"),
        BIRTH_DATE,
        GENDER,
        Column("education", "string", "highest education as the user stated it", missing="not given"),
        OCCUPATION,
        CITY_CODE,
        Column("city_tier", "int", "tier of the city, 1 is the largest", missing="not given"),
        Column("membership_level", "string", "level in the shop's loyalty programme"),
        UPDATED_AT,
        CAPTURED_DATE,
    ),
)
