"""Who a customer is to the partners: since when, how well verified, how steady, and how surely one person.

How surely: the weakest of the pairs that hold the records together, by the weights of Fellegi and Sunter 1969.
"""

from schemas.cleaned.accounts import ACCOUNTS
from schemas.cleaned.bank_customers import BANK_CUSTOMERS
from schemas.cleaned.browsing_events import BROWSING_EVENTS
from schemas.cleaned.instalments import INSTALMENTS
from schemas.cleaned.purchases import PURCHASES
from schemas.cleaned.shop_users import SHOP_USERS
from schemas.columns import CUSTOMER_ID
from schemas.customers.identities import IDENTITIES
from schemas.measures import (
    Feature,
    columns_of,
    count_of,
    formula,
    share_of,
    sum_of,
)
from schemas.table import Describes, Table
from schemas.windows import EVER, Window, last

BOTH_FIELDS = (
    *("full_name_token", "phone_token", "email_token", "national_id_token"),
    *("birth_date", "gender", "city_code", "occupation"),
)
"""The fields that the shop and the banks both ask for."""

DOUBT_OF_CONFLICT = (
    0.5  # two values where one person has one, or two parts on one pair: an error or two people; a guess
)
SINGLE_VALUED = ("national_id_token", "birth_date", "gender")
AGE_BANDS = ((18, "under 18"), (25, "18-24"), (35, "25-34"), (45, "35-44"), (55, "45-54"), (65, "55-64"))


def different(field: str) -> str:
    """SQL: 1 when the records hold more than one value, else 0."""
    return f"CASE WHEN min({field}) <> max({field}) THEN 1 ELSE 0 END"


def different_values(field: str) -> str:
    """SQL: how many different values; the set is only counted, so its order cannot show."""
    return f"CAST(size(collect_set({field})) AS BIGINT)"


CONFLICTS = " + ".join(different(field) for field in SINGLE_VALUED)
AGE = " ".join(f"WHEN max(age) < {end} THEN '{band}'" for end, band in AGE_BANDS)
FILLED = " + ".join(f"CASE WHEN count({field}) > 0 THEN 1 ELSE 0 END" for field in BOTH_FIELDS)

RECORD_MEASURES = (
    *formula(
        "tenure_days", "int", "whole local days from the beginning of the oldest record to as_of", "max(days_ago)"
    ),
    *formula(
        "shop_tenure_days",
        "int",
        "days since the registration at the shop",
        "max(CASE WHEN is_shop THEN days_ago END)",
        missing="not registered at the shop",
    ),
    *formula(
        "bank_tenure_days",
        "int",
        "days since the relation with the first bank began",
        "max(CASE WHEN NOT is_shop THEN days_ago END)",
        missing="no customer of a partner bank",
    ),
    *formula("record_count", "bigint", "records at the partners", "count(1)"),
    *formula("bank_count", "bigint", "partner banks with a record", different_values("bank_code")),
    *formula(
        "kyc_level_max",
        "int",
        "how thoroughly a bank verified the customer, the highest level",
        "max(kyc_level)",
        missing="no customer of a partner bank",
    ),
    *formula(
        "is_real_name_verified",
        "boolean",
        "whether the shop verified the name against the identity number",
        "coalesce(max(is_real_name_verified), false)",
    ),
    *formula(
        "filled_share",
        "double",
        "of name, phone, e-mail, identity number, birth date, gender, city and occupation, those that a record holds",
        f"CAST({FILLED} AS DOUBLE) / {len(BOTH_FIELDS)}D",
    ),
    *formula("phone_count", "bigint", "different phone numbers of the records", different_values("phone_token")),
    *formula("email_count", "bigint", "different e-mail addresses of the records", different_values("email_token")),
    *formula("days_since_details_changed", "int", "days since a partner last changed a record", "min(days_unchanged)"),
    *formula(
        "age_band",
        "string",
        "completed years of age, by the newest birth date of the records; never read by a model",
        f"CASE {AGE} WHEN max(age) >= {AGE_BANDS[-1][0]} THEN '65+' END",
        missing="birth date not known",
        allowed=(*(band for _, band in AGE_BANDS), "65+"),
    ),
    *formula(
        "city_tier_best",
        "int",
        "smallest tier of a city of residence, 1 is the largest",
        "min(city_tier)",
        missing="not given",
    ),
    *formula(
        "conflict_count",
        "int",
        "of identity number, birth date and gender, those of which the records hold more than one value",
        CONFLICTS,
    ),
    *formula(
        "match_probability_min",
        "double",
        "how sure the weakest of the pairs is that hold the records of the customer together, 0 to 1",
        "min(weakest_match_probability)",
        missing="one record only",
    ),
    *formula(
        "has_identity_bridge",
        "boolean",
        "whether two parts of the customer, of two or more records each, are held together by one pair alone",
        "max(has_bridge)",
    ),
    *formula(
        "identity_confidence",
        "double",
        "how surely the records are one person, 0 to 1: the weakest pair that holds them together, 1 for a record "
        "alone, halved for each conflict",
        f"coalesce(min(weakest_match_probability), 1D) * power({DOUBT_OF_CONFLICT}D, {CONFLICTS})",
    ),
)
"""Over the records of a customer that began by as_of, as the partners held them on the day."""

