"""What must be true of the lines of the shop's orders beyond the contract."""

from expectations.captured import HALF_OF_A_HOLIDAY, NOISE
from expectations.rules import at_least, rows_not_far_below_earlier_nights

RULES = (
    rows_not_far_below_earlier_nights(0.4, because=f"orders without lines have no scene; {HALF_OF_A_HOLIDAY}"),
    at_least("line_number", 1, because="lines are counted from 1", mostly=0.95),
    at_least("quantity", 1, because=f"what is given back is a refund, not a negative line: {NOISE}", mostly=0.95),
    at_least("unit_price_cents", 0, because=f"gifts cost nothing, nothing costs less: {NOISE}", mostly=0.95),
)
