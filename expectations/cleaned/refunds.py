"""What must be true of refunds beyond the contract."""

from expectations.cleaned import ARRIVES_LATE, CLOCKS_RUN_AHEAD, KEEPS_GROWING
from expectations.rules import Severity, at_least, given, not_after_the_night, rows_not_far_below_earlier_nights

RULES = (
    rows_not_far_below_earlier_nights(0.9, because=KEEPS_GROWING),
    given("source_record_id", because=ARRIVES_LATE, severity=Severity.WARNING, mostly=0.99),
    at_least("amount_cents", 1, because="a refund gives money back", severity=Severity.WARNING),
    not_after_the_night("refunded_at", because=CLOCKS_RUN_AHEAD, severity=Severity.WARNING),
)
