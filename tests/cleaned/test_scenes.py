"""What codes mean: checked row by row against the tables themselves, and against codes known by heart."""

from __future__ import annotations

from itertools import pairwise

import pytest
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from jobs.scenes import CATEGORY_SCENES, MERCHANT_SCENES, OTHER, scene_of_category, scene_of_merchant_code
from schemas.columns import SCENES
from tests.conftest import rows

KNOWN_BY_HEART: dict[str | None, str | None] = {
    "3000": "travel",  # United Airlines
    "3999": "travel",
    "4000": "other",
    "4119": "medical",  # ambulance
    "4121": "travel",  # taxi
    "4814": "other",  # telephone
    "4900": "other",  # water, gas, electricity
    "5411": "retail",  # supermarket
    "5812": "catering",  # restaurant
    "5816": "entertainment",  # digital games
    "5912": "medical",  # pharmacy
    "5942": "education",  # book shop
    "6011": "other",  # cash
    "7011": "travel",  # hotel
    "7832": "entertainment",  # cinema
    "8062": "medical",  # hospital
    "8220": "education",  # university
    "9399": "other",  # government
    "": "other",
    "58": "other",
    None: None,
}


def test_merchant_codes_mean_what_their_standard_says(spark: SparkSession) -> None:
    given = [(code,) for code in KNOWN_BY_HEART]
    found = spark.createDataFrame(given, "mcc string").select(
        "mcc", scene_of_merchant_code(F.col("mcc")).alias("scene")
    )
    assert dict(rows(found, "mcc", "scene")) == KNOWN_BY_HEART


def test_shop_categories_go_by_their_first_word_and_unknown_ones_are_other(spark: SparkSession) -> None:
    expected: dict[str | None, str | None] = {
        "retail_fashion": "retail",
        "travel": "travel",
        "medical_checkups_home": "medical",
        "retailer_x": "other",
        "Retail_fashion": "other",
        "other_services": "other",
        "": "other",
        None: None,
    }
    given = [(code,) for code in expected]
    found = spark.createDataFrame(given, "code string").select("code", scene_of_category(F.col("code")).alias("scene"))
    assert dict(rows(found, "code", "scene")) == expected


def test_the_ranges_of_merchant_codes_are_in_order_and_never_overlap() -> None:
    bounds = [bound for first, last, _, _ in MERCHANT_SCENES for bound in (first, last)]
    assert all(first <= last for first, last, _, _ in MERCHANT_SCENES)
    assert all(here[1] < following[0] for here, following in pairwise(MERCHANT_SCENES))
    assert all(len(bound) == 4 and bound.isdigit() for bound in bounds)


@pytest.mark.parametrize("mapped", [MERCHANT_SCENES, CATEGORY_SCENES], ids=["merchants", "categories"])
def test_every_row_leads_to_a_scene_of_the_contract_and_says_why(mapped: tuple[tuple[str, ...], ...]) -> None:
    assert {row[-2] for row in mapped} | {OTHER} == set(SCENES)
    assert all(len(row[-1]) >= 5 for row in mapped)
