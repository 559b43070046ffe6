"""What must be true of severe_default beyond its contract."""

from expectations.rules import BusinessDate, at_least, at_most, not_less_than
from schemas.labels.severe_default import DEFAULT_90_DAYS

RULES = (
    at_most(
        "window_end_date",
        BusinessDate(-DEFAULT_90_DAYS.settle_days),
        because="an outcome that has not settled would pass for a good one",
    ),
    not_less_than("window_end_date", "observation_date", because="the outcome lies after the observation"),
    at_least("days_past_due_max_after", 0, because="nobody is late before the due date"),
)
