"""What a customer buys at the shop: favourite categories and brands, and how dear what is bought is of its kind.

Entropies after Shannon 1948; the level of prices is a measure of our own.
"""

from schemas.cleaned.purchase_lines import PURCHASE_LINES
from schemas.columns import CUSTOMER_ID
from schemas.customers.identities import IDENTITIES
from schemas.measures import columns_of, favourites, formula, share_of
from schemas.table import Describes, Table
from schemas.windows import last

[YEAR] = last(365)
LEVEL_POINTS = 10_000  # of a price over the usual one: whole numbers, whose sum knows no order
HIGHEST_LEVEL = 1_000  # what is dearer is of another kind, or a mistake

CATEGORY_MEASURES = (
    *favourites(
        "bought_category",
        "category_code",
        "line_count",
        YEAR,
        groups="categories bought",
        rows_told="lines of purchases",
        missing="",
        rows=YEAR.condition,
    ),
    *formula(
        "price_level_mean_365d",
        "double",
        "mean over the lines of purchases of the last 365 days of the price of a piece over the usual price of the "
        f"category, at most {HIGHEST_LEVEL} and in steps of 0.0001: above 1 for who buys what is dear of its kind. "
        "Usual is the median over the lines of all customers in that time, the lower one of two; what costs nothing "
        "counts for neither",
        share_of("sum(level_points)", f"({LEVEL_POINTS} * sum(level_count))"),
        missing="nothing bought that costs more than 0",
        rows=YEAR.condition,
    ),
)
"""Over the categories of the lines, one row for each."""

BRAND_MEASURES = favourites(
    "bought_brand",
    "brand",
    "line_count",
    YEAR,
    groups="brands bought",
    rows_told="lines of purchases with a brand",
    missing="nothing of a brand bought",
    rows=f"{YEAR.condition} AND brand IS NOT NULL",
)
"""Over the brands of the lines, one row for each."""

TASTES = Table(
    __name__,
    grain="one row per customer with a line of a purchase in the last 365 days",
    built_from=(
        PURCHASE_LINES,
        IDENTITIES,
    ),
    describes=Describes.DAY,
    key=("customer_id",),
    may_be_empty=True,
    columns=(CUSTOMER_ID, *columns_of(*CATEGORY_MEASURES, *BRAND_MEASURES)),
)
