"""What must be true of churn beyond its contract."""

from expectations.rules import BusinessDate, at_least, at_most, between, not_less_than
from schemas.labels.churn import CHURNS, LEAST_ORDER_DAYS, LONGEST_WINDOW_DAYS, SHORTEST_WINDOW_DAYS

RULES = (
    at_most(
        "window_end_date",
        BusinessDate(-CHURNS.settle_days),
        because="who may still order within the window would pass for gone",
    ),
    not_less_than("window_end_date", "observation_date", because="the outcome lies after the observation"),
    between("window_days", SHORTEST_WINDOW_DAYS, LONGEST_WINDOW_DAYS, because="the bounds of the specification"),
    at_least("order_day_count", LEAST_ORDER_DAYS, because="fewer days with an order are no rhythm"),
)
