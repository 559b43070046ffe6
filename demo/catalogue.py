"""What the shop sells: articles with category, brand and price, the same in every world of the same seed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from demo.tables import chosen, numbered
from demo.world import World

CATEGORIES = (  # code (its first word is the scene), share of the lines sold, median price in cents
    ("retail_electronics", 10, 129_900),
    ("retail_fashion", 18, 15_900),
    ("retail_grocery", 17, 5_900),
    ("retail_home", 10, 19_900),
    ("retail_beauty", 8, 12_900),
    ("retail_baby", 5, 9_900),
    ("catering_delivery", 9, 4_500),
    ("catering_vouchers", 3, 12_000),
    ("entertainment_games", 4, 6_800),
    ("entertainment_tickets", 3, 18_000),
    ("education_courses", 2, 99_000),
    ("education_books", 4, 4_900),
    ("medical_pharmacy", 3, 6_900),
    ("medical_checkups", 1, 49_900),
    ("travel_hotels", 1, 45_900),
    ("travel_tickets", 1, 69_900),
    ("other_services", 1, 9_900),
)
ARTICLES_IN_CATEGORY = 120
POPULARITY = 3  # the higher, the more a few articles make the sales
BRANDS_IN_CATEGORY = 9
CODES = tuple(category[0] for category in CATEGORIES)
SHARES = np.array([category[1] for category in CATEGORIES]) / sum(category[1] for category in CATEGORIES)


@dataclass(frozen=True)
class Catalogue:
    """One entry per article in every array; brand is null for one article in ten."""

    price_cents: np.ndarray
    category: np.ndarray
    sku_id: pa.Array
    category_code: pa.Array
    brand: pa.Array

    def choose(self, chance: np.random.Generator, favourite: np.ndarray) -> np.ndarray:
        """One article for each shopper: half the time of the favourite category, popular ones far more often."""
        count = len(favourite)
        category = np.where(chance.random(count) < 0.5, favourite, chance.choice(len(CODES), count, p=SHARES))
        rank = (ARTICLES_IN_CATEGORY * chance.random(count) ** POPULARITY).astype(np.int64)
        return category * ARTICLES_IN_CATEGORY + rank

    def dearest_below(self, category: int, cents: np.ndarray) -> np.ndarray:
        """The dearest article of the category that each sum pays for; the cheapest of all where none is that cheap."""
        begin = category * ARTICLES_IN_CATEGORY
        prices = self.price_cents[begin : begin + ARTICLES_IN_CATEGORY]
        by_price = np.argsort(prices, kind="stable")
        place = np.searchsorted(prices[by_price], cents, side="right") - 1
        return np.asarray(begin + by_price[np.maximum(place, 0)])

    def expected_price_cents(self, category: int) -> float:
        """The mean price of a line of the category, popular articles counting more."""
        edges = np.linspace(0, 1, ARTICLES_IN_CATEGORY + 1) ** (1 / POPULARITY)
        begin = category * ARTICLES_IN_CATEGORY
        return float(self.price_cents[begin : begin + ARTICLES_IN_CATEGORY] @ np.diff(edges))


def stock(world: World) -> Catalogue:
    """Everything on sale."""
    chance, count = world.generator("catalogue"), len(CODES) * ARTICLES_IN_CATEGORY
    category = np.repeat(np.arange(len(CODES)), ARTICLES_IN_CATEGORY)
    median = np.array([row[2] for row in CATEGORIES], float)[category]
    brand = category * BRANDS_IN_CATEGORY + chance.integers(0, BRANDS_IN_CATEGORY, count)
    brands = [f"brand_{number:03d}" for number in range(len(CODES) * BRANDS_IN_CATEGORY)]
    return Catalogue(
        price_cents=np.maximum(100, np.round(median * np.exp(0.5 * chance.normal(size=count)), -2)).astype(np.int64),
        category=category,
        sku_id=numbered("sku", np.arange(count), 6),
        category_code=chosen(CODES, category),
        brand=chosen(brands, np.where(chance.random(count) < 0.1, -1, brand)),
    )
