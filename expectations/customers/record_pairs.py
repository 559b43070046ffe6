"""What must be true of record pairs beyond the contract."""

from expectations.rules import at_least, at_most, matches

RULES = (
    at_least("match_probability", 0.0, because="it is a probability"),
    at_most("match_probability", 1.0, because="it is a probability"),
    matches("rules_version", "[0-9a-f]{12}", because="a pair says which rules and weights compared it"),
)
