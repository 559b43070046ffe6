"""What must be true of first_payment_default beyond its contract."""

from expectations.rules import BusinessDate, at_most, between, not_less_than
from schemas.labels.first_payment_default import DEFAULT_DAYS, FIRST_PAYMENT_MISSED

RULES = (
    at_most(
        "window_end_date",
        BusinessDate(-FIRST_PAYMENT_MISSED.settle_days),
        because="an outcome that has not settled would pass for a good one",
    ),
    not_less_than("window_end_date", "observation_date", because="the outcome lies after the observation"),
    between("first_days_past_due", 0, DEFAULT_DAYS, because="nobody is late early, and counting ends with the default"),
)
