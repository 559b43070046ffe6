"""What must be true of customer_profiles beyond its contract; the families' own truths are checked where they are."""

from expectations.rules import BusinessDate, Severity, at_most, between, rows_not_far_below_earlier_nights

RULES = (
    at_most("known_since_date", BusinessDate(), because="a customer of tomorrow has no profile today"),
    between("known_side_count", 0, 5, because="there are five sides that tell what somebody does"),
    at_most(
        "credit_line_utilisation_ratio",
        3.0,
        because="a plan is granted within the limit; interest and a limit lowered later may lead above it, three times "
        "the limit means that a source of limits is missing; a guess",
        severity=Severity.WARNING,
        mostly=0.99,
    ),
    rows_not_far_below_earlier_nights(0.9, because="customers go only when merged or erased; 0.9 is a guess"),
)
