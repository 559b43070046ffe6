"""What must be true of bank accounts beyond the contract."""

from expectations.cleaned import JOB_CUTS_HERE, KEEPS_GROWING
from expectations.rules import (
    Severity,
    from_every_partner_bank,
    not_after_the_night,
    not_less_than,
    rows_not_far_below_earlier_nights,
)

RULES = (
    rows_not_far_below_earlier_nights(0.9, because=KEEPS_GROWING),
    from_every_partner_bank(because="one silent bank would hide behind the others"),
    not_after_the_night("opened_at", because=JOB_CUTS_HERE),
    not_after_the_night("closed_at", because=JOB_CUTS_HERE),
    not_less_than("closed_at", "opened_at", because="an account closes after it opens", severity=Severity.WARNING),
)
