"""Consumption scenes: what a merchant category code or a shop's category means for a customer's life.

This is the one place where codes become scenes. A code that no row covers is `other`, and a row's reason says why it
lies where it does. Whoever changes a row raises SCENES_VERSION: earlier nights keep the scenes they were built with.
"""

from __future__ import annotations

from typing import Final

from pyspark.sql import Column
from pyspark.sql import functions as F

SCENES_VERSION: Final = "2026-11"

OTHER: Final = "other"

MERCHANT_SCENES: Final = (  # first and last code (ISO 18245), scene, reason
    ("3000", "3999", "travel", "airlines, car rental and hotels by name of the company"),
    ("4111", "4112", "travel", "local and long-distance passenger trains and ferries"),
    ("4119", "4119", "medical", "ambulances, in the middle of the transport codes"),
    ("4121", "4131", "travel", "taxis and coaches"),
    ("4411", "4582", "travel", "cruises, boats, airlines without a code of their own, airports"),
    ("4722", "4789", "travel", "travel agencies, tolls, other passenger transport"),
    ("4899", "4899", "entertainment", "cable, satellite and streaming television"),
    ("5200", "5735", "retail", "home, department, food, vehicle and fuel, clothing, furniture and electronics shops"),
    ("5811", "5814", "catering", "caterers, restaurants, bars, fast food"),
    ("5815", "5818", "entertainment", "digital media, games and applications"),
    ("5912", "5912", "medical", "pharmacies"),
    ("5921", "5941", "retail", "liquor, second-hand, sports shops"),
    ("5942", "5942", "education", "book shops, as the shop files books"),
    ("5943", "5961", "retail", "stationery to mail order; insurance by mail (5960) is too rare for a row"),
    ("5962", "5962", "travel", "travel sold by direct marketing"),
    ("5963", "5974", "retail", "door-to-door and direct marketing, art and craft"),
    ("5975", "5976", "medical", "hearing aids and orthopaedic goods"),
    ("5977", "5999", "retail", "cosmetics, florists, specialised shops"),
    ("7011", "7033", "travel", "hotels without a code of their own, camps"),
    ("7512", "7523", "travel", "car rental and parking"),
    ("7829", "7999", "entertainment", "cinema, theatre, sport, games, amusement parks"),
    ("8011", "8099", "medical", "doctors, dentists, hospitals, laboratories"),
    ("8211", "8299", "education", "schools, universities, courses"),
    ("8351", "8351", "education", "child care: early education"),
)

CATEGORY_SCENES: Final = (  # first word of the shop's category code, scene, reason
    ("retail", "retail", "goods"),
    ("catering", "catering", "meals delivered and vouchers"),
    ("entertainment", "entertainment", "games and tickets for shows"),
    ("education", "education", "courses and books"),
    ("medical", "medical", "pharmacy and check-ups"),
    ("travel", "travel", "hotels and tickets for journeys"),
)


def scene_of_merchant_code(code: Column) -> Column:
    """The scene of a merchant category code; null where the code is null."""
    scene = F.when(code.isNull(), F.lit(None))
    for first, last, name, _ in MERCHANT_SCENES:
        scene = scene.when(code.between(first, last), F.lit(name))  # codes have four digits, so text order is theirs
    return scene.otherwise(F.lit(OTHER))


def scene_of_category(category_code: Column) -> Column:
    """The scene of a shop's category, by the word before its first underscore; null where the category is null."""
    word = F.substring_index(category_code, "_", 1)
    scene = F.when(category_code.isNull(), F.lit(None))
    for first_word, name, _ in CATEGORY_SCENES:
        scene = scene.when(word == first_word, F.lit(name))
    return scene.otherwise(F.lit(OTHER))
