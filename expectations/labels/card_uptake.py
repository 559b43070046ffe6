"""What must be true of card_uptake beyond its contract."""

from expectations.rules import BusinessDate, at_most, not_less_than
from schemas.labels.card_uptake import ACTIVATES

RULES = (
    at_most(
        "window_end_date",
        BusinessDate(-ACTIVATES.settle_days),
        because="a step that may still be taken would pass for one that was not",
    ),
    not_less_than("window_end_date", "observation_date", because="the outcome lies after the observation"),
)
