"""What must be true of repayments beyond the contract."""

from expectations.cleaned import ARRIVES_LATE, CLOCKS_RUN_AHEAD, KEEPS_GROWING
from expectations.rules import Severity, given, not_after_the_night, rows_not_far_below_earlier_nights, unique

RULES = (
    rows_not_far_below_earlier_nights(0.9, because=KEEPS_GROWING),
    given("source_record_id", because=ARRIVES_LATE, severity=Severity.WARNING, mostly=0.99),
    not_after_the_night("paid_at", because=CLOCKS_RUN_AHEAD, severity=Severity.WARNING),
    unique("reverses_repayment_id", because="a payment can be taken back once", severity=Severity.WARNING),
)
