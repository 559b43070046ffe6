"""What must be true of response beyond its contract."""

from expectations.rules import BusinessDate, at_most, not_less_than
from schemas.labels.response import RESPONDS

RULES = (
    at_most(
        "window_end_date",
        BusinessDate(-RESPONDS.settle_days),
        because="who may still apply would pass for one whom the message did not move",
    ),
    not_less_than("window_end_date", "observation_date", because="what is visible lies before the message"),
)
