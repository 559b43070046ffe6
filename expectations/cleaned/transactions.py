"""What must be true of the banks' movements beyond the contract."""

from expectations.cleaned import ARRIVES_LATE, CLOCKS_RUN_AHEAD, KEEPS_GROWING
from expectations.rules import (
    Severity,
    from_every_partner_bank,
    given,
    not_after_the_night,
    rows_not_far_below_earlier_nights,
)

RULES = (
    rows_not_far_below_earlier_nights(0.9, because=KEEPS_GROWING),
    given("source_record_id", because=ARRIVES_LATE, severity=Severity.WARNING, mostly=0.99),
    from_every_partner_bank(because="one silent bank would hide behind the others"),
    not_after_the_night("booked_at", because=CLOCKS_RUN_AHEAD, severity=Severity.WARNING),
)
