"""What must be true of propensity_stability beyond its contract."""

from expectations.rules import at_least

RULES = (
    at_least("value", 0, because="an index is a sum of terms that are never negative, the rest are rates"),
    at_least("customers", 0, because="a count"),
    at_least("customers_before", 0, because="a count"),
)
