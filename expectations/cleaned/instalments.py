"""What must be true of instalments beyond the contract."""

from expectations.cleaned import ARRIVES_LATE, JOB_CUTS_HERE, KEEPS_GROWING
from expectations.rules import (
    BusinessDate,
    Severity,
    at_least,
    at_most,
    given,
    not_after_the_night,
    rows_not_far_below_earlier_nights,
)

RULES = (
    rows_not_far_below_earlier_nights(0.9, because=KEEPS_GROWING),
    given("source_record_id", because=ARRIVES_LATE, severity=Severity.WARNING, mostly=0.99),
    at_most("settled_date", BusinessDate(), because=JOB_CUTS_HERE),
    not_after_the_night("last_paid_at", because=JOB_CUTS_HERE),
    at_least("due_cents", 0, because="an instalment asks for money", severity=Severity.WARNING),
    at_least("paid_cents", 0, because="more was taken back than paid: a payment is missing", severity=Severity.WARNING),
)
