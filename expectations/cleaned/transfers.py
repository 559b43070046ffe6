"""What must be true of transfers beyond the contract."""

from expectations.cleaned import CLOCKS_RUN_AHEAD, KEEPS_GROWING
from expectations.rules import Severity, at_least, not_after_the_night, rows_not_far_below_earlier_nights

RULES = (
    rows_not_far_below_earlier_nights(0.9, because=KEEPS_GROWING),
    at_least("amount_cents", 1, because="the job takes the payer's side and turns the sign"),
    not_after_the_night("transferred_at", because=CLOCKS_RUN_AHEAD, severity=Severity.WARNING),
)
