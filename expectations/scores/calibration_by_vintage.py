"""What must be true of calibration_by_vintage beyond its contract."""

from expectations.rules import BusinessDate, at_least, at_most, between, not_less_than

RULES = (
    at_most(
        "observation_date",
        BusinessDate(-210),
        because="an outcome is settled after six months and 30 days; six months are at least 181 days",
    ),
    at_least("customers", 1, because="a date without anybody has no row"),
    not_less_than("customers", "defaults", because="who defaulted is one of them"),
    between("auc", 0, 1, because="a chance"),
    between("ks", 0, 1, because="a distance of two shares"),
)