ACCOUNT_MEASURES = (
    *formula("account_count", "bigint", "accounts open at the partner banks", "count(1)"),
    *formula(
        "card_count",
        "bigint",
        "credit cards open at the partner banks",
        count_of("account_type = 'credit_card'"),
        rows="account_type = 'credit_card'",
    ),
    *formula(
        "credit_limit_cents_sum",
        "bigint",
        "limits of the open credit cards",
        sum_of("credit_limit_cents", "account_type = 'credit_card'"),
        rows="account_type = 'credit_card'",
    ),
)
"""Over the accounts that are open at the end of as_of."""

PLAN_MEASURES = formula(
    "credit_tenure_days", "int", "days since the first instalment plan was opened", "max(days_ago)", missing="no plan"
)
"""Over the instalments of plans opened by as_of."""


def used_lately(what: str, things: str, *lengths: int, where: str = "true") -> tuple[Feature, ...]:
    """How many things were used in the last so many days; where: which of the source's rows name one."""
    return tuple(
        feature
        for window, days in zip(last(*lengths), lengths, strict=True)
        for feature in formula(
            window.named(f"{what}_count"),
            "bigint",
            window.told(things),
            count_of(f"newest_days_ago < {days}"),
            rows=window.condition if where == "true" else f"{window.condition} AND {where}",
        )
    )


SHIPPED = "shipping_address_token IS NOT NULL"


def shipped_in(window: Window) -> str:
    """SQL: whether a purchase of the window was shipped to a known address."""
    return f"{window.condition} AND {SHIPPED}"


ADDRESS_MEASURES = (
    *used_lately("address", "different shipping addresses of purchases", 180, where=SHIPPED),
    *formula(
        "new_address_count_365d",
        "bigint",
        "shipping addresses used for the first time in the last 365 days, be it after a move or for a gift",
        count_of("oldest_days_ago < 365"),
        rows=shipped_in(EVER),
    ),
    *formula(
        "main_address_share_365d",
        "double",
        "purchases shipped to the address used most over purchases shipped to a known address, in the last 365 days",
        share_of("max(use_count_365d)", "sum(use_count_365d)"),
        missing="nothing shipped to a known address in the last 365 days",
        rows=shipped_in(last(365)[0]),
    ),
    *formula(
        "days_since_new_address",
        "int",
        "days since a shipping address was used for the first time",
        "min(oldest_days_ago)",
        missing="nothing shipped to a known address",
        rows=shipped_in(EVER),
    ),
)
"""Over the shipping addresses of a customer's purchases, one row for each."""

DEVICE_MEASURES = (
    *used_lately("device", "devices logged in on", 30, 90),
    *formula(
        "days_since_new_device",
        "int",
        "days since a device was used for the first time",
        "min(oldest_days_ago)",
        missing="never seen on a device",
    ),
)
"""Over the devices of a customer's events, one row for each."""

LONGEST_SHOPPED_FROM = 90
IP_ADDRESS_MEASURES = used_lately(
    "ip_address",
    "different IP addresses that purchases were placed from",
    30,
    LONGEST_SHOPPED_FROM,
    where="ip_address_token IS NOT NULL",
)
"""Over the IP addresses of a customer's purchases of the longest of these windows, one row for each."""

MEASURES_OF_OTHERS = (
    *ACCOUNT_MEASURES,
    *PLAN_MEASURES,
    *ADDRESS_MEASURES,
    *DEVICE_MEASURES,
    *IP_ADDRESS_MEASURES,
)
"""What is told of other rows than the records; the rows of each kind are brought together by a step of its own."""

COUNTS_OF_OTHERS = tuple(feature.column.name for feature in MEASURES_OF_OTHERS if not feature.column.is_nullable)
"""Counts of things that a customer may have none of."""

IDENTITY = Table(
    __name__,
    grain="one row per customer with a record that began by the day",
    built_from=(
        IDENTITIES,
        SHOP_USERS,
        BANK_CUSTOMERS,
        ACCOUNTS,
        INSTALMENTS,
        PURCHASES,
        BROWSING_EVENTS,
    ),
    describes=Describes.DAY,
    key=("customer_id",),
    columns=(
        CUSTOMER_ID,
        *columns_of(*RECORD_MEASURES, *MEASURES_OF_OTHERS),
    ),
)
