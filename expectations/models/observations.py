"""What must be true of observations beyond its contract."""

from expectations.rules import BusinessDate, at_most

RULES = (
    at_most(
        "observation_date",
        BusinessDate(-210),
        because="six months for the slowest outcome and 30 days to settle; six months are at least 181 days",
    ),
)
