"""What must be true of households beyond the contract."""

from expectations.rules import at_least, between, not_less_than

RULES = (
    between("household_customer_count", 2, 8, because="more people at one address and phone are no family"),
    at_least("tie_count", 1, because="who shares nothing lives with nobody we know"),
    not_less_than("household_customer_count", "tie_count", because="the others of the household are its ties"),
)
