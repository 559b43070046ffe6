"""What must be true of shop users beyond the contract."""

from expectations.cleaned import JOB_CUTS_HERE, KEEPS_GROWING
from expectations.rules import not_after_the_night, rows_not_far_below_earlier_nights

RULES = (
    rows_not_far_below_earlier_nights(0.9, because=KEEPS_GROWING),
    not_after_the_night("registered_at", because=JOB_CUTS_HERE),
)
