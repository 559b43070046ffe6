"""What must be true of orders that ended beyond the contract."""

from expectations.cleaned import JOB_CUTS_HERE, KEEPS_GROWING
from expectations.rules import Severity, at_least, not_after_the_night, rows_not_far_below_earlier_nights

RULES = (
    rows_not_far_below_earlier_nights(0.9, because=KEEPS_GROWING),
    not_after_the_night("ended_at", because=JOB_CUTS_HERE),
    at_least("net_cents", 0, because="nobody is paid for ordering", severity=Severity.WARNING),
)
