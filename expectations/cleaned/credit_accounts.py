"""What must be true of lines of credit beyond the contract."""

from expectations.cleaned import JOB_CUTS_HERE, KEEPS_GROWING
from expectations.rules import Severity, at_least, not_after_the_night, not_less_than, rows_not_far_below_earlier_nights

RULES = (
    rows_not_far_below_earlier_nights(0.9, because=KEEPS_GROWING),
    not_after_the_night("opened_at", because=JOB_CUTS_HERE),
    at_least("limit_cents", 0, because="a limit is an amount, 0 when blocked", severity=Severity.WARNING),
    not_less_than("updated_at", "opened_at", because="a line changes after it is opened", severity=Severity.WARNING),
)
