"""What must be true of tastes beyond its contract."""

from expectations.rules import Severity, at_least, between, mean_between, rows_not_far_below_earlier_nights

RULES = (
    at_least("bought_category_count_365d", 1, because="who bought nothing has no row"),
    between("top_bought_category_share_365d", 0, 1, because="a part of the lines"),
    between("top_bought_brand_share_365d", 0, 1, because="a part of the lines"),
    mean_between(
        "price_level_mean_365d",
        0.5,
        3.0,
        because="half of what is bought costs no more than usual; far from it, cents and units are mixed; a guess",
        severity=Severity.WARNING,
    ),
    rows_not_far_below_earlier_nights(0.8, because="a year of buyers changes slowly; 0.8 is a guess"),
)
