"""What must be true of card applications beyond the contract."""

from expectations.cleaned import JOB_CUTS_HERE, KEEPS_GROWING
from expectations.rules import Severity, not_after_the_night, not_less_than, rows_not_far_below_earlier_nights

RULES = (
    rows_not_far_below_earlier_nights(0.9, because=KEEPS_GROWING),
    not_after_the_night("applied_at", because=JOB_CUTS_HERE),
    not_after_the_night("decided_at", because=JOB_CUTS_HERE),
    not_after_the_night("activated_at", because=JOB_CUTS_HERE),
    not_less_than("decided_at", "applied_at", because="a bank decides after it was asked", severity=Severity.WARNING),
)
