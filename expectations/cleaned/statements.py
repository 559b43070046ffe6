"""What must be true of card statements beyond the contract."""

from expectations.cleaned import ARRIVES_LATE, JOB_CUTS_HERE, KEEPS_GROWING
from expectations.rules import (
    Severity,
    at_least,
    given,
    not_after_the_night,
    not_less_than,
    rows_not_far_below_earlier_nights,
)

RULES = (
    rows_not_far_below_earlier_nights(0.9, because=KEEPS_GROWING),
    given("source_record_id", because=ARRIVES_LATE, severity=Severity.WARNING, mostly=0.99),
    not_after_the_night("published_at", because=JOB_CUTS_HERE),
    not_less_than("due_date", "statement_date", because="a bill leaves time to pay it", severity=Severity.WARNING),
    at_least("paid_cents", 0, because="payments towards a card are positive", severity=Severity.WARNING),
)
