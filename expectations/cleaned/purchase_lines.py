"""What must be true of the lines of purchases beyond the contract."""

from expectations.cleaned import JOB_CUTS_HERE, KEEPS_GROWING
from expectations.rules import Severity, at_least, not_after_the_night, rows_not_far_below_earlier_nights

RULES = (
    rows_not_far_below_earlier_nights(0.9, because=KEEPS_GROWING),
    not_after_the_night("paid_at", because=JOB_CUTS_HERE),
    at_least("quantity", 1, because="a line sells something", severity=Severity.WARNING),
    at_least("unit_price_cents", 0, because="nobody is paid for buying", severity=Severity.WARNING),
)
