"""What must be true of contacts beyond the contract."""

from expectations.cleaned import JOB_CUTS_HERE, KEEPS_GROWING
from expectations.rules import Severity, matches, not_after_the_night, not_less_than, rows_not_far_below_earlier_nights

RULES = (
    rows_not_far_below_earlier_nights(0.9, because=KEEPS_GROWING),
    not_after_the_night("sent_at", because=JOB_CUTS_HERE),
    not_after_the_night("opened_at", because=JOB_CUTS_HERE),
    not_after_the_night("applied_at", because=JOB_CUTS_HERE),
    not_less_than("opened_at", "sent_at", because="nobody opens what was not sent", severity=Severity.WARNING),
    matches(
        "source_record_id",
        "[^?].*",
        because="a message to nobody we know is kept and seen here; 1 in 100 is a guess",
        severity=Severity.WARNING,
        mostly=0.99,
    ),
)
