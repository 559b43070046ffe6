"""What must be true of the banks' customers beyond the contract."""

from expectations.cleaned import JOB_CUTS_HERE, KEEPS_GROWING
from expectations.rules import from_every_partner_bank, not_after_the_night, rows_not_far_below_earlier_nights

RULES = (
    rows_not_far_below_earlier_nights(0.9, because=KEEPS_GROWING),
    from_every_partner_bank(because="one silent bank would hide behind the others"),
    not_after_the_night("opened_at", because=JOB_CUTS_HERE),
)
