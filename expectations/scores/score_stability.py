"""What must be true of score_stability beyond its contract."""

from expectations.rules import at_least, matches

RULES = (
    at_least("value", 0, because="an index of stability is a sum of terms that are never negative, the rest are rates"),
    at_least("customers", 0, because="a count"),
    at_least("customers_before", 0, because="a count"),
    matches(
        "model_version",
        r"\d{4}-\d{2}-\d{2}-[0-9a-f]{12}",
        because="the date of the training and the hash of the scorecard whose frozen groups were used",
    ),
)
